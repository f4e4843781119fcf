import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InterleavedFrame } from '../../../lib/items.js';
import { ItemBatch } from '../../../lib/net/item-batch.js';
import { DATAGRAM_OVERHEAD } from '../../../lib/net/media-transport.js';
import { FakeTime } from './fake-timers.js';
import { markingTime } from './marking-time.js';

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
  const take = ({ channel }: InterleavedFrame): number => handedOn.push(channel);
  const batch = new ItemBatch<InterleavedFrame>({ longestMs, timers: time, take });
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
    const size = MIB / 32;
    for (let n = 1; n < 32; n++) add(n, size);
    add(32, size - 1);
    assert.equal(handedOn.length, 0);
    add(33, DATAGRAM_OVERHEAD);
    assert.equal(handedOn.length, 33);
    for (let n = 1; n < 32; n++) add(n, size);
    assert.equal(handedOn.length, 33);
    add(32, size);
    assert.equal(handedOn.length, 65);
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
    const batch: ItemBatch<InterleavedFrame> = new ItemBatch({
      longestMs: LONGEST_MS,
      timers: new FakeTime(),
      take({ channel }) {
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

  it('hands on at once what comes in long items, and the one behind them', () => {
    const { handedOn, add } = start();
    const counts: number[] = [];
    for (const [n, size] of [3, 65_535, 65_536, 3, 3, 65_536, 131_072, 65_535, 3].entries()) {
      add(n, size + DATAGRAM_OVERHEAD);
      counts.push(handedOn.length);
    }
    assert.deepEqual(counts, [0, 0, 3, 4, 4, 6, 7, 8, 8]);
  });

  it('hands on what is kept at the end, and leaves no timer', () => {
    const { time, batch, handedOn, add } = start();
    add(1);
    batch.end();
    assert.deepEqual([handedOn, time.delaysMs], [[1], []]);
  });
});

/** A batch that looks at its items, and what it has looked at and handed on. */
function looking(onLook: (n: number, batch: ItemBatch<InterleavedFrame>) => void = () => {}) {
  const heard: string[] = [];
  const batch: ItemBatch<InterleavedFrame> = new ItemBatch({
    longestMs: LONGEST_MS,
    timers: new FakeTime(),
    look({ channel }) {
      heard.push(`> ${channel}`);
      onLook(channel, batch);
      heard.push(`< ${channel}`);
    },
    take: ({ channel }) => heard.push(`take ${channel}`),
  });
  return { batch, heard };
}

describe('ItemBatch that looks at its items', () => {
  it('looks once, when it is asked to, or before it hands on', () => {
    const { batch, heard } = looking();
    batch.add(frame(1, 0, 0n));
    batch.look();
    batch.look();
    batch.add(frame(2, 0, 0n));
    assert.deepEqual(heard, ['> 1', '< 1']);
    batch.flush();
    batch.flush();
    assert.deepEqual(heard.slice(2), ['> 2', '< 2', 'take 1', 'take 2']);
  });

  it('looks at one behind the other, and hands nothing on unlooked, whatever the look does', () => {
    for (const act of ['look', 'flush', 'end'] as const) {
      for (const first of ['look', 'flush'] as const) {
        const { batch, heard } = looking((n, self) => {
          if (n === 2) self[act]();
        });
        for (const n of [1, 2, 3]) batch.add(frame(n, 0, 0n));
        batch[first]();
        if (act !== 'end') batch.flush();
        const looks = heard.filter((what) => !what.startsWith('take') && what !== '< 2');
        assert.deepEqual(looks, ['> 1', '< 1', '> 2', '> 3', '< 3']);
        const taken = heard.filter((what) => what.startsWith('take'));
        assert.deepEqual(taken, ['take 1', 'take 2', 'take 3'], `${act} in ${first}`);
        assert.ok(heard.indexOf('take 3') > heard.indexOf('< 3'));
      }
    }
  });

  it('looks again behind a look that threw', () => {
    const { batch, heard } = looking((n) => {
      if (n === 1) throw new Error('a listener of the caller');
    });
    for (const n of [1, 2]) batch.add(frame(n, 0, 0n));
    assert.throws(() => batch.look(), /a listener/);
    batch.flush();
    assert.deepEqual(heard, ['> 1', '> 2', '< 2', 'take 1', 'take 2']);
  });
});

/** The clock goes on by itself when it is read. */
const TOLERANCE_NS = 5_000_000;

/** A batch whose clock says afterwards when items came, and the times that it has said. */
function marking() {
  const time = new FakeTime();
  const taken: InterleavedFrame[] = [];
  const batch = new ItemBatch<InterleavedFrame>({
    longestMs: LONGEST_MS,
    timers: time,
    clock: markingTime(time),
    take: (item) => taken.push(item),
  });
  const addedAt: bigint[] = [];
  const add = (bytes = 0): void => {
    addedAt.push(time.now());
    batch.add(frame(addedAt.length, bytes, 0n));
  };
  const check = (): void => {
    for (const [i, { channel, recv }] of taken.entries()) {
      assert.equal(channel, i + 1);
      assert.ok(Math.abs(Number(recv - addedAt[i]!)) < TOLERANCE_NS, `${i}`);
    }
  };
  return { time, batch, taken, addedAt, add, check };
}

describe('ItemBatch with a clock', () => {
  it('hands on all at a quarter of the longest time, each with its own', () => {
    const { time, taken, add, check } = marking();
    add();
    time.advance(249);
    add();
    assert.equal(taken.length, 0);
    time.advance(2);
    add();
    assert.equal(taken.length, 3);
    add();
    time.advance(249);
    add();
    assert.equal(taken.length, 3);
    time.advance(LONGEST_MS);
    assert.equal(taken.length, 5);
    check();
  });

  it('keeps nothing for longer, whatever comes when, and is looked at when', () => {
    const { time, batch, taken, addedAt, add, check } = marking();
    for (let n = 0; n < 2000; n++) {
      time.advance((n * 7919) % 311);
      add((n * 31) % 70_000);
      if (n % 7 === 0) batch.look();
      const oldest = addedAt[taken.length];
      if (oldest !== undefined) assert.ok(time.now() - oldest <= BigInt(LONGEST_MS) * 1_000_000n, `${n}`);
    }
    time.advance(LONGEST_MS);
    assert.equal(taken.length, addedAt.length);
    check();
  });

  it('hands on all before it could not note any more', () => {
    const { taken, addedAt, add, check } = marking();
    while (taken.length === 0) {
      add();
      assert.ok(addedAt.length < 10_000);
    }
    assert.equal(taken.length, addedAt.length);
    for (let n = 0; n < 1000; n++) add();
    assert.ok(addedAt.length - taken.length < 256);
    check();
  });
});
