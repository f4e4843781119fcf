import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { depacketize, hexUnits, type PacketSpec } from './rtp-items.js';

interface Case {
  readonly title: string;
  readonly packets: readonly PacketSpec[];
  /** Timestamp and packets lost of each unit. */
  readonly units: readonly (readonly [t: number, lost: number])[];
  readonly faults: readonly string[];
}

/** Nine whole units, so that none is held back any more when the case begins. */
const WARM_UP: PacketSpec[] = Array.from({ length: 9 }, (_, i) => ({ p: '61 80', t: (i - 9) * 3000, m: true }));

const CASES: Case[] = [
  {
    title: 'Q112 timestamp change within a FU-A: one error, and the new packet is used',
    packets: [
      { p: '7c86 "fu-a start, "', t: 0 },
      { p: '01 "plain"', t: 1, m: true },
    ],
    units: [[1, 0]],
    faults: ['h264-malformed'],
  },
  {
    title: 'Q112 single NAL unit while a FU-A is open',
    packets: [{ p: '7c81 80 "start"' }, { p: '61 80' }, { p: '61 40', m: true }, { p: '61 80', t: 1, m: true }],
    units: [[1, 0]],
    faults: ['h264-malformed'],
  },
  {
    title: 'Q112 STAP-A while a FU-A is open',
    packets: [{ p: '7c81 80 "start"' }, { p: '18 0002 6180', m: true }, { p: '61 80', t: 1, m: true }],
    units: [[1, 0]],
    faults: ['h264-malformed'],
  },
  {
    title: 'Q112 FU-A start while a FU-A is open',
    packets: [
      { p: '7c81 80 "start"' },
      { p: '7c81 80 "again"' },
      { p: '7c41 "end"', m: true },
      { p: '61 80', t: 1, m: true },
    ],
    units: [[1, 0]],
    faults: ['h264-malformed'],
  },
  {
    title: 'Q112 marker without end bit; what follows with the same timestamp starts afresh',
    packets: [
      { p: '7c81 80 "start"', m: true },
      { p: '61 80', m: true },
      { p: '61 80', t: 1, m: true },
    ],
    units: [
      [0, 0],
      [1, 0],
    ],
    faults: ['h264-malformed'],
  },
  {
    title: 'Q112 tail without start, without loss: an error',
    packets: [{ p: '7c01 "middle"' }, { p: '7c41 "end"', m: true }, { p: '61 80', t: 1, m: true }],
    units: [[1, 0]],
    faults: ['h264-malformed'],
  },
  {
    title: 'Q113 loss within an access unit: it is left out whole, the next counts the loss',
    packets: [{ p: '7c81 "start"' }, { p: '7c41 "end"', m: true, lost: 2 }, { p: '65 "slice"', t: 1, m: true }],
    units: [[1, 2]],
    faults: ['h264-damaged'],
  },
  {
    title: 'Q113 loss between two slices of a unit',
    packets: [{ p: '61 80' }, { p: '61 40', lost: 1 }, { p: '61 60', m: true }, { p: '61 80', t: 1, m: true }],
    units: [[1, 1]],
    faults: ['h264-damaged'],
  },
  {
    title: 'Q113 loss together with a new timestamp: the open unit is left out, the new one is whole',
    packets: [{ p: '61 80' }, { p: '61 80', t: 1, m: true, lost: 1 }],
    units: [[1, 1]],
    faults: ['h264-damaged'],
  },
  {
    title: 'Q113 loss together with a new timestamp: the first slice of the new unit is gone too',
    packets: [
      { p: '61 80' },
      { p: '61 40', t: 1, lost: 3 },
      { p: '61 60', t: 1, m: true },
      { p: '61 80', t: 2, m: true },
    ],
    units: [[2, 3]],
    faults: ['h264-damaged', 'h264-damaged'],
  },
  {
    title: 'Q113 loss between two units hits neither of them',
    packets: [
      { p: '61 80', m: true },
      { p: '61 80', t: 1, m: true, lost: 5 },
    ],
    units: [
      [0, 0],
      [1, 5],
    ],
    faults: [],
  },
  {
    title: 'Q113 loss ahead of a unit whose first slices are missing',
    packets: [
      { p: '61 80', m: true },
      { p: '61 20', t: 1, lost: 1 },
      { p: '61 10', t: 1, m: true },
      { p: '61 80', t: 2, m: true },
    ],
    units: [
      [0, 0],
      [2, 1],
    ],
    faults: ['h264-damaged'],
  },
  {
    title: 'Q113 loss ahead of a fragment without its start',
    packets: [
      { p: '61 80', m: true },
      { p: '7c01 "middle"', t: 1, lost: 1 },
      { p: '7c41 "end"', t: 1, m: true },
      { p: '61 80', t: 2, m: true },
    ],
    units: [
      [0, 0],
      [2, 1],
    ],
    faults: ['h264-damaged'],
  },
  {
    title: 'Q113 loss ahead of parameter sets, then a whole picture',
    packets: [
      { p: '68 ee3c80', lost: 1 },
      { p: '65 80', m: true },
    ],
    units: [[0, 1]],
    faults: [],
  },
  {
    title: 'Q113 loss while a damaged unit is passed over: the marker is lost, the next unit is whole',
    packets: [{ p: '61 80' }, { p: '61 40', lost: 1 }, { p: '61 80', t: 1, m: true, lost: 1 }],
    units: [[1, 2]],
    faults: ['h264-damaged'],
  },
];

