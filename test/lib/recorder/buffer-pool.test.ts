import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferPool } from '../../../lib/recorder/buffer-pool.js';

describe('BufferPool', () => {
  it('lends memory again once it is back, and never twice at a time', () => {
    const pool = new BufferPool();
    const first = pool.take(1000);
    const second = pool.take(1000);
    assert.notEqual(first.buffer, second.buffer);
    pool.give(first.subarray(0, 10));
    assert.equal(pool.take(900).buffer, first.buffer);
    assert.notEqual(pool.take(900).buffer, first.buffer);
  });

  it('lends nothing that is too small', () => {
    const pool = new BufferPool();
    const small = pool.take(100);
    pool.give(small);
    const large = pool.take(101);
    assert.ok(large.length >= 101);
    assert.notEqual(large.buffer, small.buffer);
  });

  it('takes only its own memory, and each once', () => {
    const pool = new BufferPool();
    pool.give(Buffer.alloc(1000));
    const own = pool.take(1000);
    pool.give(own);
    pool.give(own);
    assert.equal(pool.take(1000).buffer, own.buffer);
    assert.notEqual(pool.take(1000).buffer, own.buffer);
  });

  it('keeps no more than a few', () => {
    const pool = new BufferPool();
    const lent = Array.from({ length: 100 }, () => pool.take(10));
    for (const buffer of lent) pool.give(buffer);
    const again = Array.from({ length: 100 }, () => pool.take(10).buffer);
    assert.equal(lent.filter(({ buffer }) => again.includes(buffer)).length, 8);
  });
});
