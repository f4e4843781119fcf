import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytes, depacketize, expectedSample, hexUnits, nalUnits, type PacketSpec, sample } from './rtp-items.js';

/** The last packet gets the marker. */
const unitOf = (...payloads: string[]): PacketSpec[] => payloads.map((p, i) => ({ p, m: i === payloads.length - 1 }));

const SAMPLES: { title: string; payloads: string[]; expected: string; faults?: string[] }[] = [
  {
    title: 'Q107 single NAL unit, STAP-A and FU-A in one access unit',
    payloads: [
      '06 "plain"',
      '18 0009 06 "stap-a 1" 0009 06 "stap-a 2"',
      '7c81 "fu-a start, "',
      '7c01 "fu-a middle, "',
      '7c41 "fu-a end"',
    ],
    expected:
      '00000006 06 "plain" 00000009 06 "stap-a 1" 00000009 06 "stap-a 2" 00000022 61 "fu-a start, fu-a middle, fu-a end"',
  },
  {
    title: 'Q108 Longse, HeroSpeed: reserved bit in the FU header',
    payloads: ['7ca1 "a"', '7c21 "b"', '7c61 "c"'],
    expected: '00000004 61 "abc"',
  },
  {
    title: 'Q108 Longse, HeroSpeed: reserved bit in the FU header, nal_ref_idc 0',
    payloads: ['1ca1 "a"', '1c61 "b"'],
    expected: '00000003 01 "ab"',
  },
  {
    title: 'Q109 OpenIPC IMX415, CostarHD: start and end bit in one FU-A packet',
    payloads: ['7cc1 "small nal"'],
    expected: '0000000a 61 "small nal"',
    faults: ['h264-oddity'],
  },
  {
    title: 'Q110 Tiandy: NAL header changes within a FU-A, the first counts',
    payloads: ['3c81 "start of non-idr"', '3c47 "a wild sps appeared"'],
    expected: '00000024 21 "start of non-idra wild sps appeared"',
    faults: ['h264-oddity'],
  },
  {
    title: 'Q111 FU packets of exactly 2 bytes',
    payloads: ['7c81 "start, "', '7c01', '7c41 "end"'],
    expected: '0000000b 61 "start, end"',
  },
  {
    title: 'Q114 zero padding behind the last unit of a STAP-A',
    payloads: ['18 0002 61bb 0002 41dd 0000 0000 0000'],
    expected: '00000002 61bb 00000002 41dd',
  },
  {
    title: 'Q114 STAP-A with one unit',
    payloads: ['18 0002 61bb'],
    expected: '00000002 61bb',
  },
  {
    title: 'Q114 units of undefined types in a STAP-A, a packet of its own among them, are dropped',
    payloads: ['18 0002 61bb 0004 18000118 0002 00cc 0002 7fdd 0002 41ee'],
    expected: '00000002 61bb 00000002 41ee',
    faults: ['h264-oddity', 'h264-oddity', 'h264-oddity'],
  },
  {
    title: 'Q115 V380: SPS, PPS and IDR with start codes between them in one packet',
    payloads: ['67640033ac1514a0a03da1000004f60000633804 00000001 68ee3cb0 000001 65 "idr sli" 0000 "ce" 00'],
    expected: '00000014 67640033ac1514a0a03da1000004f60000633804 00000004 68ee3cb0 0000000c 65 "idr sli" 0000 "ce"',
  },
  {
    title: 'Q115 start codes within a unit of a STAP-A',
    payloads: ['18 000a 6111 0000 01 61 22 000000', '61 33'],
    expected: '00000002 6111 00000002 6122 00000002 6133',
  },
  {
    title: 'Q115 start code at the end',
    payloads: ['01020304 000001'],
    expected: '00000004 01020304',
  },
  {
    title: 'Q115 emulation prevention stays',
    payloads: ['61 000003 01 000003 00 80', '7c81 000003', '7c41 01 ff'],
    expected: '0000000a 61 000003 01 000003 00 80 00000006 61 000003 01 ff',
  },
  {
    title: 'Q115 emulation prevention beside a start code stays too',
    payloads: ['61 000003 01 80 000001 61 000003 02'],
    expected: '00000006 61 000003 01 80 00000005 61 000003 02',
  },
  {
    title: 'Q116 Amatek AR-N3222F: FU header of type 0, the start code follows',
    payloads: ['1c80 0001 674d00338a8a502802dd34400000fa00', '1c40 0030d401 000001 68ee3c80', '6180'],
    expected: '00000014 674d00338a8a502802dd34400000fa000030d401 00000004 68ee3c80 00000002 6180',
  },
  {
    title: 'Q116 Amatek AR-N3222F: start code in the second fragment',
    payloads: ['7c87 4d00338a8a502802dd34400000fa000030d4', '7c47 01 00000001 68ee3c80', '6180'],
    expected: '00000014 674d00338a8a502802dd34400000fa000030d401 00000004 68ee3c80 00000002 6180',
  },
  {
    title: 'Q117 go2rtc, WebRTC: the payload begins with a start code of four bytes',
    payloads: ['00000001 01020304 00000001 01020304'],
    expected: '00000004 01020304 00000004 01020304',
  },
  {
    title: 'Q117 the payload begins with a start code of three bytes',
    payloads: ['000001 01020304'],
    expected: '00000004 01020304',
  },
];

