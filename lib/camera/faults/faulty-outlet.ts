import type { Socket } from 'node:net';
import type { Outlet } from '../outlet.js';
import type { CameraTimers } from '../timers.js';
import { FILLER_FIELD, withContentLength, withoutEnd } from './answer-faults.js';
import { cutHeaders, cutPieces, Garbling } from './byte-faults.js';
import { isRtcpFrame, type PacketFault, splitFrames } from './frames.js';
import { Corruption, FlappingParameters, TimestampJumps } from './packet-content.js';
import { Duplicates, Loss, Reordering } from './packet-order.js';
import type { FaultPlan, Place } from './plan.js';
import { SeededRandom } from './random.js';
import { ReportFaults } from './report-faults.js';
import { Wire } from './wire.js';

/** What a {@link FaultyOutlet} needs of its connection. */
export interface FaultyOutletOptions {
  readonly plan: FaultPlan;
  readonly timers: CameraTimers;
  /** Clock rate in Hz of the medium on a channel. */
  readonly clockRate: (channel: number) => number;
  /** Is told the size of each write. */
  readonly sent: (bytes: number) => void;
  /** Is told of what happens once, in words: the connection's end, the head without end. */
  readonly happened: (what: string) => void;
}

/** An outlet that disturbs what passes by plan: answers, packets, then the bytes of both. */
export class FaultyOutlet implements Outlet {
  private readonly wire: Wire;
  private readonly packetFaults: readonly PacketFault[];
  private readonly reportFaults: ReportFaults;
  private readonly garbling: Garbling | undefined;
  private readonly delays: SeededRandom;
  private answers = 0;
  private frameCount = 0;

  constructor(
    private readonly socket: Socket,
    private readonly options: FaultyOutletOptions,
  ) {
    const { plan, timers, sent } = options;
    const random = (name: string) => new SeededRandom(plan.seed ?? 1, name);
    this.packetFaults = packetFaults(options, random);
    this.reportFaults = new ReportFaults(plan);
    this.garbling = plan.garble === undefined ? undefined : new Garbling(plan.garble, random('garble'));
    this.delays = random('jitter');
    const cuts = random('split');
    const cut = (data: Buffer): readonly Buffer[] => {
      if (plan.split === undefined) return [data];
      return plan.split === 'headers' ? cutHeaders(data, cuts) : cutPieces(data, plan.split, cuts);
    };
    this.wire = new Wire(socket, { timers, sent, cut });
  }

  message(data: Buffer, flushed: () => void): void {
    const { contentLength, endlessHeaders } = this.options.plan;
    const number = ++this.answers;
    const answer = contentLength === undefined ? data : withContentLength(data, contentLength);
    if (number === endlessHeaders) {
      this.write(withoutEnd(answer), 0, flushed);
      this.finish(`answer ${number} has headers without end`, () => this.flood());
      return;
    }
    const endsHere = (where: Place['where']) => this.isEnd(where, number);
    if (endsHere('before')) this.endBy(flushed);
    else if (endsHere('within')) {
      this.write(answer.subarray(0, answer.length >> 1), 0, () => {});
      this.endBy(flushed);
    } else if (endsHere('after')) {
      this.write(answer, 0, () => {});
      this.endBy(flushed);
    } else this.write(answer, 0, flushed);
  }

  frames(data: Buffer, flushed: () => void): void {
    // What is held back outlives the buffer that it came in.
    const frames = this.disturb(splitFrames(Buffer.from(data)));
    const { jitterMs = 0 } = this.options.plan;
    let run: Buffer[] = [];
    const writeRun = (): void => {
      if (run.length > 0) this.write(Buffer.concat(run), this.delays.next() * jitterMs, () => {});
      run = [];
    };
    for (const frame of frames) {
      const number = ++this.frameCount;
      const isCut = this.isEnd('mid-packet', number);
      run.push(isCut ? frame.subarray(0, frame.length >> 1) : frame);
      if (this.isEnd('packet', number)) run.pop();
      if (jitterMs > 0) writeRun();
      if (isCut || this.isEnd('packet', number)) {
        writeRun();
        this.endBy(() => {});
      }
    }
    writeRun();
    // Not at once: where nothing is left to send, whoever waits for it would never let go.
    this.wire.send(EMPTY, 0, () => setImmediate(flushed));
  }

  end(): void {
    this.wire.finish(() => this.socket.end());
  }

  private disturb(frames: readonly Buffer[]): Buffer[] {
    const out: Buffer[] = [];
    for (const frame of frames) {
      if (isRtcpFrame(frame)) out.push(...this.rest(), ...this.reportFaults.take(frame));
      else out.push(...pass(this.packetFaults, [frame]));
    }
    return out;
  }

  /** What the packet faults hold back, through those that come after. */
  private rest(): Buffer[] {
    return this.packetFaults.flatMap((fault, i) => pass(this.packetFaults.slice(i + 1), fault.rest?.() ?? []));
  }

  private write(data: Buffer, delayMs: number, done: () => void): void {
    this.wire.send(this.garbling?.take(data) ?? data, delayMs, done);
  }

  private isEnd(where: Place['where'], number: number): boolean {
    const at = this.options.plan.end?.at;
    return at?.where === where && at.number === number;
  }

  private endBy(flushed: () => void): void {
    const { how, at } = this.options.plan.end!;
    this.finish(`${how} at ${at.where}:${at.number}`, () => {
      if (how === 'close') this.socket.end();
    });
    this.wire.send(EMPTY, 0, flushed);
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

const EMPTY = Buffer.alloc(0);

function packetFaults(options: FaultyOutletOptions, random: (name: string) => SeededRandom): PacketFault[] {
  const { loss, reorder, duplicate, corrupt, flapParameters, timestampJumpS } = options.plan;
  const faults: PacketFault[] = [];
  if (timestampJumpS !== undefined) {
    faults.push(new TimestampJumps(timestampJumpS, options.clockRate, random('timestamp-jump')));
  }
  if (flapParameters) faults.push(new FlappingParameters());
  if (corrupt !== undefined) faults.push(new Corruption(corrupt, random('corrupt')));
  if (loss !== undefined) faults.push(new Loss(loss, random('loss')));
  if (duplicate !== undefined) faults.push(new Duplicates(duplicate, random('duplicate')));
  if (reorder !== undefined) faults.push(new Reordering(reorder, random('reorder')));
  return faults;
}

function pass(faults: readonly PacketFault[], frames: readonly Buffer[]): Buffer[] {
  let passing = [...frames];
  for (const fault of faults) passing = passing.flatMap((frame) => fault.take(frame));
  return passing;
}
