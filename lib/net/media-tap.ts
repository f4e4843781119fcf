import type { Chunk } from '../items.js';
import { ItemBatch } from './item-batch.js';
import { LONG_READ, READ_SIZE } from './socket-memory.js';
import type { Timers } from './timers.js';

/** Takes what arrives after the answer to PLAY. */
export interface MediaConsumer {
  chunk(chunk: Chunk): void;
  /** The connection has ended by itself. */
  closed(end: ConnectionEnd): void;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** Inside a frame or message. */
  readonly midway: boolean;
  /** The socket's error; absent after an orderly end. */
  readonly cause?: Error | undefined;
}

/** How the delivered chunks are kept for a while. */
export interface Hold {
  /** See {@link ItemBatch}. */
  readonly longestMs: number;
  readonly timers: Timers;
  /** Looks at each chunk before it is delivered. */
  readonly look: (chunk: Chunk) => void;
}

/** TLS hands on its records, which tell nothing; a pause of so many ns before a chunk means that none was waiting. */
const IDLE_NS = 5_000_000n;

/**
 * Cuts the media out of what a connection receives: everything behind the answer to PLAY, as views of the bytes read. Marks
 * what may have waited in the kernel while the socket was paused.
 */
export class MediaTap {
  private mediaStart: number | undefined;
  private consumer: MediaConsumer | undefined;
  private early: Chunk[] = [];
  private batch: ItemBatch<Chunk> | undefined;
  /** What is kept and has not been looked at. */
  private readonly unseen: Chunk[] = [];
  private lookAt: (chunk: Chunk) => void = () => {};
  private isLooking = false;
  private ended: ConnectionEnd | undefined;
  private closed = false;
  private waiting = false;
  private lastRecv = 0n;
  /** The last read that was kept was a long one. */
  private wasLong = false;

  /** @param encrypted whether the bytes come out of TLS */
  constructor(private readonly encrypted: boolean) {}

  /** True once PLAY has been answered. */
  get isStarted(): boolean {
    return this.mediaStart !== undefined;
  }

  /** True while chunks are delivered, so that {@link keep} may be called. */
  get isDelivering(): boolean {
    return this.batch !== undefined && this.mediaStart !== undefined;
  }

  /** The media begin at this offset of the connection. */
  start(position: number): void {
    this.mediaStart = position;
  }

  /** Names who gets the chunks, and hands over those that came along with the answer to PLAY. */
  connect(consumer: MediaConsumer, { longestMs, timers, look }: Hold): void {
    this.consumer = consumer;
    this.lookAt = look;
    this.batch = new ItemBatch<Chunk>(longestMs, timers, {
      before: () => this.look(),
      item: (chunk) => consumer.chunk(chunk),
    });
    for (const chunk of this.early.splice(0)) consumer.chunk(chunk);
    if (this.ended !== undefined) consumer.closed(this.ended);
  }

  /** Looks at what is kept, and goes on keeping it. Does nothing if it is what was looked at that calls this. */
  look(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    const { unseen } = this;
    let seen = 0;
    try {
      while (seen < unseen.length) this.lookAt(unseen[seen++]!);
    } finally {
      unseen.splice(0, seen);
      this.isLooking = false;
    }
  }

  /** Delivers what is kept. */
  flush(): void {
    this.batch?.flush();
  }

  /** Delivers what is kept, and nothing more. */
  stop(): void {
    this.closed = true;
    const { batch } = this;
    this.batch = undefined;
    batch?.end();
    this.consumer = undefined;
    this.early = [];
  }

  /** The socket has been paused: the next reads bring what waited. */
  notePause(): void {
    this.waiting = true;
  }

  /** Takes bytes that were read at `recv`, Unix time in ns, from `position` on, and have been looked at. */
  receive(data: Buffer, recv: bigint, position: number): void {
    const waited = this.waiting && this.mayHaveWaited(data, recv);
    if (this.mediaStart === undefined || this.closed) return;
    const skip = this.mediaStart - position;
    if (skip >= data.length) return;
    const chunk: Chunk =
      skip > 0
        ? { kind: 'chunk', data: data.subarray(skip), recv, position: position + skip, waited }
        : { kind: 'chunk', data, recv, position, waited };
    if (this.consumer === undefined) this.early.push(chunk);
    else this.consumer.chunk(chunk);
  }

  /**
   * Takes the same while {@link isDelivering}, to be looked at by {@link look}, or before they are delivered. Delivers all that is kept
   * behind a {@link LONG_READ}, and behind the read that follows one.
   */
  keep(data: Buffer, recv: bigint, position: number): void {
    const { wasLong } = this;
    this.wasLong = data.length >= LONG_READ;
    this.batch!.add(this.unseenChunk(data, recv, position));
    if (wasLong || this.wasLong) this.batch?.flush();
  }

  /** Takes what was kept elsewhere while {@link isDelivering}: to be looked at, and delivered when {@link flush} is called. */
  keepLate(data: Buffer, recv: bigint, position: number): void {
    this.batch!.push(this.unseenChunk(data, recv, position));
  }

  private unseenChunk(data: Buffer, recv: bigint, position: number): Chunk {
    const waited = this.waiting && this.mayHaveWaited(data, recv);
    const chunk: Chunk = { kind: 'chunk', data, recv, position, waited };
    this.unseen.push(chunk);
    return chunk;
  }

  /** The connection has ended by itself. */
  end(end: ConnectionEnd): void {
    this.ended = end;
    this.consumer?.closed(end);
  }

  /** Judges a chunk behind a pause, and whether the next one is still in question. */
  private mayHaveWaited(data: Buffer, recv: bigint): boolean {
    if (!this.encrypted) {
      // A shorter read has emptied the kernel's buffer.
      this.waiting = data.length >= READ_SIZE;
      return true;
    }
    const idle = this.lastRecv !== 0n && recv - this.lastRecv > IDLE_NS;
    this.waiting = !idle;
    this.lastRecv = idle ? 0n : recv;
    return !idle;
  }
}
