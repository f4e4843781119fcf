import type { Timers } from '../../../lib/net/timers.js';
import type { Clock } from '../../../lib/time/clock.js';

/** Timers and a clock that move only when a test says so. */
export class FakeTime implements Timers, Clock {
  private ns = 1_700_000_000_000_000_000n;
  private nextId = 1;
  private readonly pending = new Map<number, { at: bigint; callback: () => void }>();

  now(): bigint {
    return this.ns;
  }

  /** Delays of the timers that are set, shortest first. */
  get delaysMs(): number[] {
    return [...this.pending.values()].map(({ at }) => Number(at - this.ns) / 1e6).sort((a, b) => a - b);
  }

  setTimeout(callback: () => void, ms: number): number {
    const id = this.nextId++;
    this.pending.set(id, { at: this.ns + BigInt(Math.round(ms * 1e6)), callback });
    return id;
  }

  clearTimeout(handle: unknown): void {
    this.pending.delete(handle as number);
  }

  /** Lets time pass, firing timers in order. */
  advance(ms: number): void {
    const end = this.ns + BigInt(Math.round(ms * 1e6));
    for (;;) {
      const due = [...this.pending].filter(([, { at }]) => at <= end).sort((a, b) => Number(a[1].at - b[1].at))[0];
      if (due === undefined) break;
      this.pending.delete(due[0]);
      this.ns = due[1].at;
      due[1].callback();
    }
    this.ns = end;
  }
}
