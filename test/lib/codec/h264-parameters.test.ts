import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ParameterSets } from '../../../lib/codec/h264-parameters.js';
import { mayReorder, parameterSetsFromSdp } from '../../../lib/codec/h264-sdp.js';
import { sps as makeSps, pps } from '../camera/h264-writer.js';
import { depacketize, type PacketSpec, sprop, video } from './rtp-items.js';

const hex = (text: string) => Buffer.from(text, 'hex');
const VSTARCAM = 'sprop-parameter-sets=Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=,aO48gA==';
/** Parameter sets and a key frame in band. */
const inBand = (sps: string, picture: string, t = 0): PacketSpec[] => [
  { p: sps, t },
  { p: picture, t },
  { p: '65 88 "slice"', t, m: true },
];

describe('parameter sets of the SDP', () => {
  const USELESS: [title: string, fmtp: string | undefined][] = [
    ['no fmtp', undefined],
    ['an empty fmtp', ''],
    ['Tapo: (null),(null)', 'packetization-mode=1;sprop-parameter-sets=(null),(null)'],
    ['Hikvision: one set only', 'packetization-mode=1;sprop-parameter-sets=Z0IAH5WoPASaEAAAcIAAFfkIQA==,'],
    ['cut off', 'sprop-parameter-sets=Z0IAH'],
    ['huge', `sprop-parameter-sets=Z2QA${'Q'.repeat(400_000)},aO48gA==`],
    ['a PPS only', 'sprop-parameter-sets=aO48gA=='],
  ];
  for (const [title, fmtp] of USELESS) {
    it(`Q122 ${title}: waits for the parameters in band`, async () => {
      const { units } = await depacketize(
        [
          { p: '61 9a "slice"', t: -3000, m: true },
          ...inBand('674d401e9a640501eff35010101400000fa00001388010', '68ee3c80'),
          { p: '61 9a "slice"', t: 3000, m: true },
        ],
        fmtp,
      );
      assert.deepEqual(
        units.map(({ parameters, parametersChanged }) => [parameters?.info.width, parametersChanged]),
        [
          [undefined, false],
          [640, true],
          [640, false],
        ],
      );
    });
  }

  it('Q123 VStarcam: something else in place of the SPS', async () => {
    const fmtp =
      'profile-level-id=00f004;packetization-mode=1;sprop-parameter-sets=6QDwBE/LCAAAH0gAB1TgIAAAAAA=,AAAAAA==';
    const { units } = await depacketize(inBand('674d0028e900f0044fcb0800001f48000754e020', '68ea8f20'), fmtp);
    assert.equal(units[0]!.parametersChanged, true);
    assert.equal(units[0]!.parameters?.info.codec, 'avc1.4D0028');
    assert.deepEqual([units[0]!.parameters!.sps.length, units[0]!.parameters!.pps.length], [1, 1]);
  });

  const FORMS: [title: string, value: string, units: string[]][] = [
    ['Q123 sets in swapped order', 'aO48gA==,Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=', ['68ee3c80', '674d002a']],
    ['Q123 extra commas', ',Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=,,aO48gA==,', ['674d002a', '68ee3c80']],
    ['Q124 Tenda CP3PRO: start codes ahead', 'AAAAAWdNAB6VqC0Pabg=,AAABaO48gA==', ['674d001e', '68ee3c80']],
    ['Q124 both sets in one item', 'AAAAAWdNAB6VqC0PabgAAAABaO48gA==', ['674d001e', '68ee3c80']],
  ];
  for (const [title, value, expected] of FORMS) {
    it(title, () => {
      const units = parameterSetsFromSdp(video(`sprop-parameter-sets=${value}`));
      assert.deepEqual(
        units.map((unit) => unit.toString('hex').slice(0, 8)),
        expected,
      );
    });
  }

  it('Q124 GW Security: start codes behind the sets', async () => {
    const fmtp = 'packetization-mode=1;sprop-parameter-sets=Z00AHpWoLQ9puAgICBAAAAAB,aO48gAAAAAE=';
    const { units, faults } = await depacketize([{ p: '65 88', m: true }], fmtp);
    const { sps, pps, info } = units[0]!.parameters!;
    assert.deepEqual(
      [...sps, ...pps].map((set) => set.toString('hex')),
      ['674d001e95a82d0f69b808080810', '68ee3c80'],
    );
    assert.equal(info.codec, 'avc1.4D001E');
    assert.deepEqual(faults, []);
  });

  it('Q125 Reolink: bytes behind the SPS are told once and kept', async () => {
    const sps = '67640033ac1514a0a03da1000004f6000063380404';
    const other = '67640033ac1514a0a02ff95004';
    const packets = [...inBand(sps, '68ee3cb0'), ...inBand(sps, '68ee3cb0', 3000), ...inBand(other, '68ee3cb0', 6000)];
    const { units, faults } = await depacketize(packets, sprop(hex(sps), hex('68ee3cb0')));
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['h264-parameters'],
    );
    assert.match(faults[0]!.message, /bytes behind its end/);
    assert.deepEqual(units[0]!.parameters?.sps, [hex(sps)]);
    assert.equal(units[0]!.parameters?.info.width, 640);
  });

  it('tells whether pictures may come out of order', () => {
    const answers: [sps: Buffer | undefined, answer: boolean][] = [
      [undefined, true],
      [Buffer.from('Z0LAHtkDxWhAAAADAEAAAAwDxYuS', 'base64'), false], // Baseline
      [Buffer.from('Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=', 'base64'), false], // pic_order_cnt_type 2
      [Buffer.from('Z2QAM6zoAoALWQ==', 'base64'), true],
    ];
    for (const [sps, answer] of answers) {
      assert.equal(mayReorder(video(sps === undefined ? undefined : sprop(sps))), answer);
    }
    assert.equal(mayReorder({ ...video(), encodingName: 'mpeg4-generic' }), false);
  });
});

