import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { InterleavedFrame } from '../../../lib/items.js';
import { ReorderBuffer, type ReorderDrop } from '../../../lib/rtp/reorder-buffer.js';
import { interleaved, RECV, rtp } from './packets.js';

const MS = 1_000_000n;

/** A buffer that keeps what comes out; packet n is received at n × 1 ms unless told otherwise. */
class Trial {
  readonly out: number[] = [];
  readonly drops: [ReorderDrop, number][] = [];
  readonly buffer: ReorderBuffer;
  private now = RECV;

  constructor(maxDelayMs = 100, first?: number) {
    const number = ({ data }: InterleavedFrame) => (data.length >= 4 ? data.readUInt16BE(2) : -1);
    const sink = {
      packet: (frame: InterleavedFrame) => {
        this.out.push(number(frame));
      },
      dropped: (why: ReorderDrop, frame: InterleavedFrame) => {
        this.drops.push([why, number(frame)]);
      },
    };
    this.buffer = new ReorderBuffer(sink, BigInt(maxDelayMs) * MS, first);
  }

  push(...sequences: number[]): this {
    for (const seq of sequences) {
      this.now += MS;
      this.buffer.tick(this.now);
      this.buffer.push({ ...interleaved(0, rtp({ seq })), recv: this.now });
    }
    return this;
  }

  wait(ms: number): this {
    this.now += BigInt(ms) * MS;
    this.buffer.tick(this.now);
    return this;
  }
}

