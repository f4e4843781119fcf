/** Steps of the work that is timed: about 2 ms of it. */
const STEPS = 1_500_000;
const WARM_UP = 40;
/** A core that is this much slower than at its best is taken for shared. */
const TOLERANCE = 1.1;

/**
 * Tells when the core was shared. A virtual machine's core may be one of two threads of a real one, whose other belongs to somebody
 * else: whatever keeps its arithmetic units busy then takes half as long again, with nothing to be seen of it from inside. So a fixed
 * piece of such work is timed before and after each thing that is to be measured.
 */
export class CoreSpeed {
  private readonly table = new Int32Array(4096);
  private sink = 0;

  constructor() {
    for (let i = 0; i < WARM_UP; i++) this.measure();
  }

  /** Milliseconds that the work takes now. */
  measure(): number {
    const start = performance.now();
    this.sink += work(this.table);
    return performance.now() - start;
  }
}

/** Those of the results before and behind which the core was at its best, as far as that was seen. */
export function undisturbed<T extends { readonly coreMs: number }>(results: readonly T[]): T[] {
  const best = Math.min(...results.map(({ coreMs }) => coreMs));
  return results.filter(({ coreMs }) => coreMs <= TOLERANCE * best);
}

/** Four sums that do not wait for each other, out of the first-level cache. */
function work(table: Int32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < STEPS; i++) {
    a = (a + (table[i & 4095]! ^ i)) | 0;
    b = (b + ((i << 1) ^ a)) | 0;
    c = (c ^ (i + 7)) | 0;
    d = (d + (i >> 3)) | 0;
  }
  return a + b + c + d;
}