describe('changes of parameter sets', () => {
  const NEW = '674d401e9a640501eff35010101400000fa00001388010';
  const facts = async (packets: PacketSpec[], fmtp = VSTARCAM) =>
    (await depacketize(packets, fmtp)).units.map(({ parameters, parametersChanged }) => [
      parameters?.info.width,
      parametersChanged,
    ]);

  it('Q128 resolution switch: the frame is flagged', async () => {
    const packets = [{ p: '65 88', t: -3000, m: true }, ...inBand(NEW, '68ee3c80'), { p: '61 9a', t: 3000, m: true }];
    assert.deepEqual(await facts(packets), [
      [1920, true],
      [640, true],
      [640, false],
    ]);
  });

  it('Q128 the same sets ahead of each IDR are no change', async () => {
    const sps = '674d002a9da81e0089f966e02020280000030008000003007c20';
    assert.deepEqual(await facts([...inBand(sps, '68ee3c80'), ...inBand(sps, '68ee3c80', 3000)]), [
      [1920, true],
      [1920, false],
    ]);
  });

  it('Q128 a new SPS alone joins the stored PPS', async () => {
    const { units } = await depacketize([{ p: NEW }, { p: '65 88', m: true }], VSTARCAM);
    assert.deepEqual([units[0]!.parameters!.info.width, units[0]!.parametersChanged], [640, true]);
    assert.deepEqual(units[0]!.parameters!.pps, [hex('68ee3c80')]);
  });

  it('Q128 a new PPS alone joins the stored SPS', async () => {
    const packets = [{ p: '65 88', t: -1, m: true }, { p: '68ee3cb0' }, { p: '65 88', m: true }];
    const { units } = await depacketize(packets, VSTARCAM);
    assert.deepEqual([units[1]!.parameters!.info.width, units[1]!.parametersChanged], [1920, true]);
    assert.deepEqual(units[1]!.parameters!.pps, [hex('68ee3cb0')]);
  });

  it('Q128 a PPS alone and no SPS stored: no parameters', async () => {
    assert.deepEqual(await facts([{ p: '68ee3c80' }, { p: '65 88', m: true }], ''), [[undefined, false]]);
  });

  it('Q128 an SPS that cannot be decoded is told, and the stored one stays', async () => {
    const { units, faults } = await depacketize([{ p: '6764ff' }, { p: '65 88', m: true }], VSTARCAM);
    assert.match(faults[0]!.message, /SPS cannot be decoded/);
    assert.equal(units[0]!.parameters!.info.width, 1920);
  });

  it('Q128 a PPS that cannot be decoded is told', async () => {
    const { units, faults } = await depacketize([{ p: '68' }, { p: '65 88', m: true }], VSTARCAM);
    assert.match(faults[0]!.message, /PPS cannot be decoded/);
    assert.deepEqual(units[0]!.parameters!.pps, [hex('68ee3c80')]);
  });

  it('Q128 the parameters are copies: they do not keep the chunk they came in', async () => {
    const chunk = Buffer.alloc(27);
    chunk.set(hex(`${NEW}68ee3c80`));
    const packets = [{ p: chunk.subarray(0, 23) }, { p: chunk.subarray(23) }, { p: '65 88', m: true }];
    const { units } = await depacketize(packets);
    const { sps, pps } = units[0]!.parameters!;
    for (const set of [...sps, ...pps]) assert.notEqual(set.buffer, chunk.buffer);
  });

  it('Q129 a second PPS with another id: both are kept, with a warning', async () => {
    const fmtp = sprop(makeSps(), pps(0), pps(1));
    const { units, faults } = await depacketize([{ p: '65 88', m: true }], fmtp);
    assert.deepEqual(units[0]!.parameters!.pps, [pps(0), pps(1)]);
    assert.match(faults[0]!.message, /another PPS, with id 1: both are kept/);
    assert.equal(faults.length, 1);
  });

  it('Q128 a new SPS with a new and an old PPS: these two are in force, others are not', () => {
    const sets = new ParameterSets();
    sets.update([makeSps(), pps(0), pps(1), pps(2)]);
    const newer = hex('68ee3c80');
    const { changed, problems } = sets.update([makeSps({ orderType: 2 }), newer, pps(1)]);
    assert.deepEqual([changed, problems], [true, []]);
    assert.deepEqual(sets.current?.pps, [newer, pps(1)]);
  });

  it('Q129 one set of each id, the last wins, in the order of ids', () => {
    const sets = new ParameterSets();
    sets.update([makeSps({ id: 1 }), pps(3, 1), makeSps({ id: 0 }), pps(0, 0)]);
    assert.deepEqual(sets.current?.sps, [makeSps({ id: 0 }), makeSps({ id: 1 })]);
    assert.deepEqual(sets.current?.pps, [pps(0, 0), pps(3, 1)]);
    const { changed } = sets.update([makeSps({ id: 1, orderType: 2 })]);
    assert.equal(changed, true);
    assert.deepEqual(sets.current?.sps, [makeSps({ id: 0 }), makeSps({ id: 1, orderType: 2 })]);
    assert.equal(sets.current?.info.id, 1);
  });

  it('Q129 a set longer than its length field can say is passed over, and the cap is named', () => {
    const sets = new ParameterSets();
    sets.update([makeSps(), pps()]);
    const { changed, problems } = sets.update([Buffer.concat([pps(1), Buffer.alloc(65_536, 0xff)])]);
    assert.equal(changed, false);
    assert.match(problems[0]!, /longer than the cap of 65535/);
    const longest = Buffer.alloc(65_535, 0xff);
    pps(1).copy(longest);
    assert.equal(sets.update([longest]).changed, true);
  });
});
