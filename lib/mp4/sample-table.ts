import { type Content, type Deferred, deferredBox, deferredFullBox, fullBox, u32 } from './box.js';
import type { Column } from './column.js';
import { rollDescription, rollSamples } from './roll-group.js';
import type { SampleIndex } from './sample-index.js';
import { sampleEntries, type TrackFormat } from './track-format.js';

const TWO_32 = 0x1_0000_0000;

/** `stbl` (ISO/IEC 14496-12 section 8.5) whose samples are all in fragments. */
export function emptySampleTable(format: TrackFormat): Deferred {
  return deferredBox(
    'stbl',
    descriptions(format),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
}

/** `stbl` with the places and times of all samples; with a roll group for AAC. */
export function sampleTable(index: SampleIndex, format: TrackFormat): Deferred {
  const { length, durations, compositionOffsets, sizes } = index;
  return deferredBox(
    'stbl',
    descriptions(format),
    deferredFullBox('stts', 0, 0, ...runs(durations, length)),
    // Version 1: signed.
    ...(hasOther(compositionOffsets, length, 0)
      ? [deferredFullBox('ctts', 1, 0, ...runs(compositionOffsets, length))]
      : []),
    ...syncTable(index),
    deferredFullBox('stsc', 0, 0, sampleToChunk(index)),
    deferredFullBox(
      'stsz',
      0,
      0,
      u32(0, length),
      each(length, (i) => sizes.get(i)),
    ),
    deferredFullBox('co64', 0, 0, chunkOffsets(index)),
    ...(format.kind === 'audio' && format.config.codec === 'aac' ? [rollDescription(), rollSamples(length)] : []),
  );
}

/** `stsd` (section 8.5.2). */
function descriptions(format: TrackFormat): Buffer {
  const entries = sampleEntries(format);
  return fullBox('stsd', 0, 0, u32(entries.length), ...entries);
}

/** 32-bit numbers, big-endian; negative ones in two's complement. */
function each(count: number, number: (index: number) => number): Deferred {
  return {
    length: 4 * count,
    writeTo(target, offset) {
      for (let i = 0; i < count; i++) offset = target.writeUInt32BE(number(i) >>> 0, offset);
    },
  };
}

/** Entry count, then runs of equal values as (count, value). */
function runs(values: Column, length: number): Content[] {
  let count = 0;
  for (let i = 0; i < length; i++) if (i === 0 || values.get(i) !== values.get(i - 1)) count++;
  const table: Deferred = {
    length: 8 * count,
    writeTo(target, offset) {
      for (let i = 0; i < length; ) {
        const value = values.get(i);
        const start = i;
        while (i < length && values.get(i) === value) i++;
        offset = target.writeUInt32BE(i - start, offset);
        offset = target.writeUInt32BE(value >>> 0, offset);
      }
    },
  };
  return [u32(count), table];
}

/** `stss` (section 8.6.2): the numbers of the sync samples; left out if all are. */
function syncTable({ sync, length }: SampleIndex): Deferred[] {
  let count = 0;
  for (let i = 0; i < length; i++) count += sync.get(i);
  if (count === length) return [];
  const table: Deferred = {
    length: 4 * count,
    writeTo(target, offset) {
      for (let i = 0; i < length; i++) if (sync.get(i) === 1) offset = target.writeUInt32BE(i + 1, offset);
    },
  };
  return [deferredFullBox('stss', 0, 0, u32(count), table)];
}

/** Content of `stsc` (section 8.7.4): an entry where samples per chunk or description differ from the chunk before. */
function sampleToChunk({ chunks }: SampleIndex): Deferred {
  const table = [0];
  chunks.forEach(({ samples, description }, i) => {
    const before = chunks[i - 1];
    if (before?.samples !== samples || before.description !== description) table.push(i + 1, samples, description + 1);
  });
  table[0] = (table.length - 1) / 3;
  return each(table.length, (i) => table[i]!);
}

/** Content of `co64` (section 8.7.5). */
function chunkOffsets({ chunks }: SampleIndex): Deferred {
  return {
    length: 4 + 8 * chunks.length,
    writeTo(target, at) {
      at = target.writeUInt32BE(chunks.length, at);
      for (const { offset } of chunks) {
        at = target.writeUInt32BE(Math.floor(offset / TWO_32), at);
        at = target.writeUInt32BE(offset % TWO_32, at);
      }
    },
  };
}

function hasOther(values: Column, length: number, than: number): boolean {
  for (let i = 0; i < length; i++) if (values.get(i) !== than) return true;
  return false;
}
