import type { AccessUnit, AudioFrame, Item, MediaDescription, Presentation } from '../../../lib/items.js';
import { aac, usableConfig } from '../codec/audio-items.js';
import { video } from '../codec/rtp-items.js';
import { type FrameSpec, frames } from './mux.js';

const NS_PER_SECOND = 1_000_000_000n;

/** The stream that is meant where none is named. */
const AAC = aac();

/** What is special about a frame of {@link audioFrames}. */
export interface AudioSpec {
  /** Time in ticks since the stream's zero. */
  readonly t: number;
  readonly size?: number;
  readonly lost?: number;
  /** When it came, in ns. Default: at its time, as if the zero had come at 0. */
  readonly recv?: bigint;
}

/** Frames of audio, each in two parts and full of its number; `timestamp` is the time plus `zero`. */
export function audioFrames(specs: readonly AudioSpec[], media: MediaDescription = AAC, zero = 0): AudioFrame[] {
  const config = usableConfig(media);
  return specs.map(({ t, size = 6, lost = 0, recv }, i) => {
    const data = Buffer.alloc(size, 1 + (i % 255));
    const received = recv ?? (BigInt(t) * NS_PER_SECOND) / BigInt(media.clockRate);
    return {
      kind: 'audioFrame',
      media,
      config,
      parts: [data.subarray(0, 1), data.subarray(1)],
      byteLength: size,
      timestamp: (t + zero) >>> 0,
      extendedTimestamp: t,
      duration: 1024,
      lost,
      recvFirst: received,
      recvLast: received,
      waited: false,
    };
  });
}

/** So many frames in a row, 1024 ticks each, from a time on. */
export function audioRun(count: number, from = 0, media: MediaDescription = AAC): AudioFrame[] {
  return audioFrames(
    Array.from({ length: count }, (_, i) => ({ t: from + 1024 * i, size: 6 + (i % 50) })),
    media,
  );
}

/** Access units that came at their times, as if the stream's zero had come at 0, of groups of so many pictures. */
export function pictures(count: number, group = 25, step = 3600): Promise<AccessUnit[]> {
  return frames(
    Array.from({ length: count }, (_, i): FrameSpec => {
      const recv = (BigInt(i * step) * NS_PER_SECOND) / 90_000n;
      return { kind: i % group === 0 ? 'idr' : 'ref', t: i * step, size: 4 + (i % 90), recv };
    }),
  );
}

/** What says that these streams are played. */
export function playing(...media: readonly MediaDescription[]): Presentation {
  const url = 'rtsp://camera/';
  return { kind: 'presentation', media, url, baseUrl: url, controlUrl: url };
}

/** A session of H.264 and AAC. */
export const session = (): Presentation => playing(video(), AAC);

/** Frames of two streams in the order in which they came. */
export function merged(...streams: readonly (readonly (AccessUnit | AudioFrame)[])[]): Item[] {
  return streams.flat().sort((a, b) => Number(a.recvFirst - b.recvFirst));
}
