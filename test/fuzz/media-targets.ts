import assert from 'node:assert/strict';
import fc from 'fast-check';
import { packetizeAccessUnit } from '../../lib/camera/h264-packetizer.js';
import { parseAacConfig } from '../../lib/codec/aac-config.js';
import { parseAacFmtp } from '../../lib/codec/aac-fmtp.js';
import { AccessUnitAssembler } from '../../lib/codec/h264-access-unit.js';
import { parseSei } from '../../lib/codec/h264-sei.js';
import { parseSps } from '../../lib/codec/h264-sps.js';
import { parseCompound } from '../../lib/rtp/rtcp.js';
import { findPayload } from '../../lib/rtp/rtp-header.js';
import { packetizeAac, withAdts } from '../lib/codec/aac-writer.js';
import { aac, collectAac, frameBytes, HBR } from '../lib/codec/audio-items.js';
import { type PacketSpec, rtpPackets, video } from '../lib/codec/rtp-items.js';
import * as make from '../lib/pcap/synthesize.js';
import { applyDamage, damages } from './damage.js';
import { survives, type Target, target } from './target.js';

const SPS = [
  '6764001eac2c6a8342e20000030002000003003210',
  '67420029e3501405017fcb80',
  '674d0029e2900800c3602dc0404069078911508',
].map((hex) => Buffer.from(hex, 'hex'));
const SEI = Buffer.from('0605ff10dc45e9bde6d948b7962cd820d923eeef78323634202d20636f726580060104000004', 'hex');
const RTP = Buffer.from('b1e00007000004d2112233440000000100000002bede0001aabbccdd7c8501020304050602', 'hex');
const RTCP = Buffer.concat([
  Buffer.from('80c8000611223344e971e39a00000000000004d20000000a00000400', 'hex'),
  Buffer.from('81ca000311223344010263616d000000', 'hex'),
  Buffer.from('81cb000111223344', 'hex'),
]);

/** A picture of parameter sets, SEI and two slices, as packets. */
const UNITS = [
  SPS[0]!,
  Buffer.from('68ee3c80', 'hex'),
  SEI,
  Buffer.concat([Buffer.of(0x65, 0x88), Buffer.alloc(150, 0x11)]),
  Buffer.concat([Buffer.of(0x65, 0x40), Buffer.alloc(90, 0x22)]),
];
const PACKETS = [true, false].flatMap((aggregate) => packetizeAccessUnit(UNITS, { maxPayload: 60, aggregate }));

/** Frames of AAC in all the ways in which they come, as packets. */
const AAC_FRAMES = [20, 150, 1, 90, 91].map((size) => Buffer.alloc(size, 0x21));
const AAC_PACKETS = (['frame', 'fragment'] as const).flatMap((fragmentSizes) =>
  [AAC_FRAMES, AAC_FRAMES.map(withAdts)].flatMap((frames) => [
    ...packetizeAac(frames, { mtu: 60, fragmentSizes, aggregate: true, marker: true }),
    ...frames.map((p) => ({ p, m: true })),
  ]),
);

const packetOf = (count: number) => ({
  index: fc.nat(count - 1),
  changes: damages(2),
  step: fc.constantFrom(0, 0, 0, 3000, -3000),
  lost: fc.constantFrom(0, 0, 0, 0, 2),
  marker: fc.option(fc.boolean()),
});
const packet = fc.record(packetOf(PACKETS.length));
const aacPacket = fc.record(packetOf(AAC_PACKETS.length));

/** What may happen to a session's packets in a capture, and to its bytes. */
const capture = fc.record({
  order: fc.array(
    fc.tuple(fc.nat(make.SESSION.length - 1), fc.constantFrom('keep', 'keep', 'keep', 'repeat', 'leave out')),
    { maxLength: 12 },
  ),
  isNew: fc.boolean(),
  changes: damages(4),
  cuts: fc.array(fc.nat(100_000), { maxLength: 4 }),
});

