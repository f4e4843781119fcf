import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longTimeout } from '../../../lib/time/long-timeout.js';

/** Timers as Node's: beyond 2^31 - 1 ms they fire after 1 ms. */
class FakeTimers {
  now = 0;
  private pending: { at: number; callback: () => void } | undefined;

  get isArmed(): boolean {
    return this.pending !== undefined;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    assert.equal(this.pending, undefined, 'one timer at a time');
    this.pending = { at: this.now + (ms > 2 ** 31 - 1 || ms < 1 ? 1 : ms), callback };
    return this.pending;
  }

  clearTimeout(handle: unknown): void {
    if (handle === this.pending) this.pending = undefined;
  }

  /** Moves on to `time`, firing what is due on the way. */
  runTo(time: number): void {
    while (this.pending !== undefined && this.pending.at <= time) {
      const { at, callback } = this.pending;
      this.pending = undefined;
      this.now = at;
      callback();
    }
    this.now = time;
  }
}

for (const ms of [1, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 30 * 24 * 3_600_000, 365 * 24 * 3_600_000]) {
  test(`${ms} ms: calls back once, then and not before`, () => {
    const timers = new FakeTimers();
    let calls = 0;
    longTimeout(timers, () => calls++, ms);
    timers.runTo(ms - 1);
    assert.equal(calls, 0);
    timers.runTo(ms);
    assert.equal(calls, 1);
    assert.equal(timers.isArmed, false);
  });
}

test('0 ms and less call back as soon as a timer can', () => {
  for (const ms of [0, -5]) {
    const timers = new FakeTimers();
    let calls = 0;
    longTimeout(timers, () => calls++, ms);
    assert.equal(calls, 0);
    timers.runTo(1);
    assert.equal(calls, 1);
  }
});

test('cancelled in its second stretch it never calls back', () => {
  const timers = new FakeTimers();
  const cancel = longTimeout(timers, () => assert.fail('called back'), 2 ** 32);
  timers.runTo(2 ** 31 + 10);
  assert.equal(timers.isArmed, true);
  cancel();
  assert.equal(timers.isArmed, false);
  timers.runTo(2 ** 33);
});
