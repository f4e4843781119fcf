import { MARK_SIZE, type MarkingClock } from '../time/clock.js';
import { USUAL_SHARE } from './item-batch.js';
import type { Timers } from './timers.js';

/** Reads that are kept at most. */
const MAX_READS = 256;

/**
 * What is known of reads that are kept for a moment: how long each is, and a mark of when it came. When the processor is woken for one
 * picture after the other its caches are cold each time, and all that is done then takes several times as long as behind the pictures of
 * a moment together: so no more than this is.
 */
export class KeptReads {
  private readonly usualSeconds: number;
  private readonly lengths = new Uint32Array(MAX_READS);
  private readonly marks = new Float64Array(MAX_READS * MARK_SIZE);
  private count = 0;
  private timer: unknown;

  /**
   * @param longestMs how long a read may be kept; usually it is for a quarter of that
   * @param onLongest is called when one has been, as nothing came behind it
   */
  constructor(
    private readonly longestMs: number,
    private readonly clock: MarkingClock,
    private readonly timers: Timers,
    private readonly onLongest: () => void,
  ) {
    this.usualSeconds = longestMs / 1000 / USUAL_SHARE;
  }

  /** Notes a read of so many bytes that has just come. Returns whether all that is kept is to be taken now. */
  add(length: number): boolean {
    const { count, marks } = this;
    this.clock.mark(marks, count * MARK_SIZE);
    this.lengths[count] = length;
    this.count = count + 1;
    if (count === 0 && this.timer === undefined)
      this.timer = this.timers.setTimeout(() => this.timeUp(), this.longestMs);
    return marks[count * MARK_SIZE]! - marks[0]! >= this.usualSeconds || count + 1 === MAX_READS;
  }

  /** Gives out what is kept, in order. What `each` calls must not come back here. */
  take(each: (length: number, recv: bigint) => void): void {
    const { clock, count, lengths, marks } = this;
    if (count === 0) return;
    clock.now();
    for (let read = 0; read < count; read++) each(lengths[read]!, clock.timeOf(marks, read * MARK_SIZE));
    this.count = 0;
  }

  /** Leaves no timer. */
  end(): void {
    if (this.timer !== undefined) this.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private timeUp(): void {
    this.timer = undefined;
    this.onLongest();
  }
}
