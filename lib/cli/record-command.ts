import type { Logger } from 'pino';
import { RetinaRecordError } from '../errors.js';
import type { RecordOptions, RecordTarget } from '../recorder/options.js';
import { record } from '../recorder/record.js';
import type { Recording } from '../recorder/recording.js';
import type { RecordingReport } from '../recorder/report.js';
import { maskUrl } from '../rtsp/url.js';
import { connectionOptions, withCapture } from './connection-options.js';
import { exitCodeOf, exitCodeOfReport } from './exit-code.js';
import { FaultLog } from './fault-log.js';
import { count, formatBytes } from './format.js';
import type { RecordCliOptions } from './record-options.js';
import { handleSignals } from './signals.js';
import { forJson, showStatus } from './status.js';
import { stdoutSink } from './stdout.js';

/** What came of the command: the report if there was a recording, and the exit code. */
export interface Outcome {
  readonly report?: RecordingReport;
  readonly exitCode: number;
}

/** `retina-record --url URL OUT`: records until a signal, the duration or the camera ends it. */
export async function recordCommand(out: string, cli: RecordCliOptions, log: Logger, live: boolean): Promise<Outcome> {
  if (cli.url === undefined) throw new RetinaRecordError('usage', '--url is missing: which camera is to be recorded?');
  const options = await recordOptions(cli, log);
  return withCapture(cli, log, (capture) => recordWith(cli.url!, out, { ...options, capture }, log, live));
}

async function recordWith(
  url: string,
  out: string,
  options: RecordOptions,
  log: Logger,
  live: boolean,
): Promise<Outcome> {
  const connecting = new AbortController();
  let recording: Recording | undefined;
  const release = handleSignals((nth) => {
    log.info(nth === 1 ? 'ending the recording' : 'ending without waiting for the camera');
    if (recording === undefined) connecting.abort();
    else void (nth === 1 ? recording.stop() : recording.stopWithoutTeardown());
  });
  const target: RecordTarget = out === '-' ? stdoutSink() : out;
  try {
    log.debug(`connecting to ${maskUrl(url)}`);
    recording = await record(url, target, { ...options, signal: connecting.signal });
    const report = await watch(recording, out, log, live);
    return { report, exitCode: exitCodeOfReport(report) };
  } catch (error) {
    if (!connecting.signal.aborted) throw error;
    log.error('ended before anything was recorded');
    return { exitCode: exitCodeOf(error) };
  } finally {
    release();
  }
}

async function recordOptions(cli: RecordCliOptions, log: Logger): Promise<RecordOptions> {
  return {
    ...(await connectionOptions(cli, log)),
    allowLoss: cli.allowLoss,
    noTimingInfo: !cli.timingInfo,
    durationMs: cli.duration,
    fragmentDurationMs: cli.fragmentDuration,
    fragmented: cli.fragmented,
    overwrite: cli.overwrite,
    initialTimestamp: cli.initialTimestamp,
    unknownRtcpSsrc: cli.unknownRtcpSsrc,
  };
}

/** Shows a recording until it has ended, and says what came of it. */
async function watch(recording: Recording, out: string, log: Logger, live: boolean): Promise<RecordingReport> {
  const faults = new FaultLog(log);
  recording.on('fault', (fault) => faults.add(fault));
  const name = out === '-' ? 'stdout' : out;
  recording.on('start', () => log.info({ event: 'start' }, `recording to ${name}`));
  const hideStatus = await showStatus(() => recording.stats, log, live);
  const report = await recording.done;
  hideStatus();
  const { reason, error, path, url } = report;
  const level = exitCodeOfReport(report) === 0 ? 'info' : 'error';
  const event = { event: 'end', reason, path, url, ...forJson(report), error: error?.message };
  log[level](event, summary(report, name));
  return report;
}

/** One line: why it ended, where the file is, what is in it. */
function summary({ reason, error, path, frames, ...stats }: RecordingReport, name: string): string {
  const why = error === undefined ? '' : `${error.message}; `;
  if (frames === 0) return `${why}nothing was recorded`;
  const { width, height, mediaSeconds, bytes, senderReports, lostPackets } = stats;
  const content = `${count(frames, 'frame')}, ${width}x${height}, ${mediaSeconds.toFixed(1)} s, ${formatBytes(bytes)}`;
  const timing = `${count(senderReports, 'sender report')}, ${count(lostPackets, 'packet')} lost`;
  const where = path ?? name;
  return `${why}${reason === 'reader-gone' ? 'the reader went away; ' : ''}recorded ${where}: ${content}, ${timing}`;
}
