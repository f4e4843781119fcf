import type { NalUnit } from '../items.js';
import { ExpectedSize } from './expected-size.js';

/** What a track run says of a sample (ISO/IEC 14496-12 section 8.8.8). */
export interface SampleTimes {
  /** Decode time of the next sample minus this one's, in ticks. */
  readonly duration: number;
  /** Composition minus decode time in ticks; may be negative. */
  readonly compositionOffset: number;
  /** Sample flags (section 8.8.3.1). */
  readonly flags: number;
}

/**
 * The id of a file's first track: the video, or the audio where there is no video. Its fragments are those at which a file can be
 * cut; the fragments of a second track belong to the one before them.
 */
export const FIRST_TRACK_ID = 1;

/** Sample flags of a random access point: depends on no other, is a sync sample. */
export const SYNC_FLAGS = 0x0200_0000;
/** Sample flags where a recovery point says that decoding can begin: may depend on others, is no sync sample. */
export const RECOVERY_FLAGS = 0x0001_0000;
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

const MOOF_NAME = boxName('moof');
const MFHD_NAME = boxName('mfhd');
const TRAF_NAME = boxName('traf');
const TFHD_NAME = boxName('tfhd');
const TFDT_NAME = boxName('tfdt');
const TRUN_NAME = boxName('trun');
const MDAT_NAME = boxName('mdat');

function boxName(name: string): number {
  return Buffer.from(name, 'latin1').readUInt32BE();
}

/** Bytes of everything in front of the media, for so many samples. */
function headSize(samples: number): number {
  return BOX_HEADER + MFHD + BOX_HEADER + TFHD + TFDT + TRUN + TRUN_SAMPLE * samples + BOX_HEADER;
}

/** Most samples in one fragment. */
const MAX_SAMPLES = 4096;
/** Bytes of media after which a fragment is ended. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The method by itself: to look it up, three prototypes up, takes a tenth of what it takes to copy a packet. */
const copyInto = Uint8Array.prototype.set;

/**
 * Builds fragments, `moof` and `mdat` in one buffer (ISO/IEC 14496-12 section 8.8), one after another.
 *
 * A sample's bytes are copied when it is added, the only copy on their way: the chunks that they came in need not be kept until
 * the fragment is whole. Room is left for the `moof` in front of the first sample, by what fragments needed before.
 *
 * Written by offset and not by buffer-layout or nested boxes: it runs for every frame, where fragments of one frame are asked for.
 */
export class FragmentBuilder {
  private data: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;
  private readonly sizes: number[] = [];
  private readonly times: SampleTimes[] = [];
  /** Those that begin with a key frame are several times as large as the others. */
  private readonly sizeWithSync = new ExpectedSize();
  private readonly sizeWithout = new ExpectedSize();
  private expected = this.sizeWithSync;

  /**
   * @param trackId of all samples
   * @param allocate gives memory of at least so many bytes
   */
  constructor(
    private readonly trackId: number,
    private readonly allocate: (bytes: number) => Buffer,
  ) {}

  /** Samples added since the last fragment. */
  get samples(): number {
    return this.times.length;
  }

  /** Bytes of media added since the last fragment. */
  get bytes(): number {
    return this.end - this.start;
  }

  /** Whether it is time to end the fragment, whatever the times say. */
  get isFull(): boolean {
    return this.samples >= MAX_SAMPLES || this.bytes >= MAX_BYTES;
  }

  /** Flags of the first sample. */
  get firstFlags(): number {
    return this.times[0]?.flags ?? 0;
  }

  /** Adds a sample: NAL units, each behind its length in 4 bytes (ISO/IEC 14496-15 section 5.3.4.2). Returns its size. */
  add(nalUnits: readonly NalUnit[], times: SampleTimes): number {
    let size = 0;
    for (const nal of nalUnits) size += 4 + nal.byteLength;
    this.reserve(size, times);
    const { data } = this;
    let at = this.end;
    for (const { parts, byteLength } of nalUnits) {
      data[at] = byteLength >>> 24;
      data[at + 1] = byteLength >>> 16;
      data[at + 2] = byteLength >>> 8;
      data[at + 3] = byteLength;
      at += 4;
      for (const part of parts) {
        copyInto.call(data, part, at);
        at += part.length;
      }
    }
    this.end = at;
    this.sizes.push(size);
    this.times.push(times);
    return size;
  }

