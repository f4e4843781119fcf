import type { TLSSocket } from 'node:tls';
import type { Chunk } from '../items.js';
import { type Clock, markingClock } from '../time/clock.js';
import type { ConnectionCapture } from './capture.js';
import { ItemBatch } from './item-batch.js';
import { type ConnectionEnd, type MediaConsumer, MediaTap } from './media-tap.js';
import type { OpenSocket } from './open-socket.js';
import type { Timers } from './timers.js';

/** What an {@link Intake} needs besides its socket. */
export interface IntakeEnvironment {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Is told of each read at once. */
  readonly capture: ConnectionCapture | undefined;
  /** Looks for messages in bytes that were read at `recv`, Unix time in ns, before they are handed on. */
  readonly look: (data: Buffer, position: number, recv: bigint) => void;
}

/** Stands for the time of a chunk whose batch will tell it. */
const TOLD_LATER = 0n;

/**
 * What a connection receives: every read is stamped, looked through for messages, and what lies behind the answer to PLAY is handed on,
 * where the consumer is in no hurry for the reads of a moment together. While an answer is awaited they are looked through at once.
 */
export class Intake {
  /** Bytes received so far. */
  received = 0;
  private readonly tap: MediaTap;
  /** What is kept: while there is somebody to hand it on to. */
  private batch: ItemBatch<Chunk> | undefined;
  private awaiting = false;

  constructor(
    private readonly open: OpenSocket,
    private readonly environment: IntakeEnvironment,
  ) {
    this.tap = new MediaTap((open.socket as Partial<TLSSocket>).encrypted === true);
  }

  /** Begins, with what has come already. */
  listen(): void {
    this.open.listen((data) => this.receive(data));
  }

  /** True once {@link start} has been called. */
  get isStarted(): boolean {
    return this.tap.isStarted;
  }

  /** An answer is awaited, or not any more. */
  set isAwaiting(awaiting: boolean) {
    this.awaiting = awaiting;
    if (awaiting) this.look();
  }

  /** The media begin at this offset of the connection. */
  start(position: number): void {
    this.tap.start(position);
  }

  /**
   * Names who gets the media, beginning with those that came along with the answer to PLAY.
   *
   * @param holdMs how long they may be kept; see {@link ItemBatch}
   */
  connect(consumer: MediaConsumer, holdMs: number): void {
    const { capture, clock, look, timers } = this.environment;
    const isStampedAtOnce = holdMs === 0 || capture !== undefined || this.tap.encrypted;
    const marking = isStampedAtOnce ? undefined : markingClock(clock);
    this.batch = new ItemBatch<Chunk>({
      longestMs: holdMs,
      timers,
      clock: marking,
      look: ({ data, position, recv }) => look(data, position!, recv),
      take: (chunk) => consumer.chunk(chunk),
    });
    this.tap.connect(consumer);
  }

  /** Looks for messages in all that has been received, and goes on keeping it. */
  look(): void {
    this.batch?.look();
  }

  /** Delivers what is being kept. */
  flush(): void {
    this.batch?.flush();
  }

  /** Delivers what is being kept, and nothing more. */
  stop(): void {
    const { batch } = this;
    this.batch = undefined;
    this.tap.stop();
    // Last: whoever takes something may throw.
    batch?.end();
  }

  /** The socket has been paused: the next reads bring what waited. */
  notePause(): void {
    this.tap.notePause();
  }

  /** The connection has ended by itself. */
  end(end: ConnectionEnd): void {
    this.tap.end(end);
  }

  private receive(data: Buffer): void {
    const { tap } = this;
    const { capture, clock, look } = this.environment;
    const batch = tap.isStarted ? this.batch : undefined;
    const recv = batch?.tellsTimes === true ? TOLD_LATER : clock.now();
    const position = this.received;
    this.received += data.length;
    // First of all: the answer to what is in it must come behind it.
    capture?.received(data, recv);
    if (batch === undefined) {
      look(data, position, recv);
      tap.receive(data, recv, position);
      return;
    }
    batch.add(tap.chunk(data, recv, position));
    if (this.awaiting) batch.look();
  }
}
