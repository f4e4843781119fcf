import { setImmediate } from 'node:timers/promises';
import type { CameraTimers } from '../../../lib/camera/timers.js';
import type { Clock } from '../../../lib/time/clock.js';

/** 2024-02-17T20:14:34.013Z in ns. */
export const FAKE_START = 1_708_200_874_013_000_000n;

const STEP_MS = 5;

/** Clock and timers that go on only when told. */
export class FakeTime implements Clock, CameraTimers {
  private elapsedNs = 0n;
  private readonly pending = new Map<object, { readonly atNs: bigint; readonly callback: () => void }>();

  now(): bigint {
    return FAKE_START + this.elapsedNs;
  }

  monotonicNs(): bigint {
    return this.elapsedNs;
  }

  setTimeout(callback: () => void, ms: number): object {
    const handle = {};
    this.pending.set(handle, { atNs: this.elapsedNs + BigInt(Math.round(ms * 1e6)), callback });
    return handle;
  }

  clearTimeout(handle: unknown): void {
    this.pending.delete(handle as object);
  }

  /** Lets `ms` pass in steps, between which sockets get their turn: what is sent in one step has left before the next. */
  async run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.advance(Math.min(STEP_MS, left));
      await setImmediate();
      await setImmediate();
    }
  }

  /** Lets `ms` pass, and what is due then happen, in order. */
  advance(ms: number): void {
    const end = this.elapsedNs + BigInt(Math.round(ms * 1e6));
    for (;;) {
      const due = [...this.pending]
        .filter(([, { atNs }]) => atNs <= end)
        .sort(([, a], [, b]) => Number(a.atNs - b.atNs))[0];
      if (due === undefined) break;
      const [handle, { atNs, callback }] = due;
      this.pending.delete(handle);
      if (atNs > this.elapsedNs) this.elapsedNs = atNs;
      callback();
    }
    // What was due may have let time pass too.
    if (end > this.elapsedNs) this.elapsedNs = end;
  }
}
