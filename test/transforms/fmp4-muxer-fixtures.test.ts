import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AccessUnit, Item, SenderReport } from '../../lib/items.js';
import { unixNsToNtp } from '../../lib/time/ntp.js';
import { packageFile } from '../../lib/version.js';
import { type Muxed, mux, replay } from '../lib/mp4/mux.js';
import { type Mp4, readMp4 } from '../read-mp4.js';
import { readTiming } from '../read-timing.js';

const FIXTURES = fileURLToPath(packageFile('fixtures/'));
const START_CODE = Buffer.of(0, 0, 0, 1);

/** The part of a golden result that is about video. */
interface GoldenVideo {
  readonly kind: string;
  readonly frames: number;
  readonly firstIdrTimestamp: number;
  readonly timestamps: readonly number[];
  readonly copiedMd5: readonly string[];
  readonly senderReports: readonly { readonly ntp: string; readonly rtp: number }[];
}

/** A capture that went through all six stages, and what it should have become. */
interface Replayed {
  readonly items: readonly Item[];
  readonly muxed: Muxed;
  readonly mp4: Mp4;
  readonly golden: GoldenVideo;
  /** Index of the golden frame at which the recording starts. */
  readonly first: number;
}

const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.pcap'));
const replays = new Map<string, Promise<Replayed>>();

/** Replays a capture, once for all tests. */
function replayed(name: string): Promise<Replayed> {
  const known = replays.get(name) ?? replayAndMux(name);
  replays.set(name, known);
  return known;
}

async function replayAndMux(name: string): Promise<Replayed> {
  const golden = JSON.parse(readFileSync(`${FIXTURES}${name.replace(/pcap$/, 'json')}`, 'utf8'));
  const video = (golden.streams as GoldenVideo[]).find(({ kind }) => kind === 'video')!;
  const items = await replay(FIXTURES + name);
  const muxed = await mux(items);
  return {
    items,
    muxed,
    mp4: readMp4(muxed.bytes),
    golden: video,
    first: video.timestamps.indexOf(video.firstIdrTimestamp),
  };
}

/** Extends 32-bit timestamps, each by its signed difference to the one before. */
function extend(timestamps: readonly number[]): number[] {
  let time = 0;
  return timestamps.map((timestamp, i) => (time += i === 0 ? 0 : (timestamp - timestamps[i - 1]!) | 0));
}

const digest = (nalUnits: readonly Buffer[]): string => {
  const hash = createHash('md5');
  for (const nal of nalUnits) hash.update(START_CODE).update(nal);
  return hash.digest('hex');
};

