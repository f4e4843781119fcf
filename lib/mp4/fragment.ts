import type { NalUnit } from '../items.js';

/** A sample as it is written: an access unit whose NAL units get 4-byte lengths (ISO/IEC 14496-15 section 5.3.4.2). */
export interface Sample {
  readonly nalUnits: readonly NalUnit[];
  /** Sum over the NAL units of 4 + length. */
  readonly size: number;
  /** Composition minus decode time in ticks; may be negative. */
  readonly compositionOffset: number;
  /** Decode time of the next sample minus this one's, in ticks. */
  readonly duration: number;
  /** Sample flags (ISO/IEC 14496-12 section 8.8.3.1). */
  readonly flags: number;
}

/** Sample flags of a random access point: depends on no other, is a sync sample. */
export const SYNC_FLAGS = 0x0200_0000;
/** Sample flags of other samples: depends on others, is no sync sample. */
export const NON_SYNC_FLAGS = 0x0101_0000;
/** Added where no other sample depends on this one. */
export const DISPOSABLE_FLAG = 0x0080_0000;

const MFHD = 16;
const TFHD = 16;
const TFDT = 20;
const TRUN = 20;
const TRUN_SAMPLE = 16;
const BOX_HEADER = 8;

/** `tf_flags`: data offsets count from the `moof`'s first byte. */
const DEFAULT_BASE_IS_MOOF = 0x02_0000;
/** `tr_flags`: data offset; each sample's duration, size, flags, composition offset. */
const TRUN_FLAGS = 0x000001 | 0x000100 | 0x000200 | 0x000400 | 0x000800;

/**
 * One fragment, `moof` and `mdat` in one buffer (ISO/IEC 14496-12 section 8.8): the only copy of the media on their way.
 *
 * Written by offset and not by buffer-layout or nested boxes: it runs for every frame, where `--fragment-duration 0` asks for that.
 *
 * @param sequenceNumber from 1
 * @param trackId of all samples
 * @param decodeTime of the first sample, in ticks since the track's start, below 2^53
 */
export function fragment(sequenceNumber: number, trackId: number, decodeTime: number, samples: readonly Sample[]): Buffer {
  const trunSize = TRUN + TRUN_SAMPLE * samples.length;
  const trafSize = BOX_HEADER + TFHD + TFDT + trunSize;
  const moofSize = BOX_HEADER + MFHD + trafSize;
  let mediaSize = 0;
  for (const sample of samples) mediaSize += sample.size;
  const data = Buffer.allocUnsafeSlow(moofSize + BOX_HEADER + mediaSize);

  let at = header(data, 0, moofSize, 'moof');
  at = header(data, at, MFHD, 'mfhd');
  at = data.writeUInt32BE(0, at);
  at = data.writeUInt32BE(sequenceNumber >>> 0, at);
  at = header(data, at, trafSize, 'traf');
  at = header(data, at, TFHD, 'tfhd');
  at = data.writeUInt32BE(DEFAULT_BASE_IS_MOOF, at);
  at = data.writeUInt32BE(trackId, at);
  at = header(data, at, TFDT, 'tfdt');
  at = data.writeUInt32BE(0x0100_0000, at); // version 1: 64-bit time
  at = data.writeUInt32BE(Math.floor(decodeTime / 0x1_0000_0000), at);
  at = data.writeUInt32BE(decodeTime % 0x1_0000_0000, at);
  at = header(data, at, trunSize, 'trun');
  at = data.writeUInt32BE(0x0100_0000 | TRUN_FLAGS, at); // version 1: signed composition offsets
  at = data.writeUInt32BE(samples.length, at);
  at = data.writeUInt32BE(moofSize + BOX_HEADER, at);
  for (const { duration, size, flags, compositionOffset } of samples) {
    at = data.writeUInt32BE(duration, at);
    at = data.writeUInt32BE(size, at);
    at = data.writeUInt32BE(flags, at);
    at = data.writeInt32BE(compositionOffset, at);
  }
  at = header(data, at, BOX_HEADER + mediaSize, 'mdat');
  for (const { nalUnits } of samples) {
    for (const { parts, byteLength } of nalUnits) {
      at = data.writeUInt32BE(byteLength, at);
      for (const part of parts) {
        data.set(part, at);
        at += part.length;
      }
    }
  }
  return data;
}

function header(data: Buffer, at: number, size: number, type: string): number {
  data.writeUInt32BE(size, at);
  data.write(type, at + 4, 4, 'latin1');
  return at + BOX_HEADER;
}

/** Whether a box group is a fragment as {@link fragment} writes it, rather than an initialization segment. */
export function isFragment(data: Buffer): boolean {
  return data.length > FIRST_FLAGS + 4 && data.toString('latin1', 4, 8) === 'moof';
}

/** Whether a fragment's first sample is a random access point. */
export function fragmentStartsWithSync(data: Buffer): boolean {
  return data.readUInt32BE(FIRST_FLAGS) === SYNC_FLAGS;
}

/** Offset of the first sample's flags, behind its duration and size. */
const FIRST_FLAGS = BOX_HEADER + MFHD + BOX_HEADER + TFHD + TFDT + TRUN + 8;
