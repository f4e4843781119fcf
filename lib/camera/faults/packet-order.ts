import type { PacketFault } from './frames.js';
import type { SeededRandom } from './random.js';

/** Most packets that overtake one that is held back. */
const MAX_OVERTAKING = 3;

/** Leaves packets out with a probability. */
export class Loss implements PacketFault {
  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    return this.random.chance(this.probability) ? [] : [frame];
  }
}

/** Sends packets twice, one right behind the other, with a probability. */
export class Duplicates implements PacketFault {
  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    return this.random.chance(this.probability) ? [frame, frame] : [frame];
  }
}

/** Holds single packets back, with a probability, until one to three others have overtaken them. */
export class Reordering implements PacketFault {
  private held: Buffer | undefined;
  private overtaking = 0;

  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    if (this.held === undefined) {
      if (!this.random.chance(this.probability)) return [frame];
      this.held = frame;
      this.overtaking = 1 + this.random.below(MAX_OVERTAKING);
      return [];
    }
    this.overtaking--;
    return this.overtaking > 0 ? [frame] : [frame, ...this.rest()];
  }

  rest(): readonly Buffer[] {
    const { held } = this;
    this.held = undefined;
    return held === undefined ? [] : [held];
  }
}
