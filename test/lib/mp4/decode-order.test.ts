import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DecodeOrder } from '../../../lib/mp4/decode-order.js';

/** Decode times of presentation times, and after how many frames each was known. */
function order(times: readonly number[], depth: number): { decode: number[]; lag: number } {
  const decodeOrder = new DecodeOrder(depth);
  const decode: number[] = [];
  let lag = 0;
  for (const [i, time] of times.entries()) {
    const result = decodeOrder.add(time);
    if (result !== undefined) decode.push(result);
    lag = Math.max(lag, i + 1 - decode.length);
  }
  for (let time = decodeOrder.flush(); time !== undefined; time = decodeOrder.flush()) decode.push(time);
  return { decode, lag };
}

/** How many frames come ahead of one that is shown before them, at most. */
function reordering(times: readonly number[]): number {
  return Math.max(0, ...times.map((time, i) => times.slice(0, i).filter((earlier) => earlier > time).length));
}

/** Times of which none comes more than `depth` places late. */
const shuffled = (depth: number) =>
  fc.array(fc.nat(depth), { minLength: 1, maxLength: 40 }).map((delays) =>
    delays
      .map((delay, i) => ({ time: i * 3600, key: i + delay }))
      .sort((a, b) => a.key - b.key || b.time - a.time)
      .map(({ time }) => time),
  );

describe('DecodeOrder', () => {
  it('without reordering decode time is presentation time, at once', () => {
    assert.deepEqual(order([0, 3600, 3600, 9000], 0), { decode: [0, 3600, 3600, 9000], lag: 0 });
  });

  it('the i-th decode time is the i-th smallest presentation time, where the depth is known', () => {
    assert.deepEqual(order([0, 4, 2, 1, 3, 8, 6, 5, 7], 2), { decode: [0, 1, 2, 3, 4, 5, 6, 7, 8], lag: 2 });
    fc.assert(
      fc.property(shuffled(4), (times) => {
        const { decode, lag } = order(times, reordering(times));
        assert.deepEqual(
          decode,
          times.toSorted((a, b) => a - b),
        );
        assert.ok(lag <= reordering(times));
      }),
    );
  });

  it('where the depth is not known it grows; decode times never step back and every frame gets one', () => {
    fc.assert(
      fc.property(shuffled(6), fc.nat(3), (times, depth) => {
        const { decode, lag } = order(times, depth);
        assert.equal(decode.length, times.length);
        for (const [i, time] of decode.entries()) assert.ok(i === 0 || time >= decode[i - 1]!);
        assert.ok(lag <= Math.max(depth, reordering(times)));
      }),
    );
  });

  it('the depth is at most 16, however far a time steps back', () => {
    const times = [...Array.from({ length: 40 }, (_, i) => 1000 + i), ...Array.from({ length: 40 }, (_, i) => i)];
    const { decode, lag } = order(times, 0);
    assert.equal(decode.length, times.length);
    assert.equal(lag, 16);
  });

  it('raise raises, and never lowers', () => {
    const decodeOrder = new DecodeOrder(1);
    decodeOrder.raise(2);
    decodeOrder.raise(0);
    assert.deepEqual(
      [0, 2, 1].map((time) => decodeOrder.add(time)),
      [undefined, undefined, 0],
    );
  });
});
