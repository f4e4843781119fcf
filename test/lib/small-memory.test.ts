import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allocateSmall } from '../../lib/small-memory.js';

describe('allocateSmall', () => {
  it('gives as many bytes as are asked for, to nobody else', () => {
    const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(70_000)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, (sizes) => {
        const all = sizes.map((size, i) => allocateSmall(size).fill(i));
        for (const [i, data] of all.entries()) {
          assert.ok(Buffer.isBuffer(data));
          assert.equal(data.length, sizes[i]);
          assert.ok(data.every((byte) => byte === i));
        }
      }),
    );
  });

  it('takes small ones out of one block, and large ones by themselves', () => {
    const memories = Array.from({ length: 100 }, () => allocateSmall(1400).buffer);
    assert.ok(new Set(memories).size <= 4);
    const large = allocateSmall(40_000);
    assert.equal(large.buffer.byteLength, 40_000);
  });
});