for (const name of names) {
  describe(`${name} as MP4`, () => {
    it('has every frame from the first IDR on, byte for byte as ffmpeg copies it', async () => {
      const { mp4, golden, first } = await replayed(name);
      assert.ok(first >= 0);
      assert.deepEqual(
        mp4.samples.map(({ data }) => digest(readTiming(data).nalUnits)),
        golden.copiedMd5.slice(first),
      );
      assert.equal(mp4.samples.length, golden.frames - first);
    });

    it('has the presentation times of the RTP timestamps; decode times in order; the last duration is the one before', async () => {
      const { mp4, golden, first } = await replayed(name);
      const times = extend(golden.timestamps.slice(first));
      assert.equal(mp4.timescale, 90_000);
      assert.deepEqual(
        mp4.samples.map(({ cts }) => cts),
        times,
      );
      const sorted = times.toSorted((a, b) => a - b);
      const reorders = times.some((time, i) => time !== sorted[i]);
      for (const [i, { dts, duration }] of mp4.samples.entries()) {
        const next = mp4.samples[i + 1];
        if (next !== undefined) assert.equal(dts + duration, next.dts);
        if (!reorders) assert.equal(dts, times[i]);
      }
      if (reorders)
        assert.deepEqual(
          mp4.samples.slice(8).map(({ dts }) => dts),
          sorted.slice(8),
        );
      assert.equal(mp4.samples.at(-1)!.duration, mp4.samples.at(-2)!.duration);
    });

    it('marks IDR pictures, and only those, as sync samples', async () => {
      const { mp4 } = await replayed(name);
      for (const { data, isSync } of mp4.samples) {
        assert.equal(
          isSync,
          readTiming(data).nalUnits.some((nal) => (nal[0]! & 0x1f) === 5),
        );
      }
      assert.equal(mp4.samples[0]!.isSync, true);
    });

    it('has one 89H in every frame, with its RTP timestamp and when its last packet came', async () => {
      const { items, mp4, golden, first } = await replayed(name);
      const units = items.filter((item): item is AccessUnit => item.kind === 'accessUnit').slice(first);
      const frames = mp4.samples.map(({ data }) => readTiming(data).frames);
      assert.deepEqual(
        frames.map((list) => list.map(({ rtp }) => rtp)),
        golden.timestamps.slice(first).map((rtp) => [rtp]),
      );
      assert.deepEqual(
        frames.map(([frame]) => frame!.recv),
        units.map(({ recvLast }) => unixNsToNtp(recvLast)),
      );
    });

    it('has every sender report from before the last frame in exactly one o8B, in order, in the next frame', async () => {
      const { items, mp4, golden } = await replayed(name);
      const lastUnit = items.findLastIndex(({ kind }) => kind === 'accessUnit');
      const isVideo = (item: Item): item is SenderReport => item.kind === 'senderReport' && item.media.type === 'video';
      const before = items.slice(0, lastUnit).filter(isVideo);
      const found = mp4.samples.flatMap(({ data }) => readTiming(data).reports);
      assert.deepEqual(
        found.map(({ ntp, rtp }) => ({ ntp: String(ntp), rtp })),
        golden.senderReports.slice(0, before.length),
      );
      assert.ok(found.length >= golden.senderReports.length - 1, 'at most the one with BYE came behind');
      assert.deepEqual(
        found.map(({ recv }) => recv),
        before.map(({ recv }) => unixNsToNtp(recv)),
      );
      for (const { data } of mp4.samples) {
        const { frames, reports } = readTiming(data);
        for (const { recv } of reports) assert.ok(recv <= frames[0]!.recv);
      }
    });

    it('has the timing SEI behind AUD, parameter sets and SEI, ahead of the slices', async () => {
      const { mp4 } = await replayed(name);
      for (const { data } of mp4.samples) {
        const order = readTiming(data).order.join(' ');
        assert.match(order, /^(?:[6789] )*(?:o8B )*89H(?: [15])+$/);
      }
    });

    it('has the same samples whatever the fragment duration', async () => {
      const { items, mp4 } = await replayed(name);
      for (const fragmentDurationMs of [0, 5000]) {
        const other = await mux(items, { fragmentDurationMs });
        assert.deepEqual(
          readMp4(other.bytes).samples.map((sample) => ({ ...sample, offset: 0 })),
          mp4.samples.map((sample) => ({ ...sample, offset: 0 })),
        );
        if (fragmentDurationMs === 0) assert.equal(other.fragments.length, mp4.samples.length);
      }
    });

    it('has fragments of at most a second where the events say, and begins each where it can', async () => {
      const { muxed, mp4 } = await replayed(name);
      const { bytes, fragments } = muxed;
      assert.deepEqual(
        mp4.boxes.filter(({ type }) => type === 'moof').map(({ start }) => start),
        fragments.map(({ offset }) => offset),
      );
      assert.equal(fragments.at(-1)!.offset + fragments.at(-1)!.length, bytes.length);
      let next = 0;
      for (const { samples, decodeTime, duration, startsWithSync, timescale } of fragments) {
        const own = mp4.samples.slice(next, next + samples);
        next += samples;
        assert.deepEqual([own[0]!.dts, own[0]!.isSync], [decodeTime, startsWithSync]);
        assert.equal(
          own.reduce((sum, sample) => sum + sample.duration, 0),
          duration,
        );
        assert.ok(duration <= timescale);
      }
      const syncSamples = mp4.samples.filter(({ isSync }) => isSync).map(({ dts }) => dts);
      const longest = Math.max(...syncSamples.map((dts, i) => (syncSamples[i + 1] ?? mp4.samples.at(-1)!.dts) - dts));
      if (longest <= mp4.timescale) assert.ok(fragments.every(({ startsWithSync }) => startsWithSync));
      assert.equal(next, mp4.samples.length);
    });

    it('stays readable when it is cut behind any whole fragment', async () => {
      const { muxed, mp4 } = await replayed(name);
      let samples = 0;
      for (const { offset, length, samples: more } of muxed.fragments) {
        samples += more;
        const cut = readMp4(muxed.bytes.subarray(0, offset + length));
        assert.deepEqual(
          cut.samples.map(({ dts, cts, offset: at }) => [dts, cts, at]),
          mp4.samples.slice(0, samples).map(({ dts, cts, offset: at }) => [dts, cts, at]),
        );
      }
    });
  });
}

describe('all fixtures', () => {
  it('are replayed without a fault of the video', async () => {
    assert.ok(names.length >= 8);
    for (const name of names) {
      const { items } = await replayed(name);
      // GStreamer's RTP-Info names an audio packet that it never sends.
      const faults = items.filter((item) => item.kind === 'fault' && item.media?.type !== 'audio');
      assert.deepEqual(faults, [], name);
    }
  });
});
