export { AacDepacketizer } from './aac-depacketizer.js';
export { Fmp4Muxer, type Fmp4MuxerEvents, type Fmp4MuxerOptions, type FragmentEvent } from './fmp4-muxer.js';
export { G711Depacketizer } from './g711-depacketizer.js';
export { H264Depacketizer } from './h264-depacketizer.js';
export { ReceiverReporter, type ReceiverReporterEvents, type ReceiverReporterOptions } from './receiver-reporter.js';
export {
  RtcpSenderReportTap,
  type RtcpSenderReportTapEvents,
  type RtcpSenderReportTapOptions,
} from './rtcp-sender-report-tap.js';
export { RtpParser, type RtpParserOptions } from './rtp-parser.js';
export { type ReorderStats, RtpReorder, type RtpReorderOptions } from './rtp-reorder.js';
export { SeiInjector } from './sei-injector.js';
export {
  TcpInterleaveDemux,
  type TcpInterleaveDemuxEvents,
  type TcpInterleaveDemuxOptions,
} from './tcp-interleave-demux.js';
export { Tee, type TeeDrops, type TeeEvents, type TeeOptions, tee } from './tee.js';
