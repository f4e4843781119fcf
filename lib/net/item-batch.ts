import { DATAGRAM_OVERHEAD } from './media-transport.js';
import type { Timers } from './timers.js';

/** Bytes, and when they were read: Unix time in ns. */
interface Received {
  readonly data: Buffer;
  readonly recv: bigint;
}

/** Who gets what has been kept. */
interface Taker<T> {
  /** Something is about to be handed on. */
  before?(): void;
  /** Takes the next item, in the order in which they came. */
  item(item: T): void;
}

/** Items are handed on when the first of them has been kept for one in so many parts of the longest time. */
export const USUAL_SHARE = 4;
/** Bytes that are kept at most. */
const MAX_BYTES = 1024 * 1024;

/**
 * Keeps what is received for a moment and hands it on together. A pipeline that is woken for each picture finds the processor's caches
 * cold, and takes several times as long for it as for the ones behind the first.
 *
 * What comes when the first item has been kept for a quarter of the longest time takes all along with it; a timer, which would be a
 * wake-up of its own, is for what nothing comes behind.
 */
export class ItemBatch<T extends Received> {
  private readonly usualNs: bigint;
  private readonly items: T[] = [];
  /** How many of them have been handed on. */
  private taken = 0;
  private bytes = 0;
  private since = 0n;
  private timer: unknown;

  /** @param longestMs how long an item may be kept; 0: not at all */
  constructor(
    private readonly longestMs: number,
    private readonly timers: Timers,
    private readonly taker: Taker<T>,
  ) {
    this.usualNs = BigInt(Math.round((longestMs * 1e6) / USUAL_SHARE));
  }

  /** Takes the next item. */
  add(item: T): void {
    const { data, recv } = item;
    if (this.items.length === 0) this.since = recv;
    this.items.push(item);
    this.bytes += data.length + DATAGRAM_OVERHEAD;
    const kept = recv - this.since;
    // The clock may have been set back.
    if (this.longestMs === 0 || kept >= this.usualNs || kept < 0n || this.bytes >= MAX_BYTES) this.flush();
    else if (this.timer === undefined) this.timer = this.timers.setTimeout(() => this.timeUp(), this.longestMs);
  }

  /** Takes the next item, to be handed on with the others; when, its owner says. */
  push(item: T): void {
    if (this.items.length === 0) this.since = item.recv;
    this.items.push(item);
    this.bytes += item.data.length + DATAGRAM_OVERHEAD;
  }

  /** Hands on what is kept. What takes an item, or is told before, may call this or {@link end} itself: the rest comes then. */
  flush(): void {
    const { items, taker } = this;
    if (this.taken < items.length) taker.before?.();
    while (this.taken < items.length) taker.item(items[this.taken++]!);
    items.length = 0;
    this.taken = 0;
    this.bytes = 0;
  }

  /** Hands on what is kept, for the last time. */
  end(): void {
    if (this.timer !== undefined) this.timers.clearTimeout(this.timer);
    this.timer = undefined;
    this.flush();
  }

  private timeUp(): void {
    this.timer = undefined;
    this.flush();
  }
}
