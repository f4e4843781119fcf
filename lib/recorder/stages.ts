import type { Transform } from 'node:stream';
import { objectTransform } from 'through2';
import { Fmp4Muxer, type Fmp4MuxerOptions } from '../../transforms/fmp4-muxer.js';
import { H264Depacketizer } from '../../transforms/h264-depacketizer.js';
import { RtcpSenderReportTap } from '../../transforms/rtcp-sender-report-tap.js';
import { RtpParser } from '../../transforms/rtp-parser.js';
import { SeiInjector } from '../../transforms/sei-injector.js';
import { TcpInterleaveDemux } from '../../transforms/tcp-interleave-demux.js';
import type { Item } from '../items.js';
import type { Monitor } from './monitor.js';
import type { RecordOptions } from './options.js';

/** The stages of a recording, in order, and the muxer among them. */
export interface RecordingStages {
  readonly stages: readonly Transform[];
  readonly muxer: Fmp4Muxer;
}

/** Puts the recording pipeline together: everything between the session's source and the file. */
export function recordingStages(options: RecordOptions, monitor: Monitor, muxing: Fmp4MuxerOptions): RecordingStages {
  const { allowLoss, fragmentDurationMs, initialTimestamp, unknownRtcpSsrc } = options;
  const watch = objectTransform((item: Item, _encoding: string, callback: (error: null, item?: Item) => void) => {
    callback(null, monitor.admit(item) ? item : undefined);
  }) as unknown as Transform;
  const muxer = new Fmp4Muxer({ fragmentDurationMs, ...muxing });
  const stages = [
    new TcpInterleaveDemux(),
    new RtpParser({ initialTimestamp, tolerant: allowLoss }),
    new RtcpSenderReportTap({ unknownSsrc: unknownRtcpSsrc }),
    new H264Depacketizer(),
    watch,
    ...(options.noTimingInfo ? [] : [new SeiInjector()]),
    muxer,
  ];
  return { stages, muxer };
}
