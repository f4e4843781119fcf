import type { ClockSources } from '../../../lib/time/clock.js';

/** Time that one reading of a clock takes, in ns. */
const READ_NS = 100;
/** The wall clock shows this at time 0, in ns since the fake clock's own origin: within a millisecond, not at its edge. */
const START_NS = 417_300;
/** That origin in Unix ms. */
const ORIGIN_MS = 1_708_200_874_013;

/** Two clocks in simulated time: reading takes time, sleeping takes too long, and the wall clock can be stepped and slewed. */
export class FakeClocks implements ClockSources {
  /** Real time since the start, in ns. The monotonic clock shows it. */
  elapsed = 0;
  reads = 0;
  sleeps = 0;
  /** Called before each reading with its number: a test holds the process up there. */
  onRead: (read: number) => void = () => {};
  /** How much later than asked for a sleeper wakes, in ns. */
  oversleep = 90_000;
  private base = START_NS;
  private slewStart = 0;
  private rate = 1;

  /** What the wall clock would show were it exact, in ns since its origin. */
  get wallNs(): number {
    return this.base + (this.elapsed - this.slewStart) * this.rate;
  }

  /** The same as Unix time in ns. */
  get unixNs(): bigint {
    return BigInt(ORIGIN_MS) * 1_000_000n + BigInt(Math.round(this.wallNs));
  }

  /** Steps the wall clock by `ns`. */
  step(ns: number): void {
    this.base += ns;
  }

  /** Lets the wall clock run fast by `ppm` from now on. */
  slew(ppm: number): void {
    this.base = this.wallNs;
    this.slewStart = this.elapsed;
    this.rate = 1 + ppm / 1e6;
  }

  readonly wallMs = (): number => {
    this.read();
    return ORIGIN_MS + Math.floor(this.wallNs / 1_000_000);
  };

  readonly monotonicSeconds = (): number => {
    this.read();
    return this.elapsed / 1e9;
  };

  readonly sleep = (ns: number): void => {
    this.sleeps++;
    this.elapsed += ns + this.oversleep;
  };

  private read(): void {
    this.elapsed += READ_NS;
    this.onRead(this.reads++);
  }
}