  /** Adds a sample that is stored as it is, in pieces of `size` bytes together. */
  addParts(parts: readonly Buffer[], size: number, times: SampleTimes): void {
    this.reserve(size, times);
    for (const part of parts) {
      copyInto.call(this.data, part, this.end);
      this.end += part.length;
    }
    this.sizes.push(size);
    this.times.push(times);
  }

  /**
   * The fragment of the samples added so far.
   *
   * @param sequenceNumber from 1
   * @param decodeTime of the first sample, in ticks since the track's start, below 2^53
   */
  finish(sequenceNumber: number, decodeTime: number): Buffer {
    const head = headSize(this.samples);
    if (head > this.start) this.move(head, this.bytes);
    const from = this.start - head;
    const data = this.data.subarray(from, this.end);
    this.writeHead(data, sequenceNumber, decodeTime);
    this.expected.learn(this.samples, this.bytes);
    this.sizes.length = 0;
    this.times.length = 0;
    this.data = Buffer.alloc(0);
    this.start = 0;
    this.end = 0;
    return data;
  }

  private reserve(size: number, { flags }: SampleTimes): void {
    if (this.data.length === 0) {
      this.expected = flags === SYNC_FLAGS ? this.sizeWithSync : this.sizeWithout;
      this.start = headSize(this.expected.samples);
      this.end = this.start;
      this.data = this.allocate(this.start + Math.max(size, this.expected.bytes));
    } else if (this.end + size > this.data.length) {
      this.move(this.start, Math.max(2 * this.bytes, this.bytes + size));
    }
  }

  /** Takes the media to a buffer of another shape; for a fragment that is much larger than expected. */
  private move(start: number, room: number): void {
    const data = this.allocate(start + room);
    const bytes = this.data.copy(data, start, this.start, this.end);
    this.data = data;
    this.start = start;
    this.end = start + bytes;
  }

  private writeHead(data: Buffer, sequenceNumber: number, decodeTime: number): void {
    // Buffer's own methods check every number that they write.
    const head = new DataView(data.buffer, data.byteOffset, data.length - this.bytes);
    const trunSize = TRUN + TRUN_SAMPLE * this.samples;
    const trafSize = BOX_HEADER + TFHD + TFDT + trunSize;
    const moofSize = BOX_HEADER + MFHD + trafSize;
    let at = 0;
    const u32 = (value: number): void => {
      head.setUint32(at, value);
      at += 4;
    };
    u32(moofSize);
    u32(MOOF_NAME);
    u32(MFHD);
    u32(MFHD_NAME);
    u32(0);
    u32(sequenceNumber);
    u32(trafSize);
    u32(TRAF_NAME);
    u32(TFHD);
    u32(TFHD_NAME);
    u32(DEFAULT_BASE_IS_MOOF);
    u32(this.trackId);
    u32(TFDT);
    u32(TFDT_NAME);
    u32(0x0100_0000); // version 1: 64-bit time
    u32(Math.floor(decodeTime / 0x1_0000_0000));
    u32(decodeTime % 0x1_0000_0000);
    u32(trunSize);
    u32(TRUN_NAME);
    u32(0x0100_0000 | TRUN_FLAGS); // version 1: signed composition offsets
    u32(this.samples);
    u32(moofSize + BOX_HEADER);
    for (let i = 0; i < this.samples; i++) {
      const { duration, flags, compositionOffset } = this.times[i]!;
      u32(duration);
      u32(this.sizes[i]!);
      u32(flags);
      u32(compositionOffset);
    }
    u32(BOX_HEADER + this.bytes);
    u32(MDAT_NAME);
  }
}

/** Whether a box group is a fragment as {@link FragmentBuilder} makes it, rather than an initialization segment. */
export function isFragment(data: Buffer): boolean {
  return data.length > FIRST_FLAGS + 4 && data.toString('latin1', 4, 8) === 'moof';
}

/** Whether a reader can begin at a fragment: it is the first track's, and its first sample is a random access point. */
export function startsWithRandomAccess(data: Buffer): boolean {
  if (data.readUInt32BE(TRACK_ID) !== FIRST_TRACK_ID) return false;
  const flags = data.readUInt32BE(FIRST_FLAGS) & ~DISPOSABLE_FLAG;
  return flags === SYNC_FLAGS || flags === RECOVERY_FLAGS;
}

/** Offset of the track's id, behind the flags of `tfhd`. */
const TRACK_ID = BOX_HEADER + MFHD + BOX_HEADER + 12;
/** Offset of the first sample's flags, behind its duration and size. */
const FIRST_FLAGS = BOX_HEADER + MFHD + BOX_HEADER + TFHD + TFDT + TRUN + 8;
