/**
 * Random numbers that a seed repeats. Each fault has a stream of its own, told apart by name, so that adding one fault does not
 * change what another does.
 */
export class SeededRandom {
  /** Never 0, which xorshift would not leave. */
  private state: number;

  /** @param seed any integer */
  constructor(seed: number, name: string) {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(`${seed}/${name}`)) hash = Math.imul(hash ^ byte, 0x01000193);
    this.state = hash || 1;
    // Seeds that differ by little give states that do: a few steps set them apart.
    for (let i = 0; i < 8; i++) this.next();
  }

  /** 0 up to but not including 1. */
  next(): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return (state >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to but not including `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
