import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SilenceWatch } from '../../../lib/net/silence-watch.js';
import { FakeTime } from './fake-timers.js';

/** A watch of 1000 ms whose clock may be off the timers by `offsetMs`. */
function start(): {
  time: FakeTime;
  watch: SilenceWatch;
  fired: number[];
  clock: { offsetMs: number };
  hear: () => void;
} {
  const time = new FakeTime();
  const began = time.now();
  const clock = { offsetMs: 0 };
  const now = () => time.now() + BigInt(clock.offsetMs) * 1_000_000n;
  const fired: number[] = [];
  let last: bigint | undefined;
  const onSilence = () => fired.push(Number(time.now() - began) / 1e6);
  const watch = new SilenceWatch(1000, time, now, () => last, onSilence);
  watch.start();
  const hear = () => {
    last = now();
  };
  return { time, watch, fired, clock, hear };
}

test('silence is counted from the last byte, to the millisecond', () => {
  const { time, fired, hear } = start();
  for (let i = 0; i < 20; i++) {
    time.advance(333);
    hear();
  }
  assert.deepEqual(fired, []);
  time.advance(5000);
  assert.deepEqual(fired, [20 * 333 + 1000]);
});

test('a clock that is set does not end a session that receives', () => {
  for (const offsetMs of [3_600_000, -3_600_000]) {
    const { time, fired, clock, hear } = start();
    for (let i = 0; i < 20; i++) {
      if (i === 10) clock.offsetMs = offsetMs;
      time.advance(100);
      hear();
    }
    assert.deepEqual(fired, []);
    time.advance(2000);
    assert.equal(fired.length, 1);
  }
});

test('a watch that was stopped starts afresh', () => {
  const { time, watch, fired } = start();
  time.advance(900);
  watch.stop();
  time.advance(5000);
  watch.start();
  time.advance(999);
  assert.deepEqual(fired, []);
  time.advance(1);
  assert.deepEqual(fired, [6900]);
  assert.deepEqual(time.delaysMs, []);
});
