import type { Chunk } from '../items.js';
import { READ_SIZE } from './socket-memory.js';

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
  private ended: ConnectionEnd | undefined;
  private closed = false;
  private waiting = false;
  private lastRecv = 0n;

  /** @param encrypted whether the bytes come out of TLS */
  constructor(readonly encrypted: boolean) {}

  /** True once PLAY has been answered. */
  get isStarted(): boolean {
    return this.mediaStart !== undefined;
  }

  /** The media begin at this offset of the connection. */
  start(position: number): void {
    this.mediaStart = position;
  }

  /** Names who gets the chunks, and hands over those that came along with the answer to PLAY. */
  connect(consumer: MediaConsumer): void {
    this.consumer = consumer;
    for (const chunk of this.early.splice(0)) consumer.chunk(chunk);
    if (this.ended !== undefined) consumer.closed(this.ended);
  }

  /** Nothing more is delivered. */
  stop(): void {
    this.closed = true;
    this.consumer = undefined;
    this.early = [];
  }

  /** The socket has been paused: the next reads bring what waited. */
  notePause(): void {
    this.waiting = true;
  }

  /** Takes bytes that were read at `recv`, Unix time in ns, from `position` on, and have been looked at. */
  receive(data: Buffer, recv: bigint, position: number): void {
    const chunk = this.chunk(data, recv, position);
    if (this.mediaStart === undefined || this.closed) return;
    const skip = this.mediaStart - position;
    if (skip >= data.length) return;
    const media = skip > 0 ? { ...chunk, data: data.subarray(skip), position: position + skip } : chunk;
    if (this.consumer === undefined) this.early.push(media);
    else this.consumer.chunk(media);
  }

  /** What becomes of such bytes where all of them are media. Of what has not come out of TLS the time may be told to the chunk later. */
  chunk(data: Buffer, recv: bigint, position: number): Chunk {
    return { kind: 'chunk', data, recv, position, waited: this.waiting && this.mayHaveWaited(data, recv) };
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
