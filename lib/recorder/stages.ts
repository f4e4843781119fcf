import type { Transform } from 'node:stream';
import { AacDepacketizer } from '../../transforms/aac-depacketizer.js';
import { Fmp4Muxer, type Fmp4MuxerOptions } from '../../transforms/fmp4-muxer.js';
import { G711Depacketizer } from '../../transforms/g711-depacketizer.js';
import { H264Depacketizer } from '../../transforms/h264-depacketizer.js';
import { ReceiverReporter } from '../../transforms/receiver-reporter.js';
import { RtcpSenderReportTap } from '../../transforms/rtcp-sender-report-tap.js';
import { RtpParser } from '../../transforms/rtp-parser.js';
import { RtpReorder } from '../../transforms/rtp-reorder.js';
import { SeiInjector } from '../../transforms/sei-injector.js';
import { TcpInterleaveDemux } from '../../transforms/tcp-interleave-demux.js';
import type { MediaDescription } from '../items.js';
import type { RecordedMedia } from '../mp4/recorded-media.js';
import type { Session } from '../net/session.js';
import type { Monitor } from './monitor.js';
import type { RecordOptions } from './options.js';
import { Watch } from './watch.js';

/** The stages of a recording, in order, and the muxer among them. */
export interface RecordingStages {
  readonly stages: readonly Transform[];
  readonly muxer: Fmp4Muxer;
}

/**
 * Puts the recording pipeline together: everything between the session's source and the file. Stages that the recorded streams do
 * not need are left out. What the reporter has to say goes back through the session.
 */
export function recordingStages(
  session: Pick<Session, 'transport' | 'sendRtcp'>,
  { video, audio }: RecordedMedia,
  options: RecordOptions,
  monitor: Monitor,
  muxing: Fmp4MuxerOptions,
): RecordingStages {
  const { allowLoss, fragmentDurationMs, initialTimestamp, unknownRtcpSsrc, noTimingInfo } = options;
  const muxer = new Fmp4Muxer({ fragmentDurationMs, ...muxing });
  const reporter = new ReceiverReporter();
  reporter.on('report', (data: Buffer, { setup }: MediaDescription) => {
    if (setup !== undefined) session.sendRtcp(setup.rtcpChannel, data);
  });
  const datagrams = session.transport === 'udp';
  const stages = [
    datagrams ? new RtpReorder() : new TcpInterleaveDemux(),
    new RtpParser({ initialTimestamp, tolerant: allowLoss, datagrams }),
    new RtcpSenderReportTap({ unknownSsrc: unknownRtcpSsrc }),
    reporter,
    ...(video === undefined ? [] : [new H264Depacketizer()]),
    ...(audio === undefined ? [] : [audio.config.codec === 'aac' ? new AacDepacketizer() : new G711Depacketizer()]),
    ...(video === undefined || noTimingInfo ? [] : [new SeiInjector()]),
    new Watch(monitor),
    muxer,
  ];
  return { stages, muxer };
}
