import type { TLSSocket } from 'node:tls';
import { type Clock, markingClock } from '../time/clock.js';
import type { ConnectionCapture } from './capture.js';
import { KeptReads } from './kept-reads.js';
import { type ConnectionEnd, type MediaConsumer, MediaTap } from './media-tap.js';
import type { OpenSocket } from './open-socket.js';
import type { BlockReader } from './socket-memory.js';
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

/**
 * What a connection receives: every read is stamped, looked through for messages, and what lies behind the answer to PLAY is handed on,
 * where the consumer is in no hurry for the reads of a moment together. While an answer is awaited they are looked through at once.
 */
export class Intake {
  private readonly tap: MediaTap;
  private readonly reader: BlockReader | undefined;
  /** Where what is read is kept while media are delivered and no answer is awaited, if that is possible. */
  private keptReads: KeptReads | undefined;
  /** Bytes received without those that {@link reader} keeps. */
  private taken = 0;
  private awaiting = false;

  constructor(
    private readonly open: OpenSocket,
    private readonly environment: IntakeEnvironment,
  ) {
    this.tap = new MediaTap((open.socket as Partial<TLSSocket>).encrypted === true);
    this.reader = open.reader;
  }

  /** Begins, with what has come already. */
  listen(): void {
    this.open.listen((data) => this.receive(data));
  }

  /** Bytes received so far. */
  get received(): number {
    return this.taken + (this.reader?.keptBytes ?? 0);
  }

  /** True once {@link start} has been called. */
  get isStarted(): boolean {
    return this.tap.isStarted;
  }

  /** An answer is awaited, or not any more. */
  set isAwaiting(awaiting: boolean) {
    this.awaiting = awaiting;
    this.chooseKeeping();
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
    this.tap.connect(consumer, {
      longestMs: holdMs,
      timers,
      look: ({ data, position, recv }) => look(data, position!, recv),
    });
    const marking = markingClock(clock);
    if (holdMs === 0 || marking === undefined || capture !== undefined) return;
    this.keptReads = new KeptReads(holdMs, marking, timers, () => this.flush());
    this.chooseKeeping();
  }

  /** Looks for messages in all that has been received, and goes on keeping it. */
  look(): void {
    this.takeKept();
    this.tap.look();
  }

  /** Delivers what is being kept. */
  flush(): void {
    this.takeKept();
    this.tap.flush();
  }

  /** Delivers what is being kept, and nothing more. */
  stop(): void {
    this.takeKept();
    this.keptReads?.end();
    this.keptReads = undefined;
    this.reader?.stopKeeping();
    // Last: whoever takes something may throw.
    this.tap.stop();
  }

  /** The socket has been paused: the next reads bring what waited. */
  notePause(): void {
    this.look();
    this.tap.notePause();
  }

  /** The connection has ended by itself. */
  end(end: ConnectionEnd): void {
    this.tap.end(end);
  }

  private receive(data: Buffer): void {
    const { capture, clock, look } = this.environment;
    const recv = clock.now();
    const position = this.taken;
    this.taken += data.length;
    // First of all: the answer to what is in it must come behind it.
    capture?.received(data, recv);
    if (this.tap.isDelivering) {
      this.tap.keep(data, recv, position);
      if (this.awaiting) this.tap.look();
    } else {
      look(data, position, recv);
      this.tap.receive(data, recv, position);
    }
  }

  /** Has what is read kept, if nobody is in a hurry for it. */
  private chooseKeeping(): void {
    const { keptReads, reader } = this;
    if (reader === undefined) return;
    if (keptReads !== undefined && !this.awaiting && this.tap.isDelivering) {
      reader.keep(keptReads, () => this.flush());
    } else {
      this.takeKept();
      reader.stopKeeping();
      this.tap.look();
    }
  }

  /** To be followed by a look: if something is being delivered, what is taken now will be delivered with it. */
  private takeKept(): void {
    this.reader?.takeKept((data, recv) => {
      this.tap.keepLate(data, recv, this.taken);
      this.taken += data.length;
    });
  }
}
