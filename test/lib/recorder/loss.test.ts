import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { CameraScript } from '../../../lib/camera/script.js';
import { record } from '../../../lib/recorder/record.js';
import type { RecordingReport } from '../../../lib/recorder/report.js';
import { type Mp4Sample, readMp4 } from '../../read-mp4.js';
import { altered, cameraFor, demo, demoDigests, digest, folderFor, frameOfPacket } from './cameras.js';

const frames = frameOfPacket(demo.media[0]!.packets);
const packetsOf = (frame: number) => frames.flatMap((number, i) => (number === frame ? [i] : []));

interface Result {
  readonly report: RecordingReport;
  readonly samples: readonly Mp4Sample[];
  /** Numbers of the demo's frames that are in the file. */
  readonly kept: readonly number[];
}

async function recordScript(t: TestContext, script: CameraScript, allowLoss: boolean): Promise<Result> {
  const camera = await cameraFor(t, { script });
  const report = await (await record(camera.url, join(folderFor(t), 'out.mp4'), { allowLoss })).done;
  const samples = report.path === undefined ? [] : readMp4(readFileSync(report.path)).samples;
  const kept = samples.map(({ data }) => demoDigests.indexOf(digest(data)));
  return { report, samples, kept };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const without = (...dropped: number[]) => altered((packets) => packets.filter((_, i) => !dropped.includes(i)));

describe('a recording that loses packets', () => {
  // The middle of frame 25, an IDR; the last packet of frame 60; all of frame 90.
  const idr = packetsOf(25);
  const dropped = [idr[3]!, idr[4]!, packetsOf(60).at(-1)!, ...packetsOf(90)];

  it('without leave: it ends before the first frame that suffers, and the file holds all until then', async (t) => {
    const { report, kept } = await recordScript(t, without(...dropped), false);
    assert.deepEqual([report.reason, (report.error as Error & { code: string }).code], ['loss', 'loss']);
    assert.match(report.error!.message, /lost.*--allow-loss goes on without/);
    assert.deepEqual(kept, range(0, 25));
    assert.deepEqual([report.frames, report.damagedFrames], [25, 1]);
  });

  it('with leave: it leaves out what is damaged and nothing else, and counts', async (t) => {
    const { report, kept, samples } = await recordScript(t, without(...dropped), true);
    assert.deepEqual([report.reason, report.error], ['bye', undefined]);
    assert.deepEqual(
      kept,
      range(0, 150).filter((frame) => ![25, 60, 90].includes(frame)),
    );
    assert.equal(report.lostPackets, dropped.length);
    // Of frame 90 nothing came: no access unit that could be damaged.
    assert.deepEqual([report.frames, report.damagedFrames, report.faults['rtp-loss']], [147, 2, 3]);
    assert.deepEqual(
      [samples[24]!.duration, samples[25]!.duration],
      [7200, 3600],
      'the frame before a gap lasts until the next',
    );
  });

  it('a whole frame lost, without leave: noticed at the next one', async (t) => {
    const { report, kept } = await recordScript(t, without(...packetsOf(90)), false);
    assert.equal(report.reason, 'loss');
    assert.match(report.error!.message, /RTP packets? lost before the frame of RTP time/);
    assert.deepEqual(kept, range(0, 90));
    assert.equal(report.lostPackets, packetsOf(90).length);
  });

  it('a loss before the recording starts is none', async (t) => {
    const { report, kept } = await recordScript(t, without(packetsOf(0)[2]!), false);
    assert.deepEqual([report.reason, report.lostPackets, report.damagedFrames], ['bye', 0, 0]);
    assert.deepEqual(kept, range(25, 150));
    assert.deepEqual([report.width, report.height], [640, 360]);
  });

  it('Q101 a timestamp jump without leave: an error, after everything before it has been written', async (t) => {
    const jump = altered((packets) =>
      packets.map((packet, i) => (frames[i]! < 70 ? packet : { ...packet, timestamp: packet.timestamp + 11 * 90_000 })),
    );
    const { report, kept } = await recordScript(t, jump, false);
    assert.deepEqual([report.reason, (report.error as Error & { code: string }).code], ['stage', 'rtp-timestamp-jump']);
    assert.deepEqual(kept, range(0, 70));
    assert.equal(report.frames, 70);
  });

  it('Q101 a timestamp jump with leave: frames are dropped until three agree', async (t) => {
    const jump = altered((packets) =>
      packets.map((packet, i) => (frames[i]! < 70 ? packet : { ...packet, timestamp: packet.timestamp + 11 * 90_000 })),
    );
    const { report, kept, samples } = await recordScript(t, jump, true);
    assert.equal(report.reason, 'bye');
    assert.deepEqual(
      kept,
      range(0, 150).filter((frame) => frame !== 70 && frame !== 71),
    );
    assert.ok(samples.every(({ duration }) => duration <= 4 * 3600));
  });
});