/** Even numbers from 0 to 1, the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => (from + i) & 0xffff);

test('Q149 1, 3, 2, 4 come out as 1, 2, 3, 4, each as soon as it can', () => {
  const trial = new Trial().push(1);
  assert.deepEqual(trial.out, [1]);
  trial.push(3);
  assert.deepEqual(trial.out, [1]);
  assert.ok(trial.buffer.isHolding);
  trial.push(2);
  assert.deepEqual(trial.out, [1, 2, 3]);
  trial.push(4);
  assert.deepEqual(trial.out, [1, 2, 3, 4]);
  assert.equal(trial.buffer.reordered, 1);
  assert.deepEqual(trial.drops, []);
});

test('Q149 packets that come twice go once, before and behind a gap', () => {
  const trial = new Trial().push(1, 1, 2, 4, 4, 2, 3, 4, 3, 5);
  assert.deepEqual(trial.out, [1, 2, 3, 4, 5]);
  assert.deepEqual(trial.drops, [
    ['duplicate', 1],
    ['duplicate', 4],
    ['duplicate', 2],
    ['duplicate', 4],
    ['duplicate', 3],
  ]);
});

test('Q149 a missing packet is given up after 64 others', () => {
  const trial = new Trial(10_000).push(1, ...range(3, 63));
  assert.deepEqual(trial.out, [1]);
  trial.push(66);
  assert.deepEqual(trial.out, [1, ...range(3, 64)]);
  trial.push(2, 67);
  assert.deepEqual(trial.out, [1, ...range(3, 65)]);
  assert.deepEqual(trial.drops, [['late', 2]]);
});

test('Q149 a missing packet is given up after its time, counted from the first that waits', () => {
  const trial = new Trial(100).push(1, 3).wait(50).push(5).wait(48);
  assert.deepEqual(trial.out, [1]);
  trial.wait(1);
  assert.deepEqual(trial.out, [1, 3]);
  // The second gap has a time of its own.
  trial.wait(49);
  assert.deepEqual(trial.out, [1, 3]);
  trial.wait(3);
  assert.deepEqual(trial.out, [1, 3, 5]);
  assert.equal(trial.buffer.isHolding, false);
});

test('the numbers wrap', () => {
  const trial = new Trial().push(65_533, 65_535, 65_534, 1, 0, 0, 2);
  assert.deepEqual(trial.out, [65_533, 65_534, 65_535, 0, 1, 2]);
  assert.deepEqual(trial.drops, [['duplicate', 0]]);
});

test('a stream that is said to begin before its first packet is waited for', () => {
  assert.deepEqual(new Trial(100, 10).push(11, 10, 12).out, [10, 11, 12]);
  assert.deepEqual(new Trial(100, 10).push(10, 11).out, [10, 11]);
  const wrong = new Trial(100, 9000).push(11, 12);
  assert.deepEqual(wrong.out, [11, 12]);
  const late = new Trial(100, 10).push(12).wait(100).push(13);
  assert.deepEqual(late.out, [12, 13]);
});

test('Q91 one number far away is damaged: that packet alone is dropped', () => {
  const trial = new Trial().push(1, 2, 3 + 4096, 4, 3, 5);
  assert.deepEqual(trial.out, [1, 2, 3, 4, 5]);
  assert.deepEqual(trial.drops, [['astray', 4099]]);
});

test('a loss of more than 64, or a sender that begins anew, is followed at the second packet', () => {
  for (const start of [500, 40_000, 65_000]) {
    const trial = new Trial().push(1, 2, start).push((start + 1) & 0xffff, (start + 2) & 0xffff);
    assert.deepEqual(trial.out, [1, 2, ...range(start, 3)], `${start}`);
    assert.deepEqual(trial.drops, []);
    const swapped = new Trial().push(1, 2, (start + 1) & 0xffff, start, (start + 2) & 0xffff);
    assert.deepEqual(swapped.out, [1, 2, ...range(start, 3)], `${start} swapped`);
  }
});

test('Q91 a sender that goes back a little is followed after 16 packets, with what it then loses', () => {
  const trial = new Trial().push(...range(1000, 200), ...range(1100, 15));
  assert.equal(trial.out.length, 200);
  assert.ok(trial.drops.every(([why]) => why === 'duplicate'));
  trial.push(1115, 1117, 1116, 1118);
  assert.deepEqual(trial.out.slice(200), [1115, 1116, 1117, 1118]);
});

test('what is no RTP passes at once', () => {
  const trial = new Trial().push(1, 3);
  trial.buffer.push(interleaved(0, Buffer.alloc(0)));
  trial.buffer.push(interleaved(0, '8060'));
  trial.buffer.push(interleaved(0, Buffer.alloc(20)));
  assert.deepEqual(trial.out, [1, -1, -1, 0]);
  trial.buffer.flush();
  assert.deepEqual(trial.out, [1, -1, -1, 0, 3]);
});

test('Q149 2 % out of order and 0.5 % twice: nothing is lost; 1 % missing: exactly those', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), fc.integer(), fc.constantFrom(0, 0.01), (first, seed, loss) => {
      const next = dice(seed);
      const sent = range(first, 3000);
      // The first one stays, since nobody could know that it is missing.
      const kept = sent.filter((_, i) => i === 0 || next() >= loss);
      const wire: number[] = [];
      let delayed: { seq: number; after: number }[] = [];
      for (const [i, seq] of kept.entries()) {
        if (i > 0 && next() < 0.02) delayed.push({ seq, after: 1 + Math.floor(next() * 20) });
        else wire.push(seq);
        if (next() < 0.005) wire.push(seq);
        for (const one of delayed) one.after--;
        wire.push(...delayed.filter(({ after }) => after < 0).map(({ seq }) => seq));
        delayed = delayed.filter(({ after }) => after >= 0);
      }
      wire.push(...delayed.map(({ seq }) => seq));
      const trial = new Trial().push(...wire);
      trial.buffer.flush();
      assert.deepEqual(trial.out, kept);
      assert.ok(trial.drops.every(([why]) => why === 'duplicate'));
      assert.equal(trial.drops.length, wire.length - kept.length);
    }),
    { numRuns: 30 },
  );
});

test('whatever comes, at most 64 wait, each packet goes once or is dropped, and none is made up', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 300 })), { maxLength: 400 }),
      (sequences) => {
        const trial = new Trial(100_000);
        for (const [i, seq] of sequences.entries()) {
          trial.push(seq);
          assert.ok(i + 1 - trial.out.length - trial.drops.length <= 65);
        }
        trial.buffer.flush();
        const all = [...trial.out, ...trial.drops.map(([, seq]) => seq)];
        assert.deepEqual(
          all.sort((a, b) => a - b),
          [...sequences].sort((a, b) => a - b),
        );
      },
    ),
  );
});
