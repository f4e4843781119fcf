import type { H264Parameters } from '../codec/h264-parameters.js';
import { Column } from './column.js';
import { type SampleTimes, SYNC_FLAGS } from './fragment.js';

/** Most distinct parameter sets in {@link SampleIndex.descriptions}. */
const MAX_DESCRIPTIONS = 256;
/** Most bytes of them together. */
const MAX_DESCRIPTION_BYTES = 4 * 1024 * 1024;

/** A run of samples that lie one behind the other in the file and share a sample description. */
export interface IndexedChunk {
  /** Offset of the first sample in the file. */
  readonly offset: number;
  readonly samples: number;
  /** Index into {@link SampleIndex.descriptions}. */
  readonly description: number;
}

/**
 * What a closed file's sample tables are made of: at most 13 bytes a sample, 5 where all last equally long and none is reordered, and little
 * more for each fragment.
 *
 * Of distinct parameter sets at most 256 are kept, and at most 4 MiB of them, beside the first: samples with others are described as
 * those before them, and what they need stands in the samples themselves.
 */
export class SampleIndex {
  /** Distinct parameter sets, in order of appearance; none where samples are added without. */
  readonly descriptions: H264Parameters[] = [];
  readonly chunks: IndexedChunk[] = [];
  readonly sizes = new Column(Uint32Array);
  readonly durations = new Column(Uint32Array);
  readonly compositionOffsets = new Column(Int32Array);
  /** 1 for sync samples, else 0. */
  readonly sync = new Column(Uint8Array);
  private count = 0;
  /** Samples that have a place. */
  private placed = 0;
  /** First samples of runs with another description, beyond those placed. */
  private changes: { sample: number; description: number }[] = [];
  private description = 0;
  private descriptionBytes = 0;
  /** The parameter sets that were left out last. */
  private leftOut: H264Parameters | undefined;
  /** The description of the last sample that has been placed. */
  private lastDescription = 0;

  /** Changes of parameter sets that are not described, as there were too many. */
  descriptionsLeftOut = 0;

  /** @param keeps false: samples are only counted, for files that will never be closed. Default true. */
  constructor(private readonly keeps = true) {}

  /** Number of samples that have a place in the file. */
  get length(): number {
    return this.placed;
  }

  /** How long those are together, in ticks. */
  get durationTicks(): number {
    let ticks = 0;
    for (let i = 0; i < this.placed; i++) ticks += this.durations.get(i);
    return ticks;
  }

  /** Adds a sample; it gets its place with {@link place}. */
  add(size: number, { duration, compositionOffset, flags }: SampleTimes, parameters: H264Parameters | undefined): void {
    const at = this.count++;
    if (!this.keeps) return;
    this.sizes.push(size);
    this.durations.push(duration);
    this.compositionOffsets.push(compositionOffset);
    this.sync.push(flags === SYNC_FLAGS ? 1 : 0);
    const description = parameters === undefined ? this.description : this.describe(parameters);
    if (description === this.description) return;
    this.changes.push({ sample: at, description });
    this.description = description;
  }

  /** The samples added since the last call lie at `offset`, one behind the other. */
  place(offset: number): void {
    if (!this.keeps) {
      this.placed = this.count;
      return;
    }
    let current = this.lastDescription;
    for (const { sample, description } of [...this.changes, { sample: this.count, description: current }]) {
      if (sample > this.placed) {
        this.chunks.push({ offset, samples: sample - this.placed, description: current });
        for (let i = this.placed; i < sample; i++) offset += this.sizes.get(i);
        this.placed = sample;
      }
      current = description;
    }
    this.changes = [];
    this.lastDescription = this.description;
  }

  private describe(parameters: H264Parameters): number {
    const last = this.descriptions[this.description];
    if (last === parameters || this.leftOut === parameters) return this.description;
    const known = this.descriptions.findIndex((other) => sameSets(other, parameters));
    if (known >= 0) return known;
    const bytes = this.descriptionBytes + setBytes(parameters);
    const isFull = this.descriptions.length >= MAX_DESCRIPTIONS || bytes > MAX_DESCRIPTION_BYTES;
    if (isFull && last !== undefined) {
      this.descriptionsLeftOut++;
      this.leftOut = parameters;
      return this.description;
    }
    this.descriptionBytes = bytes;
    return this.descriptions.push(parameters) - 1;
  }
}

function setBytes({ sps, pps }: H264Parameters): number {
  return [...sps, ...pps].reduce((sum, { length }) => sum + length, 0);
}

function sameSets(a: H264Parameters, b: H264Parameters): boolean {
  const same = (x: readonly Buffer[], y: readonly Buffer[]): boolean =>
    x.length === y.length && x.every((set, i) => set.equals(y[i]!));
  return same(a.sps, b.sps) && same(a.pps, b.pps);
}
