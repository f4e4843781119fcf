import type { FrameSink } from '../outlet.js';
import { isRtcpFrame, type PacketFault, splitFrames } from './frames.js';
import { Corruption, FlappingParameters, TimestampJumps } from './packet-content.js';
import { Duplicates, Loss, Reordering } from './packet-order.js';
import type { FaultCounts, FaultPlan, Place } from './plan.js';
import { SeededRandom } from './random.js';
import { ReportFaults } from './report-faults.js';
import type { Wire } from './wire.js';

/** What a {@link FaultyFrames} needs. */
export interface FaultyFramesOptions {
  readonly plan: FaultPlan;
  /** Clock rate in Hz of the medium on a channel. */
  readonly clockRate: (channel: number) => number;
  readonly counts: FaultCounts;
  /** The first half of a frame, as it can travel. */
  readonly half: (frame: Buffer) => Buffer;
  /** Called at the place where the plan ends the connection. */
  readonly reached: () => void;
}

const EMPTY = Buffer.alloc(0);

/** Disturbs packets by plan, one by one, on their way to a wire. */
export class FaultyFrames implements FrameSink {
  private readonly packetFaults: readonly PacketFault[];
  private readonly reportFaults: ReportFaults;
  private readonly delays: SeededRandom;
  private frameCount = 0;

  constructor(
    private readonly wire: Wire,
    private readonly options: FaultyFramesOptions,
  ) {
    const { plan } = options;
    this.packetFaults = packetFaults(options);
    this.reportFaults = new ReportFaults(plan);
    this.delays = new SeededRandom(plan.seed ?? 1, 'jitter');
  }

  frames(data: Buffer, flushed: () => void): void {
    const { plan, half, reached } = this.options;
    const { jitterMs = 0 } = plan;
    let run: Buffer[] = [];
    const writeRun = (): void => {
      if (run.length > 0) this.wire.send(Buffer.concat(run), this.delays.next() * jitterMs, () => {});
      run = [];
    };
    // What is held back outlives the buffer that it came in.
    for (const frame of this.disturb(splitFrames(Buffer.from(data)))) {
      const number = ++this.frameCount;
      const isCut = this.isEnd('mid-packet', number);
      if (this.isEnd('packet', number)) {
        writeRun();
        reached();
      }
      run.push(isCut ? half(frame) : frame);
      if (jitterMs > 0 || isCut) writeRun();
      if (isCut) reached();
    }
    writeRun();
    // Not at once: where nothing is left to send, whoever waits for it would never let go.
    this.wire.send(EMPTY, 0, () => setImmediate(flushed));
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

  private isEnd(where: Place['where'], number: number): boolean {
    const at = this.options.plan.end?.at;
    return at?.where === where && at.number === number;
  }
}

function packetFaults({ plan, clockRate, counts }: FaultyFramesOptions): PacketFault[] {
  const { loss, reorder, duplicate, corrupt, flapParameters, timestampJumpS, seed = 1 } = plan;
  const random = (name: string) => new SeededRandom(seed, name);
  const faults: PacketFault[] = [];
  if (timestampJumpS !== undefined) {
    faults.push(new TimestampJumps(timestampJumpS, clockRate, random('timestamp-jump')));
  }
  if (flapParameters) faults.push(new FlappingParameters());
  if (corrupt !== undefined) faults.push(new Corruption(corrupt, random('corrupt'), counts));
  // In this order the counts are what a receiver sees: what is lost is not late, and a duplicate stays with its original.
  if (loss !== undefined) faults.push(new Loss(loss, random('loss'), counts));
  if (reorder !== undefined) faults.push(new Reordering(reorder, random('reorder'), counts));
  if (duplicate !== undefined) faults.push(new Duplicates(duplicate, random('duplicate'), counts));
  return faults;
}

function pass(faults: readonly PacketFault[], frames: readonly Buffer[]): Buffer[] {
  let passing = [...frames];
  for (const fault of faults) passing = passing.flatMap((frame) => fault.take(frame));
  return passing;
}
