import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InterleavedFrame } from '../../../lib/items.js';
import { ItemBatch } from '../../../lib/net/item-batch.js';
import { DATAGRAM_OVERHEAD } from '../../../lib/net/media-transport.js';
import { FakeTime } from './fake-timers.js';

const LONGEST_MS = 1000;
const MIB = 1024 * 1024;

/** A frame on the channel `n` that counts for so many bytes. */
function frame(n: number, bytes: number, recv: bigint): InterleavedFrame {
  const data = Buffer.alloc(Math.max(0, bytes - DATAGRAM_OVERHEAD));
  return { kind: 'interleaved', channel: n, data, position: 0, recv, waited: false };
}

/** A batch, what it has handed on, and a way to give it items by their number. */
function start(longestMs = LONGEST_MS) {
  const time = new FakeTime();
  const handedOn: number[] = [];
  const batch = new ItemBatch<InterleavedFrame>(longestMs, time, { item: ({ channel }) => handedOn.push(channel) });
  const add = (n: number, bytes = 0, recv = time.now()): void => batch.add(frame(n, bytes, recv));
  return { time, batch, handedOn, add };
}

describe('ItemBatch', () => {
  it('hands everything on at once where nothing may be kept', () => {
    const { time, handedOn, add } = start(0);
    add(1);
    assert.deepEqual([handedOn, time.delaysMs], [[1], []]);
  });

  it('hands on all at a quarter of the longest time, with what comes then', () => {
    const { time, handedOn, add } = start();
    add(1);
    time.advance(249);
    add(2);
    assert.deepEqual(handedOn, []);
    time.advance(1);
    add(3);
    assert.deepEqual(handedOn, [1, 2, 3]);
  });

  it('counts from the first item that is kept', () => {
    const { time, handedOn, add } = start();
    add(1);
    time.advance(250);
    add(2);
    time.advance(200);
    add(3);
    assert.deepEqual(handedOn, [1, 2]);
  });

  it('hands on what nothing comes behind when the longest time is over', () => {
    const { time, handedOn, add } = start();
    add(1);
    time.advance(999);
    assert.deepEqual(handedOn, []);
    time.advance(1);
    assert.deepEqual([handedOn, time.delaysMs], [[1], []]);
  });

  it('keeps nothing for longer, whatever comes when', () => {
    const { time, handedOn, add } = start();
    const addedAt: number[] = [];
    for (let n = 0; n < 2000; n++) {
      time.advance((n * 7919) % 311);
      addedAt[n] = Number(time.now() / 1_000_000n);
      add(n);
      const oldest = addedAt[handedOn.length];
      if (oldest !== undefined) assert.ok(addedAt[n]! - oldest <= LONGEST_MS, `${n}`);
    }
    time.advance(LONGEST_MS);
    assert.deepEqual(
      handedOn,
      addedAt.map((_, n) => n),
    );
  });

  it('keeps less than 1 MiB', () => {
    const { handedOn, add } = start();
    add(1, MIB - 1);
    assert.deepEqual(handedOn, []);
    add(2, DATAGRAM_OVERHEAD);
    assert.deepEqual(handedOn, [1, 2]);
    add(3, MIB - 1);
    assert.deepEqual(handedOn, [1, 2]);
  });

  it('counts what an empty datagram takes', () => {
    const { handedOn, add } = start();
    for (let n = 1; n <= MIB / DATAGRAM_OVERHEAD; n++) {
      assert.equal(handedOn.length, 0);
      add(n);
    }
    assert.equal(handedOn.length, MIB / DATAGRAM_OVERHEAD);
  });

  it('hands on at once if the clock was set back', () => {
    const { time, handedOn, add } = start();
    add(1);
    add(2, 0, time.now() - 3_600_000_000_000n);
    assert.deepEqual(handedOn, [1, 2]);
  });

  it('hands on the rest, in order, if whoever takes an item ends it', () => {
    const handedOn: number[] = [];
    const batch: ItemBatch<InterleavedFrame> = new ItemBatch(LONGEST_MS, new FakeTime(), {
      item({ channel }) {
        handedOn.push(channel);
        if (channel === 2) batch.end();
      },
    });
    for (const n of [1, 2, 3, 4]) batch.add(frame(n, 0, 0n));
    batch.flush();
    assert.deepEqual(handedOn, [1, 2, 3, 4]);
    batch.add(frame(5, MIB, 0n));
    assert.equal(handedOn.length, 5);
  });

  it('tells before it hands on, once, and in order even if that ends it', () => {
    for (const ends of [false, true]) {
      const heard: unknown[] = [];
      const batch: ItemBatch<InterleavedFrame> = new ItemBatch(LONGEST_MS, new FakeTime(), {
        before() {
          heard.push('before');
          if (ends && heard.length === 1) batch.end();
        },
        item: ({ channel }) => heard.push(channel),
      });
      for (const n of [1, 2, 3]) batch.add(frame(n, 0, 0n));
      batch.flush();
      batch.flush();
      assert.deepEqual(
        heard.filter((what) => what !== 'before'),
        [1, 2, 3],
      );
      assert.equal(heard[0], 'before');
      assert.equal(heard.length, ends ? 5 : 4);
    }
  });

  it('hands on what is kept at the end, and leaves no timer', () => {
    const { time, batch, handedOn, add } = start();
    add(1);
    batch.end();
    assert.deepEqual([handedOn, time.delaysMs], [[1], []]);
  });
});
