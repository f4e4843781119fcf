import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TeardownPolicy, TransportChoice } from '../net/options.js';
import { INITIAL_TIMESTAMP_POLICIES, type InitialTimestampPolicy } from '../rtp/initial-timestamp.js';
import { RTCP_SSRC_POLICIES, type RtcpSsrcPolicy } from '../rtp/rtcp-ssrc.js';
import { parseDuration } from './duration.js';
import { LOG_LEVELS, type LogLevel } from './log.js';
import { parseTimeOfDay, type TimeOfDay } from './start-time.js';

/** The options of the connection as commander gives them. */
export interface ConnectionCliOptions {
  readonly url?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly teardown: TeardownPolicy;
  readonly transport: TransportChoice;
  readonly tlsCa?: string;
  readonly tlsInsecure?: boolean;
  readonly saveCapture?: string;
  readonly fragmented?: boolean;
  readonly overwrite?: boolean;
}

/** The options of recording as commander gives them. */
export interface RecordCliOptions extends ConnectionCliOptions {
  readonly initialTimestamp: InitialTimestampPolicy;
  readonly unknownRtcpSsrc: RtcpSsrcPolicy;
  /** False with `--no-video`. */
  readonly video: boolean;
  /** False with `--no-audio`. */
  readonly audio: boolean;
  readonly timingInfo: boolean;
  readonly allowLoss?: boolean;
  readonly start?: TimeOfDay;
  /** ms. */
  readonly duration?: number;
  /** ms. */
  readonly fragmentDuration: number;
}

/** The options of messages, which every command has. */
export interface LogCliOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Absent if `--log-level` was not given. */
  readonly logLevel?: LogLevel;
}

/** Adds the options of the connection to a command. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('--url <url>', 'rtsp:// or rtsps:// URL of the camera')
    .option('--username <name>', 'user name, if the camera asks for one')
    .option('--password <password>', 'password; better in --password-file or RETINA_RECORD_PASSWORD')
    .option('--password-file <file>', 'file whose first line is the password')
    .addOption(
      new Option('--transport <kind>', 'how media come: tcp, in the RTSP connection; udp; auto, udp if the camera can')
        .choices(['tcp', 'udp', 'auto'])
        .default('tcp'),
    )
    .addOption(
      new Option('--teardown <policy>', 'when to send TEARDOWN').choices(['auto', 'always', 'never']).default('auto'),
    )
    .option('--tls-ca <file>', 'PEM certificates to trust with rtsps://')
    .option('--tls-insecure', 'accept any certificate with rtsps://')
    .option('--save-capture <file>', 'keep what is sent and received as a capture (.pcap), to report a problem');
}

/** Adds the options of recording to a command. */
export function addRecordOptions(command: Command): Command {
  return addConnectionOptions(command)
    .addOption(
      new Option('--initial-timestamp <policy>', "how RTP-Info's rtptime sets the zero of time")
        .choices(INITIAL_TIMESTAMP_POLICIES)
        .default('default'),
    )
    .addOption(
      new Option('--unknown-rtcp-ssrc <policy>', 'what to do with sender reports of an unknown SSRC')
        .choices(RTCP_SSRC_POLICIES)
        .default('default'),
    )
    .option('--no-video', 'leave video out: record audio alone')
    .option('--no-audio', 'leave audio out')
    .option('--no-timing-info', 'leave the timing SEI out')
    .option('--allow-loss', 'go on after lost packets, leaving out what is damaged; advisable with udp')
    .option('--start <time>', 'wait until HH:MM[:SS[.fff]] local time of today before connecting', timeOfDay)
    .option('--duration <time>', 'end after so long: 250ms, 5s, 10m, 2h; a bare number is seconds', duration)
    .addOption(
      new Option('--fragment-duration <time>', 'longest fragment; 0 writes each frame at once')
        .argParser(duration)
        .default(1000, '1s'),
    )
    .option('--fragmented', 'leave the file fragmented when it is closed')
    .option('-y, --overwrite', 'overwrite OUT, and the capture, if they exist');
}

/** Adds the options of messages to a command. */
export function addLogOptions(command: Command, json = 'messages as NDJSON on stderr'): Command {
  return command
    .option('--json', json)
    .option('-q, --quiet', 'only errors')
    .addOption(new Option('--log-level <level>', 'least severe messages to show, default info').choices(LOG_LEVELS));
}

function timeOfDay(text: string): TimeOfDay {
  const time = parseTimeOfDay(text);
  if (time === undefined) throw new InvalidArgumentError('Say HH:MM, HH:MM:SS or HH:MM:SS.fff.');
  return time;
}

/** Parses a duration option into ms. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Say 250ms, 5s, 10m or 2h; a bare number is seconds.');
  return ms;
}
