import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessUnit, AudioFrame, Item, MediaDescription } from '../../../lib/items.js';
import { unixNsToNtp } from '../../../lib/time/ntp.js';
import { readMp4 } from '../../read-mp4.js';
import { aac } from '../codec/audio-items.js';
import { senderReport, video } from '../codec/rtp-items.js';
import { audioFrames, merged, pictures, playing } from './audio.js';
import { frames, mux } from './mux.js';

const MS = 1_000_000n;
const NOW = 1_708_200_874_000n * MS;

/** A hundred frames from a time in ticks on that arrive as much later than that as is said, in ms. */
function sound(media: MediaDescription, t: number, lateMs: number, zero = 0): AudioFrame[] {
  const specs = Array.from({ length: 100 }, (_, i) => {
    const at = t + 1024 * i;
    return { t: at, recv: (BigInt(at) * 1000n * MS) / 48_000n + BigInt(lateMs) * MS };
  });
  return audioFrames(specs, media, zero);
}

/** Where a reader that goes by edit lists, else by decode times, starts each track, in ms. */
function starts(bytes: Buffer): number[] {
  const { tracks, info } = readMp4(bytes);
  return tracks.map(({ edits, samples, timescale }) => {
    const [first, second] = edits;
    const empty = second === undefined ? 0 : first!.duration;
    const skipped = second?.mediaTime ?? first?.mediaTime ?? 0;
    return (empty * 1000) / info.timescale + ((samples[0]!.cts - skipped) * 1000) / timescale;
  });
}

/** The video with the stream's description replaced. */
const of = (media: MediaDescription, units: readonly AccessUnit[]): AccessUnit[] =>
  units.map((unit) => ({ ...unit, media }));

const near = (actual: readonly number[], expected: readonly number[], within: number, message = ''): void => {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - expected[i]!) <= within, `${message} ${actual} instead of ${expected}`);
  }
};

