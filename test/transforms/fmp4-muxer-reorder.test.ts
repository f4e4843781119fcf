import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSps } from '../../lib/codec/h264-sps.js';
import { pps, sps } from '../lib/camera/h264-writer.js';
import { sprop } from '../lib/codec/rtp-items.js';
import { type FrameSpec, frames, mux } from '../lib/mp4/mux.js';
import { readMp4 } from '../read-mp4.js';

/** Main profile, 1280x720, VUI with max_num_reorder_frames 2. */
const SPS_REORDER_2 = Buffer.from('674d401fec802802dd80b5010101400000fa00003a9803c60c6580', 'hex');

/** Presentation times in frames, in decode order: pyramids of I b B b P. */
const PYRAMIDS = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11];

async function reordered(times: readonly number[], fmtp: string, fragmentDurationMs = 1000) {
  const specs = times.map((time, i): FrameSpec => ({ kind: i === 0 ? 'idr' : 'ref', t: time * 3600 }));
  const { bytes, fragments } = await mux(await frames(specs, fmtp), { fragmentDurationMs, tags: {} });
  return { samples: readMp4(bytes).samples, fragments };
}

/** What holds whatever is known of the reordering. */
function checkTimes(
  samples: readonly { dts: number; cts: number; duration: number }[],
  times: readonly number[],
): void {
  assert.deepEqual(
    samples.map(({ cts }) => cts / 3600),
    times.map((time) => time - times[0]!),
  );
  for (const [i, { dts, duration }] of samples.entries()) {
    const next = samples[i + 1];
    assert.ok(duration >= 0);
    if (next !== undefined) assert.equal(dts + duration, next.dts);
  }
}

describe('Fmp4Muxer with B-frames', () => {
  for (const [title, fmtp] of [
    ['without max_num_reorder_frames in the SPS', sprop(sps(), pps())],
    ['with max_num_reorder_frames', sprop(SPS_REORDER_2, pps())],
  ] as const) {
    it(`Q103 video steps back (retina#61), ${title}: composition times are exact`, async () => {
      for (const ms of [0, 200, 1000]) {
        const { samples } = await reordered(PYRAMIDS, fmtp, ms);
        checkTimes(samples, PYRAMIDS);
      }
    });
  }

  it('Q103 with max_num_reorder_frames the i-th decode time is the i-th presentation time', async () => {
    assert.equal(parseSps(SPS_REORDER_2)?.maxNumReorderFrames, 2);
    const { samples } = await reordered(PYRAMIDS, sprop(SPS_REORDER_2, pps()));
    assert.deepEqual(
      samples.map(({ dts }) => dts / 3600),
      PYRAMIDS.map((_, i) => i),
    );
  });

  it('Q103 the depth is known from the SPS also where the recording starts late', async () => {
    const times = [-10, ...PYRAMIDS];
    const specs = times.map((time, i): FrameSpec => ({ kind: i === 1 ? 'idr' : 'ref', t: time * 3600 }));
    const { bytes } = await mux(await frames(specs, sprop(SPS_REORDER_2, pps())), { tags: {} });
    assert.deepEqual(
      readMp4(bytes).samples.map(({ dts }) => dts / 3600),
      PYRAMIDS.map((_, i) => i),
    );
  });

  it('Q103 without it the depth is learned within the first reordered frames', async () => {
    const { samples } = await reordered(PYRAMIDS, sprop(sps(), pps()));
    assert.deepEqual(
      samples.slice(5).map(({ dts }) => dts / 3600),
      PYRAMIDS.map((_, i) => i).slice(5),
    );
    const offsets = samples.map(({ cts, dts }) => cts - dts);
    assert.ok(offsets.some((offset) => offset < 0) && offsets.some((offset) => offset > 0), 'signed');
  });

  it('Q103 any order of presentation times within 16 frames', async () => {
    const order = fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }).map((delays) => [
      0,
      ...delays
        .map((delay, i) => ({ time: i + 1, key: i + delay }))
        .sort((a, b) => a.key - b.key)
        .map(({ time }) => time),
    ]);
    await fc.assert(
      fc.asyncProperty(order, fc.constantFrom(0, 100, 1000), async (times, ms) => {
        const { samples, fragments } = await reordered(times, sprop(sps(), pps()), ms);
        checkTimes(samples, times);
        assert.equal(
          fragments.reduce((sum, fragment) => sum + fragment.samples, 0),
          times.length,
        );
      }),
      { numRuns: 40 },
    );
  });
});
