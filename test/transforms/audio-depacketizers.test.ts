import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AudioFrame, Item, MediaDescription, RtpPacket } from '../../lib/items.js';
import { pcapSource } from '../../lib/pcap/source.js';
import { packageFile } from '../../lib/version.js';
import { AacDepacketizer, G711Depacketizer, RtpParser, TcpInterleaveDemux } from '../../transforms/index.js';
import { aac, frameBytes, g711, told } from '../lib/codec/audio-items.js';
import { type PacketSpec, rtpPackets, video } from '../lib/codec/rtp-items.js';
import { presentation } from '../lib/rtp/packets.js';
import { faultCodes, only, pass } from './items.js';

const FIXTURES = fileURLToPath(packageFile('fixtures/'));

/** What the chain makes of a capture, and what tshark and ffmpeg say of its audio. */
async function replay(name: string) {
  const chunks = (await pcapSource(`${FIXTURES}${name}.pcap`).toArray()) as Item[];
  const { items, error } = await pass(chunks, new TcpInterleaveDemux(), new RtpParser(), new AacDepacketizer());
  assert.equal(error, undefined);
  const { streams } = JSON.parse(readFileSync(`${FIXTURES}${name}.json`, 'utf8')) as {
    streams: { kind: string; packets: number; copiedMd5: string[]; timestamps: number[] }[];
  };
  return { items, golden: streams.find(({ kind }) => kind === 'audio')! };
}

const CONFIG = (hex: string) => ({
  codec: 'aac',
  sampleRate: 16_000,
  channels: 1,
  frameLength: 1024,
  specificConfig: Buffer.from(hex, 'hex'),
});

describe('AacDepacketizer on real sessions', () => {
  for (const [name, config, perPacket] of [
    ['gst-aac-basic', '140856e500', 1],
    ['gortsplib-aac-tcp', '1408', 5],
    ['vlc-aac-udp', '140856e500', 1],
  ] as const) {
    it(`Q137, Q138, Q139 ${name}: the very frames that ffmpeg gets, without a gap, ${perPacket} a packet`, async () => {
      const { items, golden } = await replay(name);
      const frames = only(items, 'audioFrame');
      assert.deepEqual(
        frames.map((frame) => createHash('md5').update(frameBytes(frame)).digest('hex')),
        golden.copiedMd5,
      );
      assert.equal(frames.length, perPacket * golden.packets);
      assert.deepEqual(
        frames.filter((_, i) => i % perPacket === 0).map(({ timestamp }) => timestamp),
        golden.timestamps,
      );
      assert.ok(frames.every(({ duration }) => duration === 1024));
      frames.slice(1).forEach(({ extendedTimestamp }, i) => {
        assert.equal(extendedTimestamp - frames[i]!.extendedTimestamp, 1024);
      });
      assert.ok(frames.every(({ config }) => config === frames[0]!.config));
      assert.deepEqual(frames[0]!.config, CONFIG(config));
      assert.ok(faultCodes(items).every((code) => code === 'rtp-loss'));
      assert.ok(only(items, 'rtp').every(({ media }) => media.type === 'video'));
    });
  }
});

/** Tags items for comparison: frames by text and time, the others by kind. */
const tags = (items: readonly Item[]) =>
  items.map((item) => (item.kind === 'audioFrame' ? told([item])[0]!.join(' ') : item.kind));

const held = (media: MediaDescription): RtpPacket => rtpPackets(media, [{ p: '0010 0018 "abc"', t: 7 }])[0]!;