describe('audio and video in sync', () => {
  it('by arrival where nothing else is known: to a tick in the fragments, to a millisecond when closed', async () => {
    for (const late of [0, 13, 40, 1250, 9000]) {
      const audio = aac();
      const items = merged(await pictures(400), sound(audio, 0, late));
      const { bytes, closed } = await mux([playing(video(), audio), ...items]);
      near(starts(bytes), [0, late], 1000 / 48_000, 'fragmented');
      near(starts(closed!), [0, late], 0.5, 'closed');
    }
  });

  it('by RTP-Info where both timelines count from it, whatever the arrival', async () => {
    const [picture, audio] = [
      { ...video(), rtpInfo: { rtptime: 77 } },
      { ...aac(), rtpInfo: { rtptime: 99 } },
    ];
    const units = (await pictures(100)).map((unit) => ({ ...unit, timestamp: unit.timestamp + 77 }));
    for (const late of [-1500, 0, 3000]) {
      const items = merged(of(picture, units), sound(audio, 4800, late, 99));
      const { bytes, closed } = await mux([playing(picture, audio), ...items]);
      near(starts(bytes), [0, 100], 1000 / 48_000, 'fragmented');
      near(starts(closed!), [0, 100], 0.5, 'closed');
    }
  });

  it('the movie begins with the first picture, wherever the timelines begin', async () => {
    const [picture, audio] = [
      { ...video(), rtpInfo: { rtptime: 0 } },
      { ...aac(), rtpInfo: { rtptime: 0 } },
    ];
    const units = await frames([
      { kind: 'ref', t: 0 },
      { kind: 'idr', t: 9000 },
      { kind: 'ref', t: 12_600 },
    ]);
    const { bytes, closed } = await mux([playing(picture, audio), ...of(picture, units), ...sound(audio, 0, 0)]);
    // The first frame behind 100 ms is the fifth, at 5 · 1024 / 48 000 s.
    near(starts(bytes), [0, (5 * 1024) / 48 - 100], 0.03);
    near(starts(closed!), [0, (5 * 1024) / 48 - 100], 0.5);
  });

  it('a frame that begins less than a millisecond ahead of the first picture begins with it, one of more is left out', async () => {
    const [picture, audio] = [
      { ...video(), rtpInfo: { rtptime: 0 } },
      { ...aac(), rtpInfo: { rtptime: 0 } },
    ];
    const units = await frames([
      { kind: 'ref', t: 0 },
      { kind: 'idr', t: 9000 },
    ]);
    for (const [early, first] of [
      [0, 0],
      [1, 0],
      [48, 0],
      [49, 1024 - 49],
    ] as const) {
      const { bytes } = await mux([playing(picture, audio), ...of(picture, units), ...sound(audio, 4800 - early, 0)]);
      const { samples } = readMp4(bytes).tracks[1]!;
      // Its frames keep their durations.
      assert.deepEqual([samples[0]!.dts, samples[1]!.dts], [first, first + 1024]);
    }
  });

  it('reordered pictures: the movie begins with the one that is shown first', async () => {
    const specs = [0, 4, 2, 1, 3, 8, 6, 5, 7].map((n, i) => ({
      kind: i === 0 ? ('idr' as const) : ('ref' as const),
      t: n * 3600,
      recv: BigInt(i) * 40n * MS,
    }));
    const { bytes, closed } = await mux([playing(video(), aac()), ...merged(await frames(specs), sound(aac(), 0, 0))]);
    const [, audio] = starts(closed!);
    assert.deepEqual(
      readMp4(bytes).tracks[0]!.samples.map(({ cts }) => cts / 3600),
      [0, 4, 2, 1, 3, 8, 6, 5, 7],
    );
    near(starts(bytes), starts(closed!), 0.5);
    assert.ok(audio! >= 0 && audio! < 200);
  });

  /** What becomes of an estimate by arrival (audio 100 ms late) when each stream reports once. */
  async function reported(videoNtpMs: number, audioNtpMs: number, t = 0) {
    const [picture, audio] = [video(), aac()];
    const reports: Item[] = [
      senderReport(picture, unixNsToNtp(NOW + BigInt(Math.round(videoNtpMs * 1e6))), 0),
      senderReport(audio, unixNsToNtp(NOW + BigInt(Math.round(audioNtpMs * 1e6))), 0),
    ];
    const media = merged(of(picture, await pictures(100)), sound(audio, t, 100));
    return mux([playing(picture, audio), ...media.slice(0, 40), ...reports, ...media.slice(40)]);
  }

  it('sender reports correct the closed file: an empty edit for audio that is later', async () => {
    const { bytes, closed } = await reported(0, 345);
    near(starts(bytes), [0, 100], 0.03, 'the fragments are written already');
    near(starts(closed!), [0, 345], 0.5);
    const { tracks, info, file } = readMp4(closed!);
    assert.deepEqual(tracks[0]!.edits, [{ duration: 4000, mediaTime: 0 }]);
    assert.deepEqual(tracks[1]!.edits, [
      { duration: 345, mediaTime: -1 },
      { duration: 2134, mediaTime: 0 },
    ]);
    assert.deepEqual([info.duration, ...file.moov.traks.map(({ tkhd }) => tkhd.duration)], [4000, 4000, 2479]);
  });

  it('sender reports correct the closed file: audio from before the first picture is not played', async () => {
    const { closed } = await reported(500, 0);
    const { tracks } = readMp4(closed!);
    assert.deepEqual(tracks[1]!.edits, [{ duration: 1634, mediaTime: 24_000 }]);
    near(starts(closed!), [0, -500], 0.5);
  });

  it('what is less than half a millisecond is no edit', async () => {
    for (const [ms, edits] of [
      [0.3, [{ duration: 2134, mediaTime: 0 }]],
      [-0.3, [{ duration: 2134, mediaTime: 0 }]],
      [-0.7, [{ duration: 2133, mediaTime: 34 }]],
    ] as const) {
      assert.deepEqual(readMp4((await reported(0, ms)).closed!).tracks[1]!.edits, edits, `${ms} ms`);
    }
  });

  it('Q98 reports of clocks that have nothing to do with each other change nothing', async () => {
    for (const [a, b] of [
      [0, 20_000],
      [20_000, 0],
      [-Number(NOW / MS), 0],
    ]) {
      near(starts((await reported(a!, b!)).closed!), [0, 100], 0.5, `${a} ${b}`);
    }
  });

  it('by its reports all audio is from before the video: the estimate stays', async () => {
    near(starts((await reported(5000, 0)).closed!), [0, 100], 0.5);
  });

  it('audio that is longer than the video makes the movie longer', async () => {
    const { closed } = await mux([playing(video(), aac()), ...merged(await pictures(5), sound(aac(), 0, 0))]);
    const { info } = readMp4(closed!);
    assert.equal(info.duration, 2134);
  });
});
