import { endianness } from 'node:os';
import { box, fullBox, u32 } from './box.js';
import { rollDescription, rollSamples } from './roll-group.js';
import type { SampleIndex } from './sample-index.js';
import { sampleEntries, type TrackFormat } from './track-format.js';

const TWO_32 = 0x1_0000_0000;

/** `stbl` (ISO/IEC 14496-12 section 8.5) whose samples are all in fragments. */
export function emptySampleTable(format: TrackFormat): Buffer {
  return box(
    'stbl',
    descriptions(format),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
}

/** `stbl` with the places and times of all samples; with a roll group for AAC. */
export function sampleTable(index: SampleIndex, format: TrackFormat): Buffer {
  const { length } = index;
  const offsets = index.compositionOffsets.subarray(0, length);
  return box(
    'stbl',
    descriptions(format),
    fullBox('stts', 0, 0, runs(index.durations.subarray(0, length))),
    // Version 1: signed.
    ...(hasOther(offsets, 0) ? [fullBox('ctts', 1, 0, runs(offsets))] : []),
    ...syncTable(index),
    fullBox('stsc', 0, 0, sampleToChunk(index)),
    fullBox('stsz', 0, 0, u32(0, length), bigEndian(index.sizes.slice(0, length))),
    fullBox('co64', 0, 0, chunkOffsets(index)),
    ...(format.kind === 'audio' && format.config.codec === 'aac' ? [rollDescription(), rollSamples(length)] : []),
  );
}

/** `stsd` (section 8.5.2). */
function descriptions(format: TrackFormat): Buffer {
  const entries = sampleEntries(format);
  return fullBox('stsd', 0, 0, u32(entries.length), ...entries);
}

/** Entry count, then runs of equal values as (count, value). */
function runs(values: Uint32Array | Int32Array): Buffer {
  // Counted first, so that the table, nearly as long as the file where all values differ, is made but once.
  let count = 0;
  for (let i = 0; i < values.length; i++) if (i === 0 || values[i] !== values[i - 1]) count++;
  const table = new Uint32Array(1 + 2 * count);
  table[0] = count;
  let at = -1;
  for (let i = 0; i < values.length; i++) {
    if (i === 0 || values[i] !== values[i - 1]) {
      at += 2;
      table[at + 1] = values[i]!;
    }
    table[at]!++;
  }
  return bigEndian(table);
}

/** `stss` (section 8.6.2): the numbers of the sync samples; left out if all are. */
function syncTable({ sync, length }: SampleIndex): Buffer[] {
  const samples = [0];
  for (let i = 0; i < length; i++) if (sync[i] === 1) samples.push(i + 1);
  samples[0] = samples.length - 1;
  return samples[0] === length ? [] : [fullBox('stss', 0, 0, bigEndian(Uint32Array.from(samples)))];
}

/** Content of `stsc` (section 8.7.4): an entry where samples per chunk or description differ from the chunk before. */
function sampleToChunk({ chunks }: SampleIndex): Buffer {
  const table = [0];
  chunks.forEach(({ samples, description }, i) => {
    const before = chunks[i - 1];
    if (before?.samples !== samples || before.description !== description) table.push(i + 1, samples, description + 1);
  });
  table[0] = (table.length - 1) / 3;
  return bigEndian(Uint32Array.from(table));
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

function hasOther(values: Int32Array, than: number): boolean {
  for (const value of values) if (value !== than) return true;
  return false;
}

/** The bytes of numbers, which are turned in place. */
function bigEndian(values: Uint32Array<ArrayBuffer>): Buffer {
  const data = Buffer.from(values.buffer);
  return endianness() === 'LE' ? data.swap32() : data;
}
