/** Tells the time of day. */
export interface Clock {
  /** Unix time in ns on the system's real-time clock. */
  now(): bigint;
}

/** Numbers that a {@link MarkingClock} writes for a reading. The first is in s and never steps. */
export const MARK_SIZE = 2;

/** A clock that says afterwards what time it was: for readings that have to take as little as they can. */
export interface MarkingClock extends Clock {
  /** Reads it, and notes that in `marks` from `index` on. */
  mark(marks: Float64Array, index: number): void;
  /** The time of a mark, in Unix ns. As exact as `now()`, if that has been asked since. */
  timeOf(marks: Float64Array, index: number): bigint;
}

/** The clock if it can do that, else undefined. */
export function markingClock(clock: Clock): MarkingClock | undefined {
  return clock instanceof RealTimeClock && clock.holdsForSeconds ? clock : undefined;
}

/** The two clocks that Node offers and a way to wait, to be injected in tests. */
export interface ClockSources {
  /** The real-time clock, cut to whole milliseconds. */
  readonly wallMs: () => number;
  /** A fine clock of unknown origin in s, that never steps. */
  readonly monotonicSeconds: () => number;
  /** Blocks for about so many ns without using the processor; may take much longer. Absent: waits are spent reading clocks. */
  readonly sleep?: ((ns: number) => void) | undefined;
  /** How fast the two may drift apart, apart from steps: a ratio. Default 500e-6, adjtime's limit. */
  readonly maxSlew?: number | undefined;
}

const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;
const neverChanged = new Int32Array(new SharedArrayBuffer(4));
const DEFAULT_MAX_SLEW = 500e-6;
/** Linux slews both clocks alike (clock_gettime(2)); what is left is rounding. */
const LINUX_MAX_SLEW = 2e-6;
/** A mark from before the estimate started afresh, and so far from it, in ns, was made before the clock was stepped. */
const STEPPED_NS = 600_000;
/** The estimate may be this far off on either side, in ns, before the edge of a millisecond is waited for. */
const MAX_ERROR_NS = 80_000;
/** An edge that comes this soon is waited for if the estimate is at least {@link WORTH_ERROR_NS} off. */
const SOON_NS = 120_000;
const WORTH_ERROR_NS = 30_000;
/** A sleep ends this long before the edge could come at the earliest, since the system wakes late. */
const WAKE_MARGIN_NS = 200_000;
/** A shorter sleep costs more than it saves. */
const MIN_SLEEP_NS = 100_000;
/** Edges that are waited for in one call, should the process be held up at one after the other. */
const MAX_EDGES = 4;
/** Bounds the wait for an edge should the clock stand still. */
const MAX_SPINS = 100_000;

/**
 * The system's real-time clock to better than 0.1 ms.
 *
 * `Date.now()` gives whole milliseconds, so each reading together with the monotonic clock says only that their offset lies
 * within a window of 1 ms. The windows of successive readings are intersected, each widened by what the clocks can have
 * drifted apart since. Where too few readings came to keep the window narrow, the next change of the millisecond is waited
 * for: at most 1 ms, at most six times a second, most of it asleep. A reading outside the window means that the clock was stepped: the
 * estimate starts afresh at once.
 */
export class RealTimeClock implements MarkingClock {
  private low = Number.NEGATIVE_INFINITY;
  private high = Number.POSITIVE_INFINITY;
  private updated = 0;
  /** When the estimate started afresh, in monotonic ns. */
  private restarted = Number.NEGATIVE_INFINITY;
  /** Subtracted from all offsets, so that they stay small enough for a double to be exact. */
  private readonly originMs: number;
  private readonly originNs: bigint;
  private readonly maxSlew: number;

  constructor(private readonly sources: ClockSources = nodeClocks) {
    this.originMs = sources.wallMs();
    this.originNs = BigInt(this.originMs) * 1_000_000n;
    this.maxSlew = sources.maxSlew ?? DEFAULT_MAX_SLEW;
  }

  now(): bigint {
    const read = this.observe();
    const { error } = this;
    if (error > WORTH_ERROR_NS && (error > MAX_ERROR_NS || this.untilEdge(read) < SOON_NS)) this.findEdge();
    return this.unixNs(read + this.offset);
  }

  /** Whether the estimate is as good for what was a second ago. */
  get holdsForSeconds(): boolean {
    return this.maxSlew <= LINUX_MAX_SLEW;
  }

  mark(marks: Float64Array, index: number): void {
    marks[index] = this.sources.monotonicSeconds();
    marks[index + 1] = this.sources.wallMs();
  }

