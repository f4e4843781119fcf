import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { memoryOf, offsetOf, subview, viewOf } from '../../lib/buffer-view.js';

/** Where a view lies, and what it is. */
const place = (view: Buffer) => ({
  memory: view.buffer,
  offset: view.byteOffset,
  length: view.length,
  prototype: Object.getPrototypeOf(view) as unknown,
});

describe('buffer-view', () => {
  it('views are those of subarray, in whatever order they are made', () => {
    const range = fc.tuple(fc.nat(3), fc.nat(60), fc.nat(60));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
        const known: Buffer[] = [Buffer.alloc(40), Buffer.from('a view of the pool'), Buffer.alloc(60).subarray(7, 50)];
        for (const [from, a, b] of ranges) {
          const data = known[Math.max(0, known.length - 1 - from)]!;
          const [start, end] = [a % (data.length + 1), b % (data.length + 1)].sort((x, y) => x - y) as [number, number];
          const view = subview(data, start, end);
          assert.deepEqual(place(view), place(data.subarray(start, end)));
          assert.equal(memoryOf(view), view.buffer);
          assert.equal(offsetOf(view), view.byteOffset);
          known.push(view);
        }
      }),
    );
  });

  it('a view shares its memory, and is a Buffer', () => {
    const memory = new ArrayBuffer(8);
    const view = viewOf(memory, 2, 3);
    view.write('abc', 'latin1');
    assert.deepEqual(Buffer.from(memory), Buffer.from('\0\0abc\0\0\0'));
    assert.ok(Buffer.isBuffer(view));
    assert.ok(Buffer.isBuffer(view.subarray(1)));
  });
});