describe('AccessUnitAssembler: damage and loss', () => {
  for (const { title, packets, units: expected, faults: codes } of CASES) {
    it(title, async () => {
      const { units, faults } = await depacketize([...WARM_UP, ...packets]);
      assert.deepEqual(
        faults.map(({ code }) => code),
        codes,
      );
      const found = units.slice(WARM_UP.length).map(({ timestamp, lost }) => [timestamp, lost]);
      assert.deepEqual(found, expected);
    });
  }

  it('Q112 fragments without a start as the first packets of a session are dropped silently', async () => {
    const { units, faults } = await depacketize([
      { p: '7c01 "middle"' },
      { p: '7c41 "end"' },
      { p: '61 40', m: true },
      { p: '61 80', t: 1, m: true },
    ]);
    assert.deepEqual([units.map(hexUnits), faults], [[['6180']], []]);
  });

  it('Q113 loss among the first units, which are held back behind their marker', async () => {
    const { units, faults } = await depacketize([
      { p: '61 80', m: true },
      { p: '61 80', t: 1, m: true, lost: 1 },
      { p: '61 80', t: 2, m: true },
    ]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      units.map(({ timestamp, lost }) => [timestamp, lost]),
      [
        [0, 0],
        [1, 1],
        [2, 0],
      ],
    );
  });

  it('Q120 an access unit of too many NAL units is left out, and the caps are named', async () => {
    const many = Array.from({ length: 5000 }, () => ({ p: Buffer.of(0x61, 0x80) }));
    const { units, faults } = await depacketize([...many, { p: '61 80', t: 1, m: true }]);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, /caps of 33554432 bytes and 4096 NAL units/);
    assert.deepEqual(units.map(hexUnits), [['6180']]);
  });

  it('Q120 an access unit of too many bytes is left out', async () => {
    const large = Buffer.alloc(65_000, 0x61);
    const { units, faults } = await depacketize([
      ...Array.from({ length: 600 }, () => ({ p: large })),
      { p: '61 80', t: 1, m: true },
    ]);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, /caps of 33554432 bytes/);
    assert.equal(units.length, 1);
  });

  it('Q120 a NAL unit of too many bytes is left out before it is complete', async () => {
    const start = Buffer.concat([Buffer.of(0x7c, 0x81), Buffer.alloc(65_000, 0x80)]);
    const middle = Buffer.concat([Buffer.of(0x7c, 0x01), Buffer.alloc(65_000, 0x80)]);
    const { units, faults } = await depacketize([
      { p: start },
      ...Array.from({ length: 600 }, () => ({ p: middle })),
      { p: '61 80', t: 1, m: true },
    ]);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, /caps of 65536 fragments and 33554432 bytes/);
    assert.equal(faults[0]!.sequenceNumber, Math.ceil((33_554_432 - 1) / 65_000));
    assert.equal(units.length, 1);
  });

  it('Q120 a NAL unit of too many fragments is left out', async () => {
    const middle = Buffer.of(0x7c, 0x01, 0x80);
    const { units, faults } = await depacketize([
      { p: '7c81 80' },
      ...Array.from({ length: 66_000 }, () => ({ p: middle })),
      { p: '61 80', t: 1, m: true },
    ]);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, /caps of 65536 fragments/);
    assert.equal(units.length, 1);
  });
});