  /** Of a mark from before a step of the clock no more than the millisecond is known. */
  timeOf(marks: Float64Array, index: number): bigint {
    const monotonicNs = marks[index]! * NS_PER_SECOND;
    const time = monotonicNs + this.offset;
    if (monotonicNs >= this.restarted) return this.unixNs(time);
    const wall = (marks[index + 1]! - this.originMs) * NS_PER_MS + NS_PER_MS / 2;
    return this.unixNs(Math.abs(wall - time) > STEPPED_NS ? wall : time);
  }

  private unixNs(sinceOrigin: number): bigint {
    return this.originNs + BigInt(Math.round(sinceOrigin));
  }

  private monotonicNs(): number {
    return this.sources.monotonicSeconds() * NS_PER_SECOND;
  }

  private get offset(): number {
    return (this.low + this.high) / 2;
  }

  /** The estimate may be this far off on either side, in ns. */
  private get error(): number {
    return (this.high - this.low) / 2;
  }

  /**
   * Reads the wall clock between two readings of the monotonic one, since the process may be held up anywhere: wall ≤ true
   * time < wall + 1 ms, hence a window for the offset. The second one is left out where it cannot narrow the window. Returns the first.
   */
  private observe(): number {
    const before = this.monotonicNs();
    const wallNs = (this.sources.wallMs() - this.originMs) * NS_PER_MS;
    const high = wallNs + NS_PER_MS - before;
    this.widen(before);
    // A second reading is later, so that its bound lies below this one.
    const isInside = wallNs - before <= this.low && high >= this.low;
    if (!isInside) this.narrow(wallNs - this.monotonicNs(), high);
    else if (high < this.high) this.high = high;
    return before;
  }

  /** Allows for what the clocks can have drifted apart by now. */
  private widen(monotonicNs: number): void {
    const drift = (monotonicNs - this.updated) * this.maxSlew;
    this.updated = monotonicNs;
    this.low -= drift;
    this.high += drift;
  }

  private narrow(low: number, high: number): void {
    this.low = Math.max(low, this.low);
    this.high = Math.min(high, this.high);
    if (this.low > this.high) {
      this.restarted = this.updated;
      this.low = low;
      this.high = high;
    }
  }

  private untilEdge(monotonicNs: number): number {
    const time = monotonicNs + this.offset;
    return NS_PER_MS - (((time % NS_PER_MS) + NS_PER_MS) % NS_PER_MS);
  }

  /** Waits for the next change of the millisecond, and for another if the process was held up in the meantime. */
  private findEdge(): void {
    for (let edge = 0; edge < MAX_EDGES; edge++) {
      const { sleep } = this.sources;
      const idle = this.untilEdge(this.monotonicNs()) - this.error - WAKE_MARGIN_NS;
      if (sleep !== undefined && idle >= MIN_SLEEP_NS) sleep(idle);
      if (!this.waitForEdge() || this.error <= WORTH_ERROR_NS) return;
    }
  }

  /**
   * Reads both clocks until the millisecond changes: the offset is then known to the time between two readings. Returns false
   * if the clock stands still.
   */
  private waitForEdge(): boolean {
    const { wallMs } = this.sources;
    let edgeAfter = this.monotonicNs();
    const start = wallMs();
    let before = this.monotonicNs();
    for (let i = 0; i < MAX_SPINS; i++) {
      const wall = wallMs();
      const after = this.monotonicNs();
      if (wall !== start) {
        const wallNs = (wall - this.originMs) * NS_PER_MS;
        this.widen(after);
        // Another difference than 1 is a step or a hold-up: the reading is a plain one then.
        this.narrow(wallNs - after, wall === start + 1 ? wallNs - edgeAfter : wallNs + NS_PER_MS - before);
        return true;
      }
      edgeAfter = before;
      before = after;
    }
    return false;
  }
}

const nodeClocks: ClockSources = {
  wallMs: Date.now,
  // The same clock as `performance.now()`, to the nanosecond as well, by way of no JavaScript: a third of the time where caches are cold,
  // as they are when a picture comes.
  monotonicSeconds: process.uptime,
  sleep: (ns) => Atomics.wait(neverChanged, 0, 0, ns / NS_PER_MS),
  maxSlew: process.platform === 'linux' ? LINUX_MAX_SLEW : DEFAULT_MAX_SLEW,
};

/** The clock that sources use unless another one is given. */
export const systemClock: Clock = new RealTimeClock();
