import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReceptionStats } from '../../../lib/rtp/reception-stats.js';
import { RECV, SSRC } from './packets.js';

const MS = 1_000_000n;
const CLOCK_RATE = 90_000;

/** Gives packets to new statistics, each 40 ms after the other and with its own timestamp. */
function received(sequences: readonly number[], stats = new ReceptionStats(SSRC, CLOCK_RATE, sequences[0]!)) {
  for (const [i, seq] of sequences.entries()) stats.packet(seq, (i * 3600) >>> 0, RECV + BigInt(i) * 40n * MS);
  return stats;
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => (from + i) & 0xffff);

test('a stream without loss, from any number on, over the wrap', () => {
  for (const first of [0, 1, 1000, 65_535]) {
    const block = received(range(first, 10)).block(RECV);
    assert.deepEqual(block, {
      ssrc: SSRC,
      fractionLost: 0,
      cumulativeLost: 0,
      extendedHighest: first + 9,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLast: 0,
    });
  }
});

test('loss: the fraction since the last report, the number since the beginning', () => {
  const stats = received([1, 2, 4, 5, 6, 8]);
  const { fractionLost, cumulativeLost } = stats.block(RECV);
  assert.deepEqual([fractionLost, cumulativeLost], [64, 2]);
  received([9, 10], stats);
  const later = stats.block(RECV);
  assert.deepEqual([later.fractionLost, later.cumulativeLost], [0, 2]);
  const idle = stats.block(RECV);
  assert.deepEqual([idle.fractionLost, idle.cumulativeLost], [0, 2]);
});

test('packets that continue another count as they would one by one', () => {
  const run = fc.record({ step: fc.constantFrom(0, 1, 2, 65_530, 65_000, 40_000), further: fc.nat(200_000) });
  fc.assert(
    fc.property(fc.nat(65_535), fc.array(run, { minLength: 1, maxLength: 4 }), (first, runs) => {
      const [together, apart] = [first, first].map((seq) => new ReceptionStats(SSRC, CLOCK_RATE, seq)) as [
        ReceptionStats,
        ReceptionStats,
      ];
      let seq = first;
      for (const [i, { step, further }] of runs.entries()) {
        const [timestamp, recv] = [i * 3000, RECV + BigInt(i) * 41n * MS];
        seq = (seq + step) & 0xffff;
        together.packet(seq, timestamp, recv);
        together.further(further, seq, timestamp, recv);
        for (const number of range(seq, further + 1)) apart.packet(number, timestamp, recv);
        seq = (seq + further) & 0xffff;
        assert.deepEqual(together.block(recv), apart.block(recv));
      }
    }),
  );
});

test('packets that come twice make the number of lost ones negative, and the fraction 0', () => {
  const stats = received([1, 2, 2, 3, 3, 4]);
  const { fractionLost, cumulativeLost } = stats.block(RECV);
  assert.deepEqual([fractionLost, cumulativeLost], [0, -2]);
});

test('a late packet is no loss and not the highest', () => {
  const { cumulativeLost, extendedHighest } = received([65_534, 0, 65_535, 1]).block(RECV);
  assert.deepEqual([cumulativeLost, extendedHighest], [0, 65_536 + 1]);
});

test('a jump is believed at the second packet, and the counts begin anew there', () => {
  const stats = received([1, 2, 3, 40_000]);
  assert.equal(stats.block(RECV).extendedHighest, 3);
  received([40_001, 40_002, 40_004], stats);
  const { cumulativeLost, extendedHighest } = stats.block(RECV);
  assert.deepEqual([cumulativeLost, extendedHighest], [1, 40_004]);
});

test('jitter by the formula of RFC 3550 A.8, of the first packets of frames', () => {
  const stats = new ReceptionStats(SSRC, CLOCK_RATE, 0);
  // The second frame is 8 ms late, that is 720 ticks; the third is in time again.
  stats.packet(0, 0, RECV);
  stats.packet(1, 3600, RECV + 48n * MS);
  stats.packet(2, 3600, RECV + 60n * MS);
  assert.equal(stats.block(RECV).jitter, 720 / 16);
  stats.packet(3, 7200, RECV + 80n * MS);
  assert.equal(stats.block(RECV).jitter, Math.floor(45 + (720 - 45) / 16));
  const wrapping = new ReceptionStats(SSRC, CLOCK_RATE, 0);
  wrapping.packet(0, 2 ** 32 - 1800, RECV);
  wrapping.packet(1, 1800, RECV + 40n * MS);
  assert.equal(wrapping.block(RECV).jitter, 0);
});

test('LSR and DLSR of the last sender report', () => {
  const stats = received([1]);
  stats.report(0x0123_4567_89ab_cdefn, RECV);
  const { lastSenderReport, delaySinceLast } = stats.block(RECV + 2500n * MS);
  assert.equal(lastSenderReport, 0x4567_89ab);
  assert.equal(delaySinceLast, 2.5 * 65_536);
  // A clock that was set back or far ahead gives no nonsense.
  assert.equal(stats.block(RECV - 1n).delaySinceLast, 0);
  assert.equal(stats.block(RECV + 10n ** 18n).delaySinceLast, 0xffff_ffff);
});

test('whatever comes, each field fits its place', () => {
  const packet = fc.tuple(fc.nat(65_535), fc.nat(0xffff_ffff), fc.integer({ min: -1_000_000, max: 1_000_000_000 }));
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 200 }), fc.boolean(), (packets, often) => {
      const stats = new ReceptionStats(SSRC, CLOCK_RATE, packets[0]![0]);
      let block = stats.block(RECV);
      for (const [seq, timestamp, late] of packets) {
        stats.packet(seq, timestamp, RECV + BigInt(late));
        if (often) block = stats.block(RECV);
      }
      if (!often) block = stats.block(RECV);
      assert.ok(Number.isInteger(block.fractionLost) && block.fractionLost >= 0 && block.fractionLost <= 255);
      assert.ok(block.cumulativeLost >= -0x80_0000 && block.cumulativeLost <= 0x7f_ffff);
      for (const field of [block.extendedHighest, block.jitter])
        assert.ok(Number.isInteger(field) && field >= 0 && field <= 0xffff_ffff);
    }),
  );
});