describe('AacDepacketizer', () => {
  const media = aac();

  it('keeps streams apart and lets packets of others pass', async () => {
    const other = aac({ index: 2 });
    const [a1, a2] = rtpPackets(media, [
      { p: '0010 0030 "abc"', t: 5 },
      { p: '0010 0030 "def"', t: 5, m: true },
    ]);
    const [b1] = rtpPackets(other, [{ p: '0010 0018 "xyz"', t: 5, m: true }]);
    const [v] = rtpPackets(video(), [{ p: '6588', m: true }]);
    const [g] = rtpPackets(g711('pcma'), [{ p: 'd5' }]);
    const { items } = await pass([a1, v, b1, g, a2], new AacDepacketizer());
    assert.deepEqual(tags(items), ['rtp', 'xyz 5', 'rtp', 'abcdef 5']);
    assert.deepEqual([items[0], items[2]], [v, g]);
  });

  it('a frame that is held back comes ahead of a new presentation, and at the end', async () => {
    const next = presentation([{ ...media }]);
    assert.deepEqual(tags((await pass([held(media), next], new AacDepacketizer())).items), ['abc 7', 'presentation']);
    assert.deepEqual(tags((await pass([held(media)], new AacDepacketizer())).items), ['abc 7']);
  });

  it('a stream that stands in a new presentation too goes on', async () => {
    const rest = rtpPackets(media, [{ p: '0010 0008 "d"', t: 7, m: true }])[0]!;
    const { items } = await pass([held(media), presentation([media]), rest], new AacDepacketizer());
    assert.deepEqual(tags(items), ['presentation', 'fault', 'abcd 7']);
  });

  it('reports and BYEs do not end a frame that is held back', async () => {
    const bye: Item = { kind: 'bye', media, ssrcs: [1], recv: 1n };
    const rest = rtpPackets(media, [{ p: '0010 0008 "d"', t: 7, m: true }])[0]!;
    const { items } = await pass([held(media), bye, rest], new AacDepacketizer());
    assert.deepEqual(tags(items), ['bye', 'fault', 'abcd 7']);
  });

  it('Q137 a stream that cannot be recorded is named once, its packets pass, and the video goes on', async () => {
    const unusable = aac({ fmtp: 'mode=AAC-lbr;config=1188' });
    const packets = rtpPackets(unusable, [{ p: '0010 0018 "abc"' }, { p: '0010 0018 "abc"' }]);
    const [v] = rtpPackets(video(), [{ p: '6588', m: true }]);
    const { items, error } = await pass([packets[0], v, packets[1]], new AacDepacketizer());
    assert.equal(error, undefined);
    const [fault, ...rest] = items;
    assert.deepEqual(rest, [packets[0], v, packets[1]]);
    assert.ok(fault?.kind === 'fault' && fault.code === 'audio-unsupported' && fault.media === unusable);
    assert.match(fault.message, /^audio stream 1: .*AAC-lbr/);
  });

  it('a stream of that name that is no audio passes without a word', async () => {
    const packets = rtpPackets(aac({ type: 'video' }), [{ p: '0010 0018 "abc"' }]);
    assert.deepEqual((await pass(packets, new AacDepacketizer())).items, packets);
  });
});

describe('G711Depacketizer', () => {
  const specs: PacketSpec[] = [
    { p: '"abc"', t: 0 },
    { p: '"de"', t: 3 },
  ];

  it('Q143 makes frames of A-law and of µ-law, with rtpmap and without', async () => {
    for (const media of [g711('pcma'), g711('pcmu', { payloadType: 0 }), g711('pcmu', { channels: 1 })]) {
      const { items } = await pass(rtpPackets(media, specs), new G711Depacketizer());
      assert.deepEqual(told(items as AudioFrame[]), [
        ['abc', 0],
        ['de', 3],
      ]);
      assert.ok((items as AudioFrame[]).every((frame) => frame.media === media));
    }
  });

  it('Q143, Q144 other audio passes without a word', async () => {
    for (const name of ['l16', 'g722', 'g726-32', 'dvi4', 'opus', 'g723.1', 'pcm', 'mpeg4-generic']) {
      const packets = rtpPackets(g711(name), specs);
      assert.deepEqual((await pass(packets, new G711Depacketizer())).items, packets);
    }
  });

  it('Q143 a rate that cannot be stored is named once, and the packets pass', async () => {
    const packets = rtpPackets(g711('pcma', { clockRate: 96_000 }), specs);
    const { items } = await pass(packets, new G711Depacketizer());
    assert.deepEqual(faultCodes(items), ['audio-unsupported']);
    assert.deepEqual(items.slice(1), packets);
  });

  it('a stream of that name that is no audio passes', async () => {
    const packets = rtpPackets(g711('pcma', { type: 'application' }), specs);
    assert.deepEqual((await pass(packets, new G711Depacketizer())).items, packets);
  });
});
