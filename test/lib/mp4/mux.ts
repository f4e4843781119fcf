import { Readable } from 'node:stream';
import type { AccessUnit, Item } from '../../../lib/items.js';
import type { Closing, ClosingWrite } from '../../../lib/mp4/progressive.js';
import { pcapSource } from '../../../lib/pcap/source.js';
import {
  Fmp4Muxer,
  type Fmp4MuxerOptions,
  type FragmentEvent,
  H264Depacketizer,
  RtcpSenderReportTap,
  RtpParser,
  SeiInjector,
  TcpInterleaveDemux,
} from '../../../transforms/index.js';
import { pps, sps } from '../camera/h264-writer.js';
import { type PacketSpec, rtpPackets, sorted, sprop, through, video } from '../codec/rtp-items.js';

/** What a muxer wrote and told. */
export interface Muxed {
  readonly bytes: Buffer;
  /** The same file closed into its progressive form; undefined if there is no sample. */
  readonly closed: Buffer | undefined;
  /** What closes it. */
  readonly closing: Closing | undefined;
  /** The buffers as they were emitted. */
  readonly chunks: readonly Buffer[];
  readonly fragments: readonly FragmentEvent[];
  readonly warnings: readonly string[];
  /** Units of the `start` event. */
  readonly starts: readonly AccessUnit[];
}

/** Sends items through a muxer. */
export async function mux(items: Iterable<Item> | AsyncIterable<Item>, options: Fmp4MuxerOptions = {}): Promise<Muxed> {
  const muxer = new Fmp4Muxer(options);
  const fragments: FragmentEvent[] = [];
  const warnings: string[] = [];
  const starts: AccessUnit[] = [];
  muxer.on('fragment', (event: FragmentEvent) => fragments.push(event));
  muxer.on('warning', (message: string) => warnings.push(message));
  muxer.on('start', (unit: AccessUnit) => starts.push(unit));
  const source = Readable.from(items);
  source.on('error', (error) => muxer.destroy(error));
  const chunks = (await source.pipe(muxer).toArray()) as Buffer[];
  const bytes = Buffer.concat(chunks);
  const { closing } = muxer;
  return { bytes, closed: close(bytes, closing), closing, chunks, fragments, warnings, starts };
}

/** What closing in place makes of a fragmented file. */
function close(bytes: Buffer, closing: Closing | undefined): Buffer | undefined {
  return closing?.reduce(overwritten, bytes);
}

/** A file with bytes written over or behind it. */
export function overwritten(bytes: Buffer, { data, position }: ClosingWrite): Buffer {
  const result = Buffer.alloc(Math.max(bytes.length, position + data.length));
  bytes.copy(result);
  data.copy(result, position);
  return result;
}

/** The items that reach the muxer when a capture is replayed. */
export async function replay(path: string, options: { timing?: boolean } = {}): Promise<Item[]> {
  const stages = [new TcpInterleaveDemux(), new RtpParser(), new RtcpSenderReportTap(), new H264Depacketizer()];
  const items = await pcapSource(path).toArray();
  return through(options.timing === false ? stages : [...stages, new SeiInjector()], items as Item[]);
}

/** One frame for {@link frames}: kind and presentation time in ticks; parameter sets sent ahead of it. */
export interface FrameSpec {
  readonly kind: 'idr' | 'ref' | 'disposable' | 'recovery';
  readonly t: number;
  readonly sets?: readonly Buffer[];
  readonly size?: number;
  readonly recv?: bigint;
}

const START = { idr: '6588', ref: '419a', disposable: '019e', recovery: '0606018480' } as const;

/** Access units of a stream whose SDP has parameter sets; each ends in its number. */
export async function frames(specs: readonly FrameSpec[], fmtp = sprop(sps(), pps())): Promise<AccessUnit[]> {
  const packets = specs.flatMap(({ kind, t, sets = [], size = 4, recv }, i): PacketSpec[] => {
    const slice = Buffer.concat([
      Buffer.from(kind === 'recovery' ? START.ref : START[kind], 'hex'),
      Buffer.alloc(size, 1 + (i % 255)),
    ]);
    const sei = kind === 'recovery' ? [{ p: START.recovery, t, ...(recv === undefined ? {} : { recv }) }] : [];
    const time = recv === undefined ? {} : { recv };
    return [...sets.map((p) => ({ p, t, ...time })), ...sei, { p: slice, t, m: true, ...time }];
  });
  return sorted(await through(new H264Depacketizer(), rtpPackets(video(fmtp), packets))).units;
}
