import { avcSampleEntry } from './avc.js';
import { box, fullBox, u32 } from './box.js';
import { RESERVED_OFFSET } from './init-segment.js';
import { movieBox } from './movie.js';
import type { SampleIndex } from './sample-index.js';
import type { MovieTags } from './tags.js';

const TWO_32 = 0x1_0000_0000;

/** What turns a fragmented file into a progressive one, in place. */
export interface Closing {
  /** To be appended behind the last whole fragment, and synced, first. */
  readonly moov: Buffer;
  /** Then to be written over the 16 bytes at `headerOffset`: an `mdat` header that swallows everything up to `moov`. */
  readonly header: Buffer;
  readonly headerOffset: number;
}

/** What a progressive movie says beside its samples. */
export interface ProgressiveOptions {
  /** Media timescale in Hz. */
  readonly timescale: number;
  /** Start of the recording, Unix time in ns. */
  readonly creationTime: bigint;
  readonly tags: MovieTags;
}

/**
 * Makes the bytes that close a file (ISO/IEC 14496-12 section 8.5): a whole `moov` with the sample tables, and the header of the
 * `mdat` that hides the fragments' own boxes.
 *
 * @param end offset behind the last whole fragment, where the `moov` will stand
 */
export function closeMovie(index: SampleIndex, end: number, options: ProgressiveOptions): Closing {
  const { durations, length } = index;
  let durationTicks = 0;
  for (let i = 0; i < length; i++) durationTicks += durations[i]!;
  const moov = movieBox({
    ...options,
    info: index.descriptions[0]!.info,
    durationTicks,
    sampleTable: sampleTable(index),
  });
  const size = end - RESERVED_OFFSET;
  const header = Buffer.concat([u32(1), Buffer.from('mdat'), u32(Math.floor(size / TWO_32), size % TWO_32)]);
  return { moov, header, headerOffset: RESERVED_OFFSET };
}

function sampleTable(index: SampleIndex): Buffer {
  const { length } = index;
  const entries = index.descriptions.map(avcSampleEntry);
  const offsets = index.compositionOffsets.subarray(0, length);
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(entries.length), ...entries),
    fullBox('stts', 0, 0, runs(index.durations.subarray(0, length))),
    // Version 1: signed.
    ...(offsets.some((offset) => offset !== 0) ? [fullBox('ctts', 1, 0, runs(offsets))] : []),
    ...syncTable(index),
    fullBox('stsc', 0, 0, sampleToChunk(index)),
    fullBox('stsz', 0, 0, u32(0, length), numbers(index.sizes.subarray(0, length))),
    fullBox('co64', 0, 0, chunkOffsets(index)),
  );
}

/** Entry count, then runs of equal values as (count, value). */
function runs(values: Uint32Array | Int32Array): Buffer {
  const table: number[] = [];
  for (let i = 0; i < values.length; ) {
    const value = values[i]!;
    let end = i + 1;
    while (end < values.length && values[end] === value) end++;
    table.push(end - i, value);
    i = end;
  }
  return Buffer.concat([u32(table.length / 2), numbers(table)]);
}

/** `stss` (section 8.6.2): the numbers of the sync samples; left out if all are. */
function syncTable({ sync, length }: SampleIndex): Buffer[] {
  const samples: number[] = [];
  for (let i = 0; i < length; i++) if (sync[i] === 1) samples.push(i + 1);
  return samples.length === length ? [] : [fullBox('stss', 0, 0, u32(samples.length), numbers(samples))];
}

/** Content of `stsc` (section 8.7.4): an entry where samples per chunk or description differ from the chunk before. */
function sampleToChunk({ chunks }: SampleIndex): Buffer {
  const table: number[] = [];
  chunks.forEach(({ samples, description }, i) => {
    const before = chunks[i - 1];
    if (before?.samples !== samples || before.description !== description) table.push(i + 1, samples, description + 1);
  });
  return Buffer.concat([u32(table.length / 3), numbers(table)]);
}

/** Content of `co64` (section 8.7.5). */
function chunkOffsets({ chunks }: SampleIndex): Buffer {
  const data = Buffer.allocUnsafe(4 + 8 * chunks.length);
  let at = data.writeUInt32BE(chunks.length, 0);
  for (const { offset } of chunks) {
    at = data.writeUInt32BE(Math.floor(offset / TWO_32), at);
    at = data.writeUInt32BE(offset % TWO_32, at);
  }
  return data;
}

/** 32-bit numbers, big-endian, negative ones in two's complement. */
function numbers(values: ArrayLike<number>): Buffer {
  const data = Buffer.allocUnsafe(4 * values.length);
  for (let i = 0; i < values.length; i++) data.writeUInt32BE(values[i]! >>> 0, 4 * i);
  return data;
}
