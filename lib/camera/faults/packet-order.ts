import { channelOf, type PacketFault } from './frames.js';
import type { FaultCounts } from './plan.js';
import type { SeededRandom } from './random.js';

/** Most packets that overtake one that is held back. */
const MAX_OVERTAKING = 3;

/** Leaves packets out with a probability. */
export class Loss implements PacketFault {
  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
    private readonly counts: FaultCounts,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    if (!this.random.chance(this.probability)) return [frame];
    this.counts.packetsLost++;
    return [];
  }
}

/** Sends packets twice, one right behind the other, with a probability. */
export class Duplicates implements PacketFault {
  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
    private readonly counts: FaultCounts,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    if (!this.random.chance(this.probability)) return [frame];
    this.counts.packetsDuplicated++;
    return [frame, frame];
  }
}

/** Holds single packets back, with a probability, until one to three others of their stream have overtaken them. */
export class Reordering implements PacketFault {
  private held: Buffer | undefined;
  private overtaken = 0;
  private overtaking = 0;

  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
    private readonly counts: FaultCounts,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    if (this.held === undefined) {
      if (!this.random.chance(this.probability)) return [frame];
      this.held = frame;
      this.overtaken = 0;
      this.overtaking = 1 + this.random.below(MAX_OVERTAKING);
      return [];
    }
    if (channelOf(frame) !== channelOf(this.held)) return [frame];
    this.overtaken++;
    return this.overtaken < this.overtaking ? [frame] : [frame, ...this.rest()];
  }

  rest(): readonly Buffer[] {
    const { held } = this;
    if (held === undefined) return [];
    this.held = undefined;
    if (this.overtaken > 0) this.counts.packetsReordered++;
    return [held];
  }
}
