import type { Duplex } from 'node:stream';
import Pumpify from 'pumpify';
import { Fmp4Muxer, type Fmp4MuxerOptions } from '../transforms/fmp4-muxer.js';
import { H264Depacketizer } from '../transforms/h264-depacketizer.js';
import { RtcpSenderReportTap, type RtcpSenderReportTapOptions } from '../transforms/rtcp-sender-report-tap.js';
import { RtpParser, type RtpParserOptions } from '../transforms/rtp-parser.js';
import { SeiInjector } from '../transforms/sei-injector.js';
import { TcpInterleaveDemux, type TcpInterleaveDemuxOptions } from '../transforms/tcp-interleave-demux.js';

/** Options of {@link h264Receiver}: those of its stages. */
export interface H264ReceiverOptions extends TcpInterleaveDemuxOptions, RtpParserOptions, RtcpSenderReportTapOptions {}

/**
 * From a connection's bytes to access units, as one stream: TcpInterleaveDemux, RtpParser, RtcpSenderReportTap, H264Depacketizer.
 */
export function h264Receiver(options: H264ReceiverOptions = {}): Duplex {
  return new Pumpify.obj(
    new TcpInterleaveDemux(options),
    new RtpParser(options),
    new RtcpSenderReportTap(options),
    new H264Depacketizer(),
  );
}

/** From access units to fragmented MP4 with timing, as one stream: SeiInjector, Fmp4Muxer. */
export function timedMp4Writer(options: Fmp4MuxerOptions = {}): Duplex {
  return new Pumpify.obj(new SeiInjector(), new Fmp4Muxer(options));
}
