import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeiInjector } from '../../../transforms/sei-injector.js';
import { bytes, depacketize, expectedSample, hexUnits, type PacketSpec, sample, sorted, through } from './rtp-items.js';

const SPS = '67640033ac1514a0a02ff950';
const PPS = '68ee3cb0';
/** Units that put the first eight, which are held back, behind them. */
const nine = (step = 3000): PacketSpec[] =>
  Array.from({ length: 9 }, (_, i) => ({ p: '61 80', t: (i - 9) * step, m: true }));

describe('AccessUnitAssembler: where units end', () => {
  it('Q118 Reolink: SPS with marker, PPS, IDR with another timestamp', async () => {
    const { units, faults } = await depacketize([{ p: SPS, m: true }, { p: PPS }, { p: '65 "slice"', t: 1, m: true }]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      units.map(({ timestamp, extendedTimestamp }) => [timestamp, extendedTimestamp]),
      [[1, 1]],
    );
    assert.equal(sample(units[0]!), expectedSample(`0000000c ${SPS} 00000004 ${PPS} 00000006 65 "slice"`));
  });

  it('Q118 parameter sets without marker, with the timestamp of the slice before, belong to the next', async () => {
    for (const before of [[], nine()]) {
      const { units, faults } = await depacketize([
        ...before,
        { p: '01 "slice"', m: true },
        { p: SPS },
        { p: PPS },
        { p: '65 "slice"', t: 1, m: true },
      ]);
      assert.deepEqual(faults, []);
      const [first, second, ...more] = units.slice(before.length);
      assert.deepEqual([first!.timestamp, second!.timestamp, more.length], [0, 1, 0]);
      assert.equal(sample(first!), expectedSample('00000006 01 "slice"'));
      assert.equal(sample(second!), expectedSample(`0000000c ${SPS} 00000004 ${PPS} 00000006 65 "slice"`));
    }
  });

  it('Q118 LV-IP22IR40DVBL (H264DVR): marker on SPS, PPS, SEI and IDR of one timestamp', async () => {
    const sps = '674d002a95a81e0089f9610000030001000003003284';
    const packets = [sps, '68ee3c80', '06e501a780', '65 "slice"'].map((p) => ({ p, m: true }));
    const { units } = await depacketize(packets);
    assert.deepEqual(units.map(sample), [
      expectedSample(`00000016 ${sps} 00000004 68ee3c80 00000005 06e501a780 00000006 65 "slice"`),
    ]);
  });

  it('Q118 Tapo TC70, Reolink Duo 2: marker on SEI, the slice has the next timestamp', async () => {
    for (const before of [[], nine()]) {
      const packets = [
        { p: '06e501a780', m: true },
        { p: '65 88', t: 1, m: true },
      ];
      const { units } = await depacketize([...before, ...packets]);
      assert.deepEqual(
        units.slice(before.length).map((unit) => [unit.timestamp, ...hexUnits(unit)]),
        [[1, '06e501a780', '6588']],
      );
    }
  });

  it('Q118 no marker at all: parameter sets behind the last slice go to the next unit, each with its own receive times', async () => {
    const { units } = await depacketize([
      { p: '01 "slice"', recv: 1n },
      { p: '01 40', recv: 2n },
      { p: SPS, recv: 3n },
      { p: PPS, recv: 4n },
      { p: '65 "slice"', t: 1, recv: 5n },
      { p: '01 "slice"', t: 2, recv: 6n },
    ]);
    assert.deepEqual(
      units.map(({ timestamp, recvFirst, recvLast, nalUnits }) => [timestamp, recvFirst, recvLast, nalUnits.length]),
      [
        [0, 1n, 2n, 2],
        [1, 3n, 5n, 3],
      ],
    );
  });

  it('Q119 FLIR M400: never a marker, the unit ends with the next timestamp', async () => {
    const { units, faults } = await depacketize([{ p: '41 aa' }, { p: '41 bb', t: 3000 }]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      units.map((unit) => [unit.timestamp, ...hexUnits(unit)]),
      [[0, '41aa']],
      'the second one is incomplete at the end',
    );
    assert.deepEqual([units[0]!.recvFirst, units[0]!.recvLast], [1_000_000_000n, 1_000_000_000n]);
  });

  it('Q119 a marker and then nothing: the last unit is complete', async () => {
    const { units } = await depacketize([{ p: '41 aa' }, { p: '41 60', m: true }]);
    assert.deepEqual(units.map(hexUnits), [['41aa', '4160']]);
  });

  it('Q104 two marked frames with one timestamp are two units', async () => {
    for (const before of [[], nine()]) {
      const { units, faults } = await depacketize([
        ...before,
        { p: '65 80 "one"', m: true },
        { p: '65 80 "two"', m: true },
      ]);
      assert.deepEqual(faults, []);
      assert.deepEqual(
        units.slice(before.length).map((unit) => [unit.timestamp, unit.randomAccess]),
        [
          [0, 'idr'],
          [0, 'idr'],
        ],
      );
    }
  });

  it('Q104 smolrtsp, OBS plug-ins: marker on every slice, one unit per picture', async () => {
    const picture = (t: number): PacketSpec[] => [
      { p: '61 80', t, m: true },
      { p: '61 40', t, m: true },
      { p: '7c81 20 "fu"', t },
      { p: '7c41 "a"', t, m: true },
      { p: '18 0002 6110', t, m: true },
    ];
    const times = Array.from({ length: 20 }, (_, i) => i * 3000);
    const { units, faults } = await depacketize(times.flatMap(picture));
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['h264-oddity'],
    );
    assert.deepEqual(
      units.map((unit) => [unit.timestamp, ...hexUnits(unit)]),
      times.map((t) => [t, '6180', '6140', `6120${bytes('"fua"').toString('hex')}`, '6110']),
    );
  });

  it('Q104 marker on every slice that begins late: from the second such picture on it is one unit', async () => {
    const single = Array.from({ length: 10 }, (_, i): PacketSpec => ({ p: '61 80', t: i * 3000, m: true }));
    const several = [30_000, 33_000, 36_000].flatMap((t): PacketSpec[] => [
      { p: '61 80', t, m: true },
      { p: '61 40', t, m: true },
    ]);
    const { units, faults } = await depacketize([...single, ...several]);
    assert.deepEqual(
      units.slice(10).map((unit) => hexUnits(unit).join(' ')),
      ['6180', '6140', '6180 6140', '6180 6140'],
    );
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['h264-oddity'],
    );
  });

  it('Q104 marker on every slice, and a frame repeated with the same timestamp', async () => {
    const { units } = await depacketize([
      { p: '61 80', m: true },
      { p: '61 40', m: true },
      { p: '61 80', m: true },
      { p: '61 40', m: true },
    ]);
    assert.deepEqual(units.map(hexUnits), [
      ['6180', '6140'],
      ['6180', '6140'],
    ]);
  });

  it('Q120 AMCREST IP4M-1051: AUD, SPS, PPS, SEI, slices; every NAL unit stays, in the order sent', async () => {
    const units = ['09f0', SPS, PPS, '0601', '0c ff80', '0e 40', '65aa', '14 80', '0b'];
    const { units: found } = await depacketize(units.map((p, i) => ({ p, m: i === units.length - 1 })));
    assert.deepEqual(found.map(hexUnits), [units.map((unit) => bytes(unit).toString('hex'))]);
  });

  it('Q120 our own SEI goes behind AUD and camera SEI, ahead of the slice', async () => {
    const { items } = await depacketize([{ p: '09f0' }, { p: '0601' }, { p: '65aa', m: true }]);
    const [unit] = sorted(await through(new SeiInjector(), items)).units;
    const hex = hexUnits(unit!);
    assert.equal(hex.length, 4);
    assert.deepEqual([hex[0], hex[1], hex[3]], ['09f0', '0601', '65aa']);
    assert.ok(hex[2]!.startsWith(`0605${(16 + 35).toString(16)}`.slice(0, 4)));
    assert.ok(bytes(hex[2]!).includes('strawlab.org/89H'));
  });

  const ACCESS: [title: string, units: string[], randomAccess: string, disposable: boolean][] = [
    ['Q121 AUD alone is no sync sample', ['09f0'], 'none', false],
    ['Q121 SEI and AUD alone are no sync sample', ['0601 80', '09f0'], 'none', false],
    ['Q121 IDR', ['6580'], 'idr', false],
    ['Q121 IDR and another slice', ['6580', '4140'], 'none', false],
    ['Q121 no IDR', ['4180'], 'none', false],
    ['Q121 nal_ref_idc 0 on all slices is disposable', ['0180', '0140'], 'none', true],
    ['Q121 nal_ref_idc 0 on one slice only is not', ['0180', '4140'], 'none', false],
    ['Q121 intra refresh: recovery point SEI', ['0606018480', '4180'], 'recovery', false],
    ['Q121 intra refresh: recovery point SEI, but no slice', ['0606018480', '09f0'], 'none', false],
  ];
  for (const [title, units, randomAccess, disposable] of ACCESS) {
    it(title, async () => {
      const { units: found } = await depacketize(units.map((p, i) => ({ p, m: i === units.length - 1 })));
      assert.deepEqual(
        found.map((unit) => [unit.randomAccess, unit.disposable]),
        [[randomAccess, disposable]],
      );
    });
  }

  it('stamps a unit with its first and last packet, and marks it if one of them waited', async () => {
    const { units } = await depacketize([
      { p: '7c81 80', recv: 10n },
      { p: '7c01 81', recv: 20n },
      { p: '7c41 82', recv: 30n, m: true },
      { p: '61 80', t: 1, recv: 40n, m: true },
    ]);
    assert.deepEqual(
      units.map(({ recvFirst, recvLast, waited }) => [recvFirst, recvLast, waited]),
      [
        [10n, 30n, false],
        [40n, 40n, false],
      ],
    );
  });
});
