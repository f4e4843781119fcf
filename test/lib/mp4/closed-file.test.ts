import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Mp4Sample, readMp4, sampleNalUnits } from '../../read-mp4.js';
import { pps, sps } from '../camera/h264-writer.js';
import { type FrameSpec, frames, mux } from './mux.js';

/** What a sample is, wherever its tables stand. */
const essence = ({ data, dts, cts, duration, isSync, offset }: Mp4Sample) => ({
  data: data.toString('latin1'),
  ...{ dts, cts, duration, isSync, offset },
});

const NEW_SPS = Buffer.from('674d401e9a640501eff35010101400000fa00001388010', 'hex');

/** Groups of three frames whose parameter sets are those of the list. */
const groupsWith = (...sets: Buffer[][]): FrameSpec[] =>
  sets.flatMap((list, group): FrameSpec[] => [
    { kind: 'idr', t: group * 10_800, sets: list },
    { kind: 'ref', t: group * 10_800 + 3600 },
    { kind: 'ref', t: group * 10_800 + 7200 },
  ]);

describe('a muxed file closed into progressive form', () => {
  it('Q128 parameters change in mid-stream: one description per distinct pair, an earlier one is used again', async () => {
    const first = [sps(), pps()];
    const second = [NEW_SPS, pps()];
    const specs = groupsWith(first, second, second, first, [NEW_SPS]);
    for (const fragmentDurationMs of [0, 100, 1000]) {
      const { closed, bytes } = await mux(await frames(specs, ''), { fragmentDurationMs, tags: {} });
      const { samples, file } = readMp4(closed!);
      assert.deepEqual(
        samples.map(({ description }) => description),
        [0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1],
      );
      const entries = file.moov.traks[0]!.mdia.minf.stbl.stsd.entries as unknown as { width: number }[];
      assert.deepEqual(
        entries.map(({ width }) => width),
        [64, 640],
      );
      assert.deepEqual(samples.map(essence), readMp4(bytes).samples.map(essence));
      assert.deepEqual(sampleNalUnits(samples[3]!.data).slice(0, 2), second, 'the sets stay in the samples');
    }
  });

  it('Q106 a file of one sample is readable', async () => {
    const { closed } = await mux(await frames([{ kind: 'idr', t: 5 }]));
    const { samples, tracks } = readMp4(closed!);
    assert.deepEqual(
      samples.map(({ dts, cts, isSync }) => [dts, cts, isSync]),
      [[0, 0, true]],
    );
    assert.deepEqual(tracks[0]!.edits, [{ duration: 40, mediaTime: 0 }], 'ffmpeg shows nothing of an edit of length 0');
  });

  it('no frames: nothing to close', async () => {
    assert.equal((await mux([])).closed, undefined);
  });

  it('a long file: times beyond 32 bits', async () => {
    const specs = Array.from(
      { length: 8 },
      (_, i): FrameSpec => ({ kind: i === 0 ? 'idr' : 'ref', t: i * 800_000_000 }),
    );
    const { closed } = await mux(await frames(specs), { fragmentDurationMs: 0 });
    const { samples, info } = readMp4(closed!);
    assert.deepEqual(
      samples.map(({ dts }) => dts),
      specs.map(({ t }) => t),
    );
    assert.equal(info.tracks[0]!.duration, 8 * 800_000_000);
  });

  it('more samples than the index has room for at first', async () => {
    const specs = Array.from(
      { length: 9000 },
      (_, i): FrameSpec => ({ kind: i % 50 === 0 ? 'idr' : 'ref', t: i * 3600, size: 1 + (i % 40) }),
    );
    const { bytes, closed } = await mux(await frames(specs), { tags: {} });
    assert.deepEqual(readMp4(closed!).samples.map(essence), readMp4(bytes).samples.map(essence));
  });

  it('Q128 more distinct parameter sets than are kept: the file stays whole, what is not described is told', async () => {
    // A PPS each, of many kinds and then of many bytes.
    for (const [count, size, described] of [
      [300, 4, 256],
      [100, 60_000, 70],
    ] as const) {
      const numbered = (n: number): Buffer =>
        Buffer.concat([pps(), Buffer.alloc(size, 0xaa), Buffer.of(1 + (n >> 7), 0x80 | n)]);
      const specs = groupsWith(...Array.from({ length: count }, (_, n) => [sps(), numbered(n)]));
      const { bytes, closed, warnings } = await mux(await frames(specs, ''), { tags: {} });
      const { samples, file } = readMp4(closed!);
      const { entries } = file.moov.traks[0]!.mdia.minf.stbl.stsd;
      assert.ok(Math.abs(entries.length - described) <= 1, `${entries.length} descriptions of ${count}`);
      assert.deepEqual(samples.map(essence), readMp4(bytes).samples.map(essence));
      assert.equal(samples.at(-1)!.description, entries.length - 1);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, new RegExp(`cap of 256 .* 4 MiB: ${count - entries.length} changes `));
    }
  });

  it('Q101 a clock that runs away by more than the tables can hold ends nothing', async () => {
    const ahead = [0, 3600, 2 ** 33, 2 ** 33 + 3600];
    const back = Array.from({ length: 24 }, (_, i) => -i * 2 ** 29);
    for (const times of [ahead, back]) {
      const units = await frames(times.map((t, i) => ({ kind: i === 0 ? 'idr' : 'ref', t })));
      const { bytes, closed } = await mux(units, { tags: {} });
      const all = readMp4(bytes).samples.map(({ data }) => data);
      assert.equal(all.length, times.length);
      assert.deepEqual(
        readMp4(closed!).samples.map(({ data }) => data),
        all,
      );
    }
  });
});
