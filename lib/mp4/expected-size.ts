const FEWEST_SAMPLES = 64;
const SMALLEST_BODY = 16 * 1024;
/** A fragment is expected to be at most this much larger than those before. */
const GROWTH = 1.25;
/** How fast a large fragment is forgotten. */
const DECAY = 0.9;

/** How large the next fragment of a kind will be, by those before it. */
export class ExpectedSize {
  /** Samples to leave room for. */
  samples = withMargin(FEWEST_SAMPLES);
  /** Bytes of media to leave room for. */
  bytes = withMargin(SMALLEST_BODY);
  private largest = SMALLEST_BODY;

  /** Takes note of a fragment that is whole. */
  learn(samples: number, bytes: number): void {
    this.samples = withMargin(Math.max(FEWEST_SAMPLES, samples));
    this.largest = Math.max(SMALLEST_BODY, bytes, this.largest * DECAY);
    this.bytes = withMargin(this.largest);
  }
}

function withMargin(count: number): number {
  return Math.ceil(count * GROWTH);
}
