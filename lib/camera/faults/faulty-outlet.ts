import type { Socket } from 'node:net';
import type { Outlet } from '../outlet.js';
import type { CameraTimers } from '../timers.js';
import { FILLER_FIELD, withContentLength, withoutEnd } from './answer-faults.js';
import { cutHeaders, cutPieces, Garbling } from './byte-faults.js';
import { FaultyFrames } from './faulty-frames.js';
import type { FaultCounts, FaultPlan, Place } from './plan.js';
import { SeededRandom } from './random.js';
import { Wire } from './wire.js';

/** What a {@link FaultyOutlet} needs of its connection. */
export interface FaultyOutletOptions {
  readonly plan: FaultPlan;
  readonly timers: CameraTimers;
  /** Clock rate in Hz of the medium on a channel. */
  readonly clockRate: (channel: number) => number;
  readonly counts: FaultCounts;
  /** Is told the size of each write. */
  readonly sent: (bytes: number) => void;
  /** Is told of what happens once, in words: the connection's end, the head without end. */
  readonly happened: (what: string) => void;
}

const EMPTY = Buffer.alloc(0);

/** An outlet that disturbs what passes by plan: answers, packets, then the bytes of both. */
export class FaultyOutlet implements Outlet {
  private readonly wire: Wire;
  private readonly media: FaultyFrames;
  private answers = 0;

  constructor(
    private readonly socket: Socket,
    private readonly options: FaultyOutletOptions,
  ) {
    const { plan, timers, clockRate, counts, sent } = options;
    const write = (data: Buffer, done: () => void): void => {
      sent(data.length);
      socket.write(data, done);
    };
    this.wire = new Wire({ write }, { timers, cut: cutter(plan) });
    socket.on('close', () => this.wire.close());
    const half = (frame: Buffer) => frame.subarray(0, frame.length >> 1);
    this.media = new FaultyFrames(this.wire, { plan, clockRate, counts, half, reached: () => this.endByPlan() });
  }

  message(data: Buffer, flushed: () => void): void {
    const { contentLength, endlessHeaders } = this.options.plan;
    const number = ++this.answers;
    const answer = contentLength === undefined ? data : withContentLength(data, contentLength);
    if (number === endlessHeaders) {
      this.wire.send(withoutEnd(answer), 0, flushed);
      this.finish(`answer ${number} has headers without end`, () => this.flood());
      return;
    }
    const where = this.endOf(number);
    if (where === undefined) {
      this.wire.send(answer, 0, flushed);
      return;
    }
    if (where === 'within') this.wire.send(answer.subarray(0, answer.length >> 1), 0, () => {});
    if (where === 'after') this.wire.send(answer, 0, () => {});
    this.endByPlan();
    this.wire.send(EMPTY, 0, flushed);
  }

  frames(data: Buffer, flushed: () => void): void {
    this.media.frames(data, flushed);
  }

  end(): void {
    this.wire.finish(() => this.socket.end());
  }

  /** Ends the connection as the plan says: its place has been reached. */
  endByPlan(): void {
    const { how, at } = this.options.plan.end!;
    this.finish(`${how} at ${at.where}:${at.number}`, () => {
      if (how === 'close') this.socket.end();
    });
  }

  /** Where about the answer of this number the plan ends the connection. */
  private endOf(number: number): Place['where'] | undefined {
    const at = this.options.plan.end?.at;
    return at?.number === number && (at.where === 'before' || at.where === 'within' || at.where === 'after')
      ? at.where
      : undefined;
  }

  private finish(what: string, action: () => void): void {
    this.wire.finish(() => {
      action();
      this.options.happened(what);
    });
  }

  /** Header fields for as long as the client reads them. */
  private flood(): void {
    this.options.sent(FILLER_FIELD.length);
    this.socket.write(FILLER_FIELD, (error) => {
      if (!error) setImmediate(() => this.flood());
    });
  }
}

/** What becomes of the bytes, and in which pieces they are written. */
function cutter({ garble, split, seed = 1 }: FaultPlan): (data: Buffer) => readonly Buffer[] {
  const cuts = new SeededRandom(seed, 'split');
  const garbling = garble === undefined ? undefined : new Garbling(garble, new SeededRandom(seed, 'garble'));
  return (data) => {
    const bytes = garbling?.take(data) ?? data;
    if (split === undefined) return [bytes];
    return split === 'headers' ? cutHeaders(bytes, cuts) : cutPieces(bytes, split, cuts);
  };
}
