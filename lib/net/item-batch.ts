import { MARK_SIZE, type MarkingClock } from '../time/clock.js';
import { DATAGRAM_OVERHEAD } from './media-transport.js';
import type { Timers } from './timers.js';

/** Bytes, and when they were read: Unix time in ns. */
interface Received {
  readonly data: Buffer;
  readonly recv: bigint;
}

/** What is done with items, and when. */
export interface BatchOptions<T> {
  /** How long an item may be kept, in ms; 0: not at all. */
  readonly longestMs: number;
  readonly timers: Timers;
  /** Says afterwards when each item came, and what its `recv` is. Absent: an item knows that when it comes. */
  readonly clock?: MarkingClock | undefined;
  /** Looks at each item, with its time, before it is handed on. */
  readonly look?: (item: T) => void;
  /** Takes the next item, in the order in which they came. */
  readonly take: (item: T) => void;
}

/** Items are handed on when the first of them has been kept for one in so many parts of the longest time. */
const USUAL_SHARE = 4;
/** Bytes that are kept at most. */
const MAX_BYTES = 1024 * 1024;
/** Items that are kept at most before they are told when they came. */
const MAX_MARKS = 256;
/**
 * An item of so many bytes belongs to a burst, for which the processor stays awake: nothing is gained by keeping it, nor the one behind
 * it, which may be the end of the burst.
 */
const LONG = 64 * 1024;

/**
 * Keeps what is received for a moment and hands it on together. A pipeline that is woken for each picture finds the processor's caches
 * cold, and takes several times as long for it as for the ones behind the first: so of what need not be done at once nothing is.
 *
 * What comes when the first item has been kept for a quarter of the longest time takes all along with it; a timer, which would be a
 * wake-up of its own, is for what nothing comes behind.
 */
export class ItemBatch<T extends Received> {
  private readonly usualSeconds: number;
  private readonly usualNs: bigint;
  private readonly marks: Float64Array | undefined;
  private readonly items: T[] = [];
  /** How many of them know when they came, have been looked at, have been handed on. */
  private stamped = 0;
  private looked = 0;
  private taken = 0;
  private bytes = 0;
  private since = 0n;
  private wasLong = false;
  private isLooking = false;
  private hasEnded = false;
  private timer: unknown;

  constructor(private readonly options: BatchOptions<T>) {
    const { longestMs, clock } = options;
    this.usualSeconds = longestMs / 1000 / USUAL_SHARE;
    this.usualNs = BigInt(Math.round((longestMs * 1e6) / USUAL_SHARE));
    this.marks = clock && new Float64Array(MAX_MARKS * MARK_SIZE);
  }

  /** Whether an item has only just come when it is added, and gets its `recv` later. */
  get tellsTimes(): boolean {
    return this.marks !== undefined;
  }

  /** Takes the next item. */
  add(item: T): void {
    const { longestMs, timers } = this.options;
    const { marks, wasLong } = this;
    const isDue = marks === undefined ? this.isOld(item) : this.mark(marks);
    this.wasLong = item.data.length >= LONG;
    this.items.push(item);
    this.bytes += item.data.length + DATAGRAM_OVERHEAD;
    if (isDue || wasLong || this.wasLong || longestMs === 0 || this.bytes >= MAX_BYTES) this.flush();
    else if (this.timer === undefined) this.timer = timers.setTimeout(() => this.timeUp(), longestMs);
  }

  /** Looks at what is kept, and goes on keeping it. Does nothing if it is what was looked at that calls this. */
  look(): void {
    if (this.isLooking) return;
    this.stamp();
    const { items, options } = this;
    const { look } = options;
    if (look === undefined) {
      this.looked = items.length;
      return;
    }
    this.isLooking = true;
    try {
      while (this.looked < items.length) look(items[this.looked++]!);
    } finally {
      this.isLooking = false;
    }
    if (this.hasEnded) this.handOn();
  }

  /** Hands on what is kept. Whoever takes an item, or looks at one, may call this or {@link end} itself: the rest comes then. */
  flush(): void {
    this.look();
    this.handOn();
  }

  /** Hands on what is kept, for the last time. */
  end(): void {
    this.hasEnded = true;
    if (this.timer !== undefined) this.options.timers.clearTimeout(this.timer);
    this.timer = undefined;
    this.flush();
  }

  private timeUp(): void {
    this.timer = undefined;
    this.flush();
  }

  /** Hands on what has been looked at. */
  private handOn(): void {
    const { items, options } = this;
    while (this.taken < this.looked) options.take(items[this.taken++]!);
    if (this.taken < items.length) return;
    items.length = 0;
    this.stamped = 0;
    this.looked = 0;
    this.taken = 0;
    this.bytes = 0;
  }

  /** Whether the first item has been kept for the usual time when this one comes. */
  private isOld({ recv }: T): boolean {
    if (this.items.length === 0) this.since = recv;
    const kept = recv - this.since;
    // The clock may have been set back.
    return kept >= this.usualNs || kept < 0n;
  }

  /** Notes when an item comes. Returns whether the first one has been kept for the usual time, or no more can be noted. */
  private mark(marks: Float64Array): boolean {
    const index = (this.items.length - this.stamped) * MARK_SIZE;
    this.options.clock!.mark(marks, index);
    return marks[index]! - marks[0]! >= this.usualSeconds || index + MARK_SIZE === marks.length;
  }

  /** Has the clock say when the items came that do not know it yet. */
  private stamp(): void {
    const { items, marks, stamped } = this;
    const { clock } = this.options;
    if (marks === undefined || clock === undefined || stamped === items.length) return;
    // Marks are as exact as this reading.
    clock.now();
    for (let i = stamped; i < items.length; i++) {
      (items[i] as { recv: bigint }).recv = clock.timeOf(marks, (i - stamped) * MARK_SIZE);
    }
    this.stamped = items.length;
  }
}