/** Targets for media and captures. */
export const mediaTargets: readonly Target[] = [
  target('RTP header', damages(4), (changes) => {
    const data = applyDamage(RTP, changes);
    const range = { start: 0, end: 0 };
    if (findPayload(data, 0, data.length, range) === undefined) {
      assert.ok(range.start >= 12 && range.start <= range.end && range.end <= data.length);
    }
  }),
  target('RTCP', damages(4), (changes) => {
    const data = applyDamage(RTCP, changes);
    const { packets, senderReports, byes } = parseCompound(data);
    assert.ok(4 * packets <= data.length && 28 * senderReports.length <= data.length && 4 * byes.length <= data.length);
  }),
  target('SPS', fc.tuple(fc.constantFrom(...SPS), damages(4)), ([sps, changes]) => {
    const info = parseSps(applyDamage(sps, changes));
    if (info === undefined) return;
    assert.ok(info.width >= 1 && info.width <= 16384 && info.height >= 1 && info.height <= 16384);
    assert.match(info.codec, /^avc1\.[0-9A-F]{6}$/);
  }),
  target('SEI', damages(5), (changes) => {
    const data = applyDamage(SEI, changes);
    const size = parseSei(data).reduce((sum, { payload }) => sum + payload.length, 0);
    assert.ok(size <= data.length);
  }),
  target('H.264 depacketizer', fc.array(packet, { maxLength: 40 }), (list) => {
    let t = 0;
    const specs = list.map(({ index, changes, step, lost, marker }): PacketSpec => {
      const { payload, marker: own } = PACKETS[index]!;
      t += step;
      return { p: applyDamage(payload, changes), m: marker ?? own, t, lost };
    });
    let bytes = 0;
    const assembler = new AccessUnitAssembler(video(), (item) => {
      if (item.kind !== 'accessUnit') return;
      assert.ok(item.nalUnits.length > 0);
      for (const { type, parts, byteLength } of item.nalUnits) {
        assert.ok(type >= 1 && type <= 23);
        assert.equal(
          parts.reduce((sum, { length }) => sum + length, 0),
          byteLength,
        );
        bytes += byteLength;
      }
    });
    for (const one of rtpPackets(video(), specs)) assembler.take(one, one.payload, 0, one.payload.length);
    assembler.end();
    // A NAL unit header is made from two bytes of a fragment at most.
    assert.ok(bytes <= specs.reduce((sum, { p }) => sum + p.length, 0));
  }),
  target(
    'AAC config',
    fc.tuple(fc.constantFrom('1188', '119056e500', '17803e8008', '2b118800'), damages(3)),
    (input) => {
      const [hex, changes] = input;
      const config = parseAacConfig(applyDamage(Buffer.from(hex, 'hex'), changes));
      if ('problem' in config) return;
      assert.ok(config.sampleRate >= 1 && config.sampleRate <= 65_535 && config.channels >= 1 && config.channels <= 8);
    },
  ),
  target('fmtp of AAC', damages(4), (changes) => {
    const found = parseAacFmtp(applyDamage(Buffer.from(HBR), changes).toString('latin1'));
    assert.ok('problem' in found ? !found.problem.includes('\n') : found.config.specificConfig.length > 0);
  }),
  target('AAC depacketizer', fc.tuple(fc.array(aacPacket, { maxLength: 40 }), fc.boolean()), ([list, indexOmitted]) => {
    let t = 0;
    const specs = list.map(({ index, changes, step, lost, marker }): PacketSpec => {
      const { p, m = false } = AAC_PACKETS[index]!;
      t += step;
      return { p: applyDamage(p as Buffer, changes), m: marker ?? m, t, lost };
    });
    const { frames } = collectAac(rtpPackets(aac(), specs), aac(), indexOmitted);
    const bytes = frames.reduce((sum, frame) => sum + frameBytes(frame).length, 0);
    assert.ok(bytes <= specs.reduce((sum, { p }) => sum + p.length, 0));
    assert.ok(frames.every(({ duration, byteLength }) => duration === 1024 && byteLength <= 8191));
  }),
  target('pcap and pcapng', capture, async ({ order, isNew, changes, cuts }) => {
    let packets = make.conversation(make.SESSION);
    for (const [index, what] of order) {
      const at = index % packets.length;
      if (what === 'repeat') packets = [...packets.slice(0, at + 1), ...packets.slice(at)];
      if (what === 'leave out') packets = packets.filter((_, i) => i !== at);
    }
    const times = make.timed(packets);
    const bytes = applyDamage(isNew ? make.pcapng(times, 101, 'little') : make.classic(times), changes);
    try {
      const items = await make.itemsOf(bytes, {}, cuts);
      assert.ok(make.chunkBytes(items).length <= bytes.length);
    } catch (error) {
      survives(() => {
        throw error;
      });
    }
  }),
];