describe('NalAssembler: forms of payload', () => {
  for (const { title, payloads, expected, faults = [] } of SAMPLES) {
    it(title, async () => {
      const { units, faults: found } = await depacketize(unitOf(...payloads));
      assert.deepEqual(
        found.map(({ code }) => code),
        faults,
      );
      assert.deepEqual(units.map(sample), [expectedSample(expected)]);
    });
  }

  it('Q109, Q110 OpenIPC, Tiandy: an oddity is told once per stream', async () => {
    const frame = (t: number): PacketSpec[] => [
      { p: '7cc1 80 "small"', t },
      { p: '3c81 "one"', t },
      { p: '3c47 "two"', t, m: true },
    ];
    const { units, faults } = await depacketize([...frame(0), ...frame(3000), ...frame(6000)]);
    assert.equal(units.length, 3);
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['h264-oddity', 'h264-oddity'],
    );
    assert.match(faults[0]!.message, /single fragment/);
    assert.match(faults[1]!.message, /type changes/);
  });

  const BAD: [title: string, payload: string, code: string][] = [
    ['Q107 STAP-B', '19 0001 0002 6180', 'h264-unsupported'],
    ['Q107 MTAP16', '1a 0001 0002 6180', 'h264-unsupported'],
    ['Q107 MTAP24', '1b 0001 0002 6180', 'h264-unsupported'],
    ['Q107 FU-B', '7d81 0000 "start"', 'h264-unsupported'],
    ['Q107 forbidden_zero_bit', 'e1 80', 'h264-malformed'],
    ['Q107 forbidden_zero_bit of a FU-A', 'fc81 80', 'h264-malformed'],
    ['Q107 forbidden_zero_bit in a STAP-A, twice', '18 0002 e180 0002 e180', 'h264-malformed'],
    ['Q107 forbidden_zero_bit behind start codes, twice', '61 80 000001 e1 80 000001 e1 80', 'h264-malformed'],
    ['Q107 empty payload', '', 'h264-malformed'],
    ['Q111 FU-A of 1 byte', '7c', 'h264-malformed'],
    ['Q114 size 0 with other data', '18 0002 6180 0000 01', 'h264-malformed'],
    ['Q114 size beyond the end', '18 0005 6180', 'h264-malformed'],
    ['Q114 one stray byte', '18 0002 6180 00', 'h264-malformed'],
    ['Q115 000002', '61 80 000002 80', 'h264-malformed'],
    ['Q115 00000004', '61 80 00000004 80', 'h264-malformed'],
    ['Q115 000002 in a STAP-A', '18 0006 61 80 000002 80', 'h264-malformed'],
  ];
  for (const [title, payload, code] of BAD) {
    it(`${title}: one fault, the unit is left out, the next is not`, async () => {
      const { units, faults } = await depacketize([
        { p: '61 80 "before"' },
        { p: payload },
        { p: '61 "behind"', m: true },
        { p: '61 80 "next"', t: 3000, m: true },
      ]);
      assert.deepEqual(
        faults.map((fault) => fault.code),
        [code],
      );
      assert.match(faults[0]!.message, /access unit of RTP time 0 left out/);
      assert.deepEqual([faults[0]!.position, faults[0]!.sequenceNumber], [100, 2]);
      assert.deepEqual(units.map(sample), [expectedSample('00000006 61 80 "next"')]);
    });
  }

  for (const payload of ['00 80', '1e 80', '1f 80', '61 80 000001 1e 80']) {
    it(`Q107 NAL units of undefined type are dropped, the rest of the unit stays: ${payload}`, async () => {
      const { units, faults } = await depacketize([{ p: '61 80' }, { p: payload }, { p: '61 40', m: true }]);
      assert.deepEqual(
        faults.map(({ code }) => code),
        ['h264-oddity'],
      );
      const own = payload.startsWith('61') ? ['6180'] : [];
      assert.deepEqual(hexUnits(units[0]!), ['6180', ...own, '6140']);
    });
  }

  for (const type of [0, 24, 28, 31]) {
    it(`Q107 a FU-A of type ${type} is dropped, the rest of the unit stays`, async () => {
      const start = Buffer.of(0x7c, 0x80 | type, 0x80);
      const end = Buffer.of(0x7c, 0x40 | type, 0x80);
      const { units, faults } = await depacketize([{ p: '61 80' }, { p: start }, { p: end }, { p: '61 40', m: true }]);
      assert.deepEqual(
        faults.map(({ code }) => code),
        ['h264-oddity'],
      );
      assert.deepEqual(units.map(hexUnits), [['6180', '6140']]);
    });
  }

  for (const payload of ['000001', '00 00 00 01']) {
    it(`Q115 nothing but a start code is no NAL unit: ${payload}`, async () => {
      const { units, faults } = await depacketize([{ p: payload }, { p: '61 80', m: true }]);
      assert.deepEqual([units.map(hexUnits), faults], [[['6180']], []]);
    });
  }

  const PIECES = ['67640033ac1514a0a03da1000004f60000633804', '68ee3cb0', '65 "idr sli" 0000 "ce"'];
  const AGGREGATE = bytes(`${PIECES[0]} 00000001 ${PIECES[1]} 000001 ${PIECES[2]} 00`);
  const EXPECTED = PIECES.map((piece) => bytes(piece).toString('hex'));

  /** FU-A packets of the aggregate's bytes behind its header, cut at the given places. */
  function fragments(cuts: readonly number[]): PacketSpec[] {
    const edges = [1, ...cuts, AGGREGATE.length];
    return edges.slice(1).map((end, i) => {
      const flags = (i === 0 ? 0x80 : 0) | (i === edges.length - 2 ? 0x40 : 0);
      const p = Buffer.concat([Buffer.of(0x7c, flags | 7), AGGREGATE.subarray(edges[i], end)]);
      return { p, m: i === edges.length - 2 };
    });
  }

  it('Q116 start codes in a FU-A of 1, 2 and 3 fragments, cut at every position', async () => {
    const cuts: number[][] = [[]];
    for (let i = 1; i <= AGGREGATE.length; i++) {
      cuts.push([i]);
      for (let j = i; j <= AGGREGATE.length; j++) cuts.push([i, j]);
    }
    for (const cut of cuts) {
      const { units, faults } = await depacketize(fragments(cut));
      assert.deepEqual(units.map(hexUnits), [EXPECTED], `cut at ${cut}`);
      assert.equal(faults.filter(({ code }) => code !== 'h264-oddity').length, 0);
    }
  });

  it('Q116 zeros at the end of a fragment that turn out to be data stay', async () => {
    const { units } = await depacketize(unitOf('7c81 80 0000', '7c01 03 0000', '7c41 03 01 ff'));
    assert.deepEqual(hexUnits(units[0]!), ['618000000300000301ff']);
  });

  it('copies no payload, and leaves it as it was', async () => {
    const payloads = ['61 80 "single"', '18 0004 61 80 "st"', '7c81 80 "fu-a "', '7c41 "end"'].map(bytes);
    const before = payloads.map((payload) => Buffer.from(payload));
    const { units } = await depacketize(payloads.map((p, i) => ({ p, m: i === 3 })));
    const parts = units[0]!.nalUnits.flatMap((nal) => nal.parts).filter((part) => part.length > 1);
    assert.equal(nalUnits(units[0]!).length, 3);
    for (const part of parts) {
      assert.ok(
        payloads.some(
          ({ buffer, byteOffset, length }) =>
            part.buffer === buffer &&
            part.byteOffset >= byteOffset &&
            part.byteOffset + part.length <= byteOffset + length,
        ),
        'a view of a payload',
      );
    }
    assert.deepEqual(payloads, before);
  });
});
