import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reception } from './packets.js';

describe('a damaged sequence number', () => {
  it('Q91 one far ahead: what follows is dropped until 16 in a row agree, then followed with one packet of loss', () => {
    const reception = new Reception({ tolerant: true }).receive({ seq: 65_530 }).receive({ seq: 20_000 });
    for (let seq = 65_531; seq < 65_561; seq++) reception.receive({ seq: seq & 0xffff });
    const taken = reception.packets.map(({ sequenceNumber }) => sequenceNumber);
    assert.deepEqual(taken, [65_530, 20_000, ...Array.from({ length: 15 }, (_, i) => (65_546 + i) & 0xffff)]);
    assert.deepEqual(reception.lost.slice(2), [1, ...Array(14).fill(0)]);
    assert.equal(reception.codes.filter((code) => code === 'rtp-reordered').length, 16);
    assert.match(
      reception.faults.findLast(({ code }) => code === 'rtp-reordered')!.message,
      /followed, since 16 in a row/,
    );
  });

  it('Q91 late packets between packets in order never count together', () => {
    const reception = new Reception({ tolerant: true });
    for (let i = 0; i < 40; i++) reception.receive({ seq: 1000 + i }).receive({ seq: 100 + i });
    assert.deepEqual(
      reception.packets.map(({ sequenceNumber }) => sequenceNumber),
      Array.from({ length: 40 }, (_, i) => 1000 + i),
    );
  });
});
