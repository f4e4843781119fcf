import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TcpReassembler } from '../../../lib/pcap/tcp-reassembler.js';

/** Collects what comes out, and checks that it comes in order and without overlap. */
function collector(maxHeldBytes?: number) {
  const events: string[] = [];
  const pieces: { position: number; data: Buffer; recv: bigint }[] = [];
  let next = 0;
  const reassembler = new TcpReassembler(
    {
      data: (data, position, recv) => {
        assert.equal(position, next);
        assert.ok(data.length > 0);
        next += data.length;
        pieces.push({ position, data, recv });
        events.push(data.toString('latin1'));
      },
      gap: (position, length, reason) => {
        assert.equal(position, next);
        assert.ok(length > 0);
        next += length;
        events.push(`-${length} ${reason}`);
      },
    },
    maxHeldBytes,
  );
  return { reassembler, events, pieces };
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('TcpReassembler', () => {
  it('passes segments in order on as views', () => {
    const { reassembler, pieces } = collector();
    const data = bytes('abc');
    reassembler.start(100);
    reassembler.push(100, data, 1n);
    assert.equal(pieces[0]!.data, data);
  });

  it('puts segments in order where sequence numbers wrap', () => {
    const { reassembler, events } = collector();
    reassembler.start(0xfffffffe);
    reassembler.push(4, bytes('ghi'), 1n);
    reassembler.push(1, bytes('def'), 2n);
    reassembler.push(0xfffffffe, bytes('abc'), 3n);
    assert.deepEqual(events, ['abc', 'def', 'ghi']);
  });

  it('drops repetitions and keep-alive probes', () => {
    const { reassembler, events } = collector();
    reassembler.start(10);
    reassembler.push(10, bytes('abcd'), 1n);
    reassembler.push(10, bytes('abcd'), 2n);
    reassembler.push(13, bytes('x'), 3n);
    reassembler.push(12, bytes('cdef'), 4n);
    assert.deepEqual(events, ['abcd', 'ef']);
  });

  it('bytes that waited get the time at which they could be read', () => {
    const { reassembler, pieces } = collector();
    reassembler.start(0);
    reassembler.push(3, bytes('def'), 1n);
    reassembler.push(0, bytes('abc'), 9n);
    assert.deepEqual(
      pieces.map(({ recv }) => recv),
      [9n, 9n],
    );
  });

  it('of overlapping segments the first bytes win, holes are named at the end', () => {
    const segment = fc.record({ at: fc.nat(40), data: fc.uint8Array({ minLength: 1, maxLength: 12 }) });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 30 }), fc.nat(0xffffffff), (segments, first) => {
        const { reassembler, pieces } = collector();
        reassembler.start(first);
        const model = new Array<number | undefined>(60);
        const originals = segments.map(({ data }) => Buffer.from(data));
        segments.forEach(({ at, data }, i) => {
          reassembler.push((first + at) >>> 0, Buffer.from(data.buffer, data.byteOffset, data.length), BigInt(i));
          data.forEach((byte, k) => {
            model[at + k] ??= byte;
          });
        });
        reassembler.end();
        const found = new Array<number | undefined>(60);
        for (const { position, data } of pieces) {
          for (const [k, byte] of data.entries()) found[position + k] = byte;
        }
        assert.deepEqual(found, model);
        for (const [i, { data }] of segments.entries()) assert.deepEqual(Buffer.from(data), originals[i]);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a hole up that the other end has acknowledged, after a few segments', () => {
    const { reassembler, events } = collector();
    reassembler.start(0);
    for (let at = 10; at < 17; at++) {
      reassembler.push(at, bytes('x'), 1n);
      reassembler.acknowledge(at + 1);
    }
    assert.deepEqual(events, []);
    reassembler.push(17, bytes('y'), 1n);
    reassembler.push(18, bytes('z'), 1n);
    assert.deepEqual(events, ['-10 received, but not captured', ...'xxxxxxxyz']);
  });

  it('a late segment within those few still finds its place', () => {
    const { reassembler, events } = collector();
    reassembler.start(0);
    reassembler.push(3, bytes('def'), 1n);
    reassembler.acknowledge(6);
    reassembler.push(6, bytes('ghi'), 1n);
    reassembler.push(0, bytes('abc'), 1n);
    assert.deepEqual(events, ['abc', 'def', 'ghi']);
  });

  it('holds no more than its cap, and names it', () => {
    const { reassembler, events } = collector(2000);
    reassembler.start(0);
    for (let i = 0; i < 7; i++) reassembler.push(100 + 10 * i, bytes('0123456789'), 1n);
    assert.deepEqual(events, []);
    reassembler.push(170, bytes('0123456789'), 1n);
    assert.equal(events[0], '-100 more than the cap of 2000 bytes waited for it');
    assert.equal(events.length, 9);
  });

  it('a segment beyond any window is left out and counted', () => {
    const { reassembler, events } = collector();
    reassembler.start(0);
    reassembler.push(0x60000000, bytes('x'), 1n);
    reassembler.push(0, bytes('a'), 1n);
    reassembler.end();
    assert.deepEqual(events, ['a']);
    assert.equal(reassembler.outsideWindow, 1);
  });
});
