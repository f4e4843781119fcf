import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Chunk } from '../../../lib/items.js';
import { MediaTap } from '../../../lib/net/media-tap.js';
import { READ_SIZE } from '../../../lib/net/socket-memory.js';

const MS = 1_000_000n;

function connected(encrypted: boolean): { tap: MediaTap; chunks: Chunk[] } {
  const tap = new MediaTap(encrypted);
  const chunks: Chunk[] = [];
  tap.start(0);
  tap.connect({ chunk: (chunk) => chunks.push(chunk), closed: () => {} });
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
          tap.connect(consumer);
          isConnected = true;
        }
        const data = bytes.subarray(position, position + size);
        if (data.length === 0) break;
        tap.receive(data, 5n, position);
        position += data.length;
      }
      if (!isConnected) tap.connect(consumer);
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
    tap.receive(Buffer.alloc(size), 0n, 0);
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
    tap.receive(Buffer.alloc(100), recv, 0);
  }
  assert.deepEqual(
    chunks.map(({ waited }) => waited),
    [true, true, true, false, false],
  );
  tap.notePause();
  tap.receive(Buffer.alloc(100), recv + 1000n * MS, 0);
  assert.equal(chunks.at(-1)!.waited, true);
});

test('an end before anybody listens is told later, nothing after stop', () => {
  const tap = new MediaTap(false);
  tap.start(0);
  tap.receive(Buffer.alloc(3), 0n, 0);
  tap.end({ midway: true });
  const heard: unknown[] = [];
  tap.connect({ chunk: ({ data }) => heard.push(data.length), closed: (end) => heard.push(end) });
  assert.deepEqual(heard, [3, { midway: true }]);
  tap.stop();
  tap.receive(Buffer.alloc(3), 0n, 3);
  assert.equal(heard.length, 2);
});
