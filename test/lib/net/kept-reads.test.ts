import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeptReads } from '../../../lib/net/kept-reads.js';
import { FakeTime } from './fake-timers.js';
import { markingTime } from './marking-time.js';

const LONGEST_MS = 1000;
/** The clock goes on by itself when it is read. */
const TOLERANCE_NS = 5_000_000;

function start() {
  const time = new FakeTime();
  let calls = 0;
  const reads = new KeptReads(LONGEST_MS, markingTime(time), time, () => calls++);
  const taken: number[] = [];
  const take = (): void => reads.take((length) => taken.push(length));
  return { time, reads, taken, take, longest: () => calls };
}

describe('KeptReads', () => {
  it('are to be taken at a quarter of the longest time, counted from the first that is kept', () => {
    const { time, reads, taken, take } = start();
    assert.equal(reads.add(1), false);
    time.advance(249);
    assert.equal(reads.add(2), false);
    time.advance(2);
    assert.equal(reads.add(3), true);
    take();
    assert.equal(reads.add(4), false);
    time.advance(249);
    assert.equal(reads.add(5), false);
    take();
    assert.deepEqual(taken, [1, 2, 3, 4, 5]);
  });

  it('are given out once, each with the time of its read', () => {
    const { time, reads } = start();
    const expected: bigint[] = [];
    for (const ms of [0, 3, 40, 100]) {
      time.advance(ms);
      expected.push(time.now());
      reads.add(7);
    }
    time.advance(500);
    const times: bigint[] = [];
    reads.take((_length, recv) => times.push(recv));
    reads.take(() => assert.fail('they are taken'));
    assert.equal(times.length, 4);
    for (const [i, recv] of times.entries()) assert.ok(Math.abs(Number(recv - expected[i]!)) < TOLERANCE_NS);
  });

  it('are not kept longer where nothing comes behind', () => {
    const { time, reads, longest } = start();
    reads.add(1);
    time.advance(999);
    assert.equal(longest(), 0);
    time.advance(1);
    assert.deepEqual([longest(), time.delaysMs], [1, []]);
  });

  it('have an owner told in time of every one of them, whatever comes when', () => {
    const time = new FakeTime();
    const addedAt: bigint[] = [];
    let oldest = 0;
    const take = (): void => reads.take((n) => assert.equal(n, oldest++));
    const reads: KeptReads = new KeptReads(LONGEST_MS, markingTime(time), time, take);
    for (let n = 0; n < 2000; n++) {
      time.advance((n * 7919) % 311);
      addedAt.push(time.now());
      if (reads.add(n)) take();
      const first = addedAt[oldest];
      if (first !== undefined) assert.ok(time.now() - first <= BigInt(LONGEST_MS) * 1_000_000n, `${n}`);
    }
  });

  it('are to be taken before there is no room for more', () => {
    const { reads, taken, take } = start();
    let added = 0;
    while (!reads.add(added++)) assert.ok(added < 10_000);
    take();
    assert.deepEqual(
      taken,
      taken.map((_, i) => i),
    );
    assert.equal(taken.length, added);
    assert.equal(reads.add(0), false);
  });

  it('leave no timer at the end', () => {
    const { time, reads, longest } = start();
    reads.add(1);
    reads.end();
    assert.deepEqual(time.delaysMs, []);
    time.advance(2 * LONGEST_MS);
    assert.equal(longest(), 0);
  });
});
