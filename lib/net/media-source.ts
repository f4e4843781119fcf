import type { Item } from '../items.js';
import { LinkedReadable } from '../linked-readable.js';
import { DATAGRAM_OVERHEAD } from './media-transport.js';

/** What a source asks of the connection that feeds it. */
export interface SourceControl {
  /** More than the cap is waiting: read no more for now. */
  pause(): void;
  resume(): void;
  /** The source was destroyed, by the pipeline or by us. */
  destroyed(): void;
}

/**
 * The readable end of a session. Between socket and pipeline up to `maxBytes` may wait, since the socket has to be read even
 * while a disk is slow (Q84); beyond that the connection is paused.
 */
export class MediaSource extends LinkedReadable {
  private readonly queue: Item[] = [];
  private queuedBytes = 0;
  private wanted = false;
  private finished = false;
  private paused = false;

  constructor(
    private readonly maxBytes: number,
    private readonly control: SourceControl,
  ) {
    super({ objectMode: true, highWaterMark: 16 });
  }

  /** From when the cap was passed until half of what it allows is left: what cannot be paused is dropped meanwhile. */
  get isFull(): boolean {
    return this.paused;
  }

  /** Adds an item; none after {@link finish}. */
  add(item: Item): void {
    if (this.finished || this.destroyed) return;
    if (this.wanted && this.queue.length === 0) {
      this.wanted = this.push(item);
      return;
    }
    this.queue.push(item);
    this.queuedBytes += bytesOf(item);
    if (this.queuedBytes > this.maxBytes && !this.paused) {
      this.paused = true;
      this.control.pause();
    }
  }

  /** Ends the source after what has been added. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    if (this.queue.length === 0) this.push(null);
  }

  override _read(): void {
    this.wanted = true;
    let taken = 0;
    while (this.wanted && taken < this.queue.length) {
      const item = this.queue[taken++]!;
      this.queuedBytes -= bytesOf(item);
      this.wanted = this.push(item);
    }
    if (taken > 0) this.queue.splice(0, taken);
    if (taken > 0 && this.finished && this.queue.length === 0) this.push(null);
    if (this.paused && this.queuedBytes <= this.maxBytes / 2) {
      this.paused = false;
      this.control.resume();
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.queue.length = 0;
    this.control.destroyed();
    callback(error);
  }
}

function bytesOf(item: Item): number {
  switch (item.kind) {
    case 'chunk':
    case 'interleaved':
      return item.data.length + DATAGRAM_OVERHEAD;
    default:
      return 0;
  }
}
