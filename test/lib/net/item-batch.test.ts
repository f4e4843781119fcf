import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item } from '../../../lib/items.js';
import { ItemBatch } from '../../../lib/net/item-batch.js';
import { FakeTime } from './fake-timers.js';

const LONGEST_MS = 1000;
const MIB = 1024 * 1024;

/** A batch, what it has handed on, and a way to give it items by their number. */
function start(longestMs = LONGEST_MS) {
  const time = new FakeTime();
  const handedOn: number[] = [];
  const batch = new ItemBatch(longestMs, time, (item) => handedOn.push((item as unknown as { n: number }).n));
  const add = (n: number, bytes = 1, recv = time.now()): void => batch.add({ n } as unknown as Item, bytes, recv);
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
    add(2, 1);
    assert.deepEqual(handedOn, [1, 2]);
    add(3, MIB - 1);
    assert.deepEqual(handedOn, [1, 2]);
  });

  it('hands on at once if the clock was set back', () => {
    const { time, handedOn, add } = start();
    add(1);
    add(2, 1, time.now() - 3_600_000_000_000n);
    assert.deepEqual(handedOn, [1, 2]);
  });

  it('hands on the rest, in order, if whoever takes an item ends it', () => {
    const handedOn: string[] = [];
    const batch: ItemBatch = new ItemBatch(LONGEST_MS, new FakeTime(), (item) => {
      handedOn.push(item.kind);
      if (item.kind === 'rtcp') batch.end();
    });
    for (const kind of ['rtp', 'rtcp', 'bye', 'fault']) batch.add({ kind } as Item, 1, 0n);
    batch.flush();
    assert.deepEqual(handedOn, ['rtp', 'rtcp', 'bye', 'fault']);
    batch.add({ kind: 'rtp' } as Item, MIB, 0n);
    assert.equal(handedOn.length, 5);
  });

  it('hands on what is kept at the end, and leaves no timer', () => {
    const { time, batch, handedOn, add } = start();
    add(1);
    batch.end();
    assert.deepEqual([handedOn, time.delaysMs], [[1], []]);
  });
});
