import type { Writable } from 'node:stream';
import type { ConnectOptions } from '../net/options.js';
import type { InitialTimestampPolicy } from '../rtp/initial-timestamp.js';
import type { RtcpSsrcPolicy } from '../rtp/rtcp-ssrc.js';

/** Options of {@link record}, beside those of the connection. */
export interface RecordOptions extends ConnectOptions {
  /** Leave video out and record audio alone. Default false: the first H.264 video, where there is one. */
  readonly noVideo?: boolean | undefined;
  /** Leave audio out. Default false: the first AAC or G.711 audio, where there is one. Without video too nothing is left. */
  readonly noAudio?: boolean | undefined;
  /** Go on after lost packets, leaving out what is damaged, instead of ending the recording. Default false. */
  readonly allowLoss?: boolean | undefined;
  /** Leave the timing SEI out. Default false. */
  readonly noTimingInfo?: boolean | undefined;
  /** End after so many ms of receiving. Default: never. */
  readonly durationMs?: number | undefined;
  /** Longest fragment in ms, 0 for one frame each. Default 1000. */
  readonly fragmentDurationMs?: number | undefined;
  /** Leave the file fragmented when it is closed, instead of making it progressive. Streams always are. Default false. */
  readonly fragmented?: boolean | undefined;
  /** Overwrite an existing file. Default false. */
  readonly overwrite?: boolean | undefined;
  /** See {@link InitialTimestampPolicy}. Default `default`. */
  readonly initialTimestamp?: InitialTimestampPolicy | undefined;
  /** See {@link RtcpSsrcPolicy}. Default `default`. */
  readonly unknownRtcpSsrc?: RtcpSsrcPolicy | undefined;
}

/** Where a recording goes: a path, or a stream that takes fragmented MP4 and is not seekable. */
export type RecordTarget = string | Writable;
