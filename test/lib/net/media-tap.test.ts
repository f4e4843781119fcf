import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Chunk } from '../../../lib/items.js';
import { type Hold, MediaTap } from '../../../lib/net/media-tap.js';
import { READ_SIZE } from '../../../lib/net/socket-memory.js';
import { FakeTime } from './fake-timers.js';

const MS = 1_000_000n;

const AT_ONCE: Hold = { longestMs: 0, timers: new FakeTime(), look: () => {} };

/** Gives a tap what was read, as the connection does. */
function read(tap: MediaTap, data: Buffer, recv: bigint, position: number): void {
  if (tap.isDelivering) tap.keep(data, recv, position);
  else tap.receive(data, recv, position);
}

function connected(encrypted: boolean): { tap: MediaTap; chunks: Chunk[] } {
  const tap = new MediaTap(encrypted);
  const chunks: Chunk[] = [];
  tap.start(0);
  tap.connect({ chunk: (chunk) => chunks.push(chunk), closed: () => {} }, AT_ONCE);
  return { tap, chunks };
}

test('the media are what lies behind their start, however the bytes are cut, as views', () => {
  const bytes = Buffer.from(Array.from({ length: 60 }, (_, i) => i));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 })), fc.nat(60), fc.nat(70), (sizes, start, connectAt) => {
      const tap = new MediaTap(false);
      const chunks: Chunk[] = [];
      const consumer = { chunk: (chunk: Chunk) => chunks.push(chunk), closed: () => {} };
      tap.start(start);
      let position = 0;
      let isConnected = false;
      for (const size of [...sizes, 60]) {
        if (!isConnected && position >= connectAt) {
          tap.connect(consumer, AT_ONCE);
          isConnected = true;
        }
        const data = bytes.subarray(position, position + size);
        if (data.length === 0) break;
        // Where the media begin is known from what is looked at first.
        if (isConnected && position >= start) tap.keep(data, 5n, position);
        else tap.receive(data, 5n, position);
        position += data.length;
      }
      if (!isConnected) tap.connect(consumer, AT_ONCE);
      assert.deepEqual(Buffer.concat(chunks.map(({ data }) => data)), bytes.subarray(start));
      for (const chunk of chunks) {
        assert.equal(chunk.data.buffer, bytes.buffer);
        assert.equal(chunk.data[0], chunk.position);
        assert.deepEqual([chunk.recv, chunk.waited], [5n, false]);
      }
    }),
  );
});

test('after a pause chunks are marked until a read was shorter than it could have been', () => {
  const { tap, chunks } = connected(false);
  for (const [i, size] of [100, READ_SIZE, READ_SIZE, 100, 100].entries()) {
    if (i === 1) tap.notePause();
    read(tap, Buffer.alloc(size), 0n, 0);
  }
  assert.deepEqual(
    chunks.map(({ waited }) => waited),
    [false, true, true, true, false],
  );
});

test('after a pause TLS records are marked until one comes by itself', () => {
  const { tap, chunks } = connected(true);
  tap.notePause();
  let recv = 1000n * MS;
  for (const step of [0n, 1n, 4n, 6n, 1n]) {
    recv += step * MS;
    read(tap, Buffer.alloc(100), recv, 0);
  }
  assert.deepEqual(
    chunks.map(({ waited }) => waited),
    [true, true, true, false, false],
  );
  tap.notePause();
  read(tap, Buffer.alloc(100), recv + 1000n * MS, 0);
  assert.equal(chunks.at(-1)!.waited, true);
});

test('an end before anybody listens is told later, nothing after stop', () => {
  const tap = new MediaTap(false);
  tap.start(0);
  tap.receive(Buffer.alloc(3), 0n, 0);
  tap.end({ midway: true });
  const heard: unknown[] = [];
  tap.connect({ chunk: ({ data }) => heard.push(data.length), closed: (end) => heard.push(end) }, AT_ONCE);
  assert.deepEqual(heard, [3, { midway: true }]);
  tap.stop();
  read(tap, Buffer.alloc(3), 0n, 3);
  assert.equal(heard.length, 2);
});

test('what is kept is looked at before it is delivered, and judged when it was read', () => {
  const tap = new MediaTap(false);
  const heard: string[] = [];
  const note = (what: string) => (chunk: Chunk) => heard.push(`${what} ${chunk.position} ${chunk.waited}`);
  tap.start(0);
  const look = note('look');
  tap.connect({ chunk: note('take'), closed: () => {} }, { longestMs: 1000, timers: new FakeTime(), look });
  read(tap, Buffer.alloc(3), 0n, 0);
  tap.notePause();
  read(tap, Buffer.alloc(3), 0n, 3);
  assert.deepEqual(heard, []);
  tap.look();
  assert.deepEqual(heard, ['look 0 false', 'look 3 true']);
  tap.flush();
  assert.deepEqual(heard.slice(2), ['take 0 false', 'take 3 true']);
  read(tap, Buffer.alloc(3), 0n, 6);
  tap.stop();
  assert.deepEqual(heard.slice(4), ['look 6 false', 'take 6 false']);
});

test('what is kept is delivered with a long read, and with the one that follows it', () => {
  const tap = new MediaTap(false);
  const heard: (number | undefined)[] = [];
  tap.start(0);
  const consumer = { chunk: ({ position }: Chunk) => heard.push(position), closed: () => {} };
  tap.connect(consumer, { longestMs: 1000, timers: new FakeTime(), look: () => {} });
  const counts: number[] = [];
  let position = 0;
  for (const size of [3, 65_535, 65_536, 3, 3, 65_536, READ_SIZE, 65_535, 3]) {
    read(tap, Buffer.alloc(size), 0n, position);
    position += size;
    counts.push(heard.length);
  }
  assert.deepEqual(counts, [0, 0, 3, 4, 4, 6, 7, 8, 8]);
});

test('a look that ends all sees each chunk once, one behind the other, and nothing is lost or late', () => {
  const tap = new MediaTap(false);
  const seen: string[] = [];
  const taken: (number | undefined)[] = [];
  tap.start(0);
  const look = ({ position }: Chunk): void => {
    seen.push(`> ${position}`);
    if (position === 3) tap.stop();
    seen.push(`< ${position}`);
  };
  const consumer = { chunk: ({ position }: Chunk) => taken.push(position), closed: () => {} };
  tap.connect(consumer, { longestMs: 1000, timers: new FakeTime(), look });
  for (const position of [0, 3, 6]) read(tap, Buffer.alloc(3), 0n, position);
  tap.flush();
  assert.deepEqual(seen, ['> 0', '< 0', '> 3', '< 3', '> 6', '< 6']);
  assert.deepEqual(taken, [0, 3, 6]);
});

test('a look that throws is not the last one', () => {
  const tap = new MediaTap(false);
  const seen: (number | undefined)[] = [];
  tap.start(0);
  const look = ({ position }: Chunk): void => {
    seen.push(position);
    if (position === 0) throw new Error('a listener of the caller');
  };
  tap.connect({ chunk: () => {}, closed: () => {} }, { longestMs: 1000, timers: new FakeTime(), look });
  for (const position of [0, 3]) read(tap, Buffer.alloc(3), 0n, position);
  assert.throws(() => tap.look(), /a listener/);
  tap.look();
  assert.deepEqual(seen, [0, 3]);
});
