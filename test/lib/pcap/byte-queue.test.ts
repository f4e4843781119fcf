import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from '../../../lib/pcap/byte-queue.js';

describe('ByteQueue', () => {
  it('takes a view where the bytes lie in one chunk', () => {
    const chunk = Buffer.from('abcdef');
    const queue = new ByteQueue();
    queue.push(chunk);
    queue.take(2);
    const data = queue.take(3)!;
    assert.equal(data.toString(), 'cde');
    assert.equal(data.buffer, chunk.buffer);
    assert.equal(queue.take(2), undefined);
    assert.equal(queue.length, 1);
  });

  it('takes and skips as if all bytes were one buffer', () => {
    const step = fc.record({ push: fc.nat(9), take: fc.nat(12), skip: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let pushed = 0;
        let next = 0;
        for (const { push, take, skip } of steps) {
          queue.push(Buffer.from(Array.from({ length: push }, () => pushed++ & 255)));
          const isThere = next <= pushed && pushed - next >= take;
          const data = queue.take(take);
          assert.equal(data === undefined, !isThere);
          if (data !== undefined)
            assert.deepEqual(
              [...data],
              Array.from({ length: take }, (_, i) => (next + i) & 255),
            );
          if (isThere) next += take;
          queue.skip(skip);
          next += skip;
          assert.equal(queue.length, Math.max(0, pushed - next));
          assert.equal(queue.pendingSkip, Math.max(0, next - pushed));
          assert.equal(queue.position, Math.min(next, pushed));
        }
      }),
    );
  });
});
