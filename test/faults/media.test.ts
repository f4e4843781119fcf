import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFaults } from '../../lib/camera/faults/parse.js';
import { EXIT } from '../../lib/cli/exit-code.js';
import { demoDigests, digest } from '../lib/recorder/cameras.js';
import type { Mp4Sample } from '../read-mp4.js';
import { readTiming } from '../read-timing.js';
import { recordFaults } from './record-faults.js';

const ALLOWED = { recorder: { allowLoss: true } };
/** Numbers of the demo's frames in the file; -1 for one that the camera did not send like that. */
const framesOf = (samples: readonly Mp4Sample[]) => samples.map(({ data }) => demoDigests.indexOf(digest(data)));
const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const isRising = (numbers: readonly number[]) => numbers.every((number, i) => i === 0 || number > numbers[i - 1]!);

describe('faults that a recording does not even notice', () => {
  for (const fault of ['split=700', 'split=headers', 'jitter=80', 'clock-drift=500', 'no-reports', 'wrong-reports']) {
    it(fault, async (t) => {
      const { report, exitCode, samples } = await recordFaults(t, parseFaults(fault));
      assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
      assert.deepEqual(framesOf(samples), count(0, 150));
      assert.equal(report!.lostPackets, 0);
    });
  }

  it('split=1: handshake and first pictures byte by byte', async (t) => {
    const { report, samples } = await recordFaults(t, parseFaults('split=1,close=packet:12'));
    assert.equal(report?.reason, 'connection');
    assert.deepEqual(framesOf(samples), count(0, samples.length));
    assert.ok(samples.length >= 2, `${samples.length} frames`);
  });

  it('duplicate=0.1: dropped and counted', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('duplicate=0.1'));
    assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
    assert.deepEqual(framesOf(samples), count(0, 150));
    assert.ok(report!.faults['rtp-duplicate']! > 20, JSON.stringify(report!.faults));
  });
});

describe('jitter', () => {
  it('changes receive times only: RTP times and frames are as without', async (t) => {
    const times = async (fault: string) => {
      const { samples } = await recordFaults(t, parseFaults(fault), { camera: { pacing: 'realtime' } });
      return samples.map(({ data }) => readTiming(data).frames[0]!);
    };
    const [even, late] = [await times('jitter=0'), await times('jitter=200')];
    assert.deepEqual(
      late.map(({ rtp }) => rtp),
      even.map(({ rtp }) => rtp),
    );
    const delays = late.map(({ recv }, i) => Number(recv - even[i]!.recv) / 2 ** 32);
    assert.ok(Math.max(...delays) > 0.1 && Math.max(...delays) < 0.5, `${Math.max(...delays)}`);
    assert.ok(
      late.every(({ recv }, i) => i === 0 || recv >= late[i - 1]!.recv),
      'nothing overtakes',
    );
  });
});

describe('sender reports', () => {
  const reportsIn = (samples: readonly Mp4Sample[]) => samples.flatMap(({ data }) => readTiming(data).reports);

  it('no-reports: none in the file, and the goodbye still counts', async (t) => {
    const { report, samples } = await recordFaults(t, parseFaults('no-reports'));
    assert.deepEqual([report?.reason, report?.senderReports, reportsIn(samples).length], ['bye', 0, 0]);
  });

  it('wrong-reports: what cannot be read or is not of this stream is left out and counted', async (t) => {
    const { report, samples } = await recordFaults(t, parseFaults('wrong-reports'));
    const { faults, senderReports } = report!;
    assert.ok(faults['rtcp-malformed']! > 0 && faults['rtcp-ssrc']! > 0, JSON.stringify(faults));
    assert.ok(senderReports >= reportsIn(samples).length, `${senderReports}`);
  });

  it('clock-offset, clock-step: the file keeps what the camera said', async (t) => {
    const ntp = async (fault: string) =>
      reportsIn((await recordFaults(t, parseFaults(fault))).samples).map((report) => report.ntp);
    const right = await ntp('clock-offset=0');
    assert.ok(right.length > 5, `${right}`);
    const ahead = await ntp('clock-offset=3600');
    assert.deepEqual(
      ahead,
      right.map((time) => time + (3600n << 32n)),
    );
    const stepped = await ntp('clock-step=10');
    const steps = stepped.map((time, i) => Number((time - right[i]!) >> 32n));
    assert.ok(new Set(steps).size > 1 && steps.every((step) => step % 10 === 0), `${steps}`);
  });
});

describe('lost, late and corrupt packets', () => {
  for (const fault of ['loss=0.02', 'reorder=0.02', 'corrupt=0.05']) {
    const faults = parseFaults(fault);
    it(`${fault} without leave: the file ends before the first one that shows`, async (t) => {
      const { report, exitCode, samples } = await recordFaults(t, faults);
      assert.ok(report?.reason === 'loss' || report?.reason === 'stage', report?.reason);
      assert.equal(exitCode, samples.length > 0 ? EXIT.early : EXIT.nothing);
      assert.match(report!.error!.message, /--allow-loss/);
    });
  }

  it('loss=0.02 with leave: whole frames only, in order', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('loss=0.02'), ALLOWED);
    assert.deepEqual([report?.reason, exitCode, report?.error], ['bye', EXIT.ok, undefined]);
    const frames = framesOf(samples);
    assert.ok(isRising(frames) && frames[0]! >= 0 && frames.length > 100 && frames.length < 150, `${frames}`);
    assert.ok(report!.lostPackets > 0 && report!.damagedFrames > 0, JSON.stringify(report!.faults));
  });

  it('reorder=0.02 with leave: late packets are dropped and counted, whole frames only', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('reorder=0.02'), ALLOWED);
    assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
    const frames = framesOf(samples);
    assert.ok(isRising(frames) && frames[0]! >= 0 && frames.length > 90 && frames.length < 150, `${frames}`);
    assert.ok(report!.faults['rtp-reordered']! > 5, JSON.stringify(report!.faults));
  });

  it('corrupt=0.05 with leave: recorded to the end', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('corrupt=0.05'), ALLOWED);
    assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
    assert.ok(samples.length > 75, `${samples.length}`);
  });

  it('a corrupt sequence number costs a moment, not the rest', async (t) => {
    // With these seeds one jumps ahead early on, so that all that follows seems late.
    for (const [corrupt, seed] of [
      [0.02, 6],
      [0.1, 14],
    ] as const) {
      const { report, samples } = await recordFaults(t, { corrupt, seed }, ALLOWED);
      assert.ok(report!.faults['rtp-reordered']! >= 16, `${corrupt}, ${seed}: ${JSON.stringify(report!.faults)}`);
      assert.ok(report!.reason === 'bye' && samples.length > 125, `${corrupt}, ${seed}: ${samples.length} frames`);
    }
  });

  it('garble=20000 with leave: the framing is found again', async (t) => {
    const run = await recordFaults(t, { garble: 20_000, seed: 4 }, ALLOWED);
    assert.deepEqual([run.report?.reason, run.exitCode], ['bye', EXIT.ok]);
    assert.ok(run.samples.length > 75, `${run.samples.length}`);
  });

  it('loss=1: a goodbye and nothing before it', async (t) => {
    const { report, exitCode } = await recordFaults(t, parseFaults('loss=1'));
    assert.deepEqual([report?.reason, report?.frames, exitCode], ['bye', 0, EXIT.nothing]);
  });
});

describe('time and parameters', () => {
  it('timestamp-jump=20 without leave: an error that says how far', async (t) => {
    const { report, exitCode } = await recordFaults(t, parseFaults('timestamp-jump=20'));
    assert.deepEqual(
      [report?.reason, report?.error && 'code' in report.error && report.error.code],
      ['stage', 'rtp-timestamp-jump'],
    );
    assert.match(report!.error!.message, /steps by -?\d+ ticks .*at most 10 s forward are allowed/);
    assert.equal(exitCode, EXIT.early);
  });

  it('timestamp-jump=20 with leave: time goes on without a gap', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('timestamp-jump=20'), ALLOWED);
    assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
    assert.ok(isRising(framesOf(samples)) && samples.length > 120, `${framesOf(samples)}`);
    assert.ok(
      samples.every(({ duration }) => duration <= 4 * 3600),
      'no gap of the size of a jump',
    );
  });

  it('sps-flap: every frame is kept, each behind the parameters that it needs', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('sps-flap'));
    assert.deepEqual([report?.reason, exitCode, samples.length], ['bye', EXIT.ok, 150]);
    const descriptions = samples.filter(({ isSync }) => isSync).map(({ description }) => description);
    assert.deepEqual(descriptions, [0, 1, 0, 1, 0, 1]);
  });
});

describe('the end of the stream', () => {
  it('close between packets and within one: the file holds all whole frames', async (t) => {
    for (const [where, how] of [
      ['packet', /the server closed the connection \(EOF\) \(/],
      ['mid-packet', /\(EOF\) inside a frame or message/],
    ] as const) {
      const { report, exitCode, samples } = await recordFaults(t, parseFaults(`close=${where}:100`));
      assert.deepEqual([report?.reason, exitCode], ['connection', EXIT.early]);
      assert.match(report!.error!.message, how);
      assert.deepEqual(framesOf(samples), count(0, samples.length));
      assert.ok(samples.length > 20, `${samples.length} frames`);
    }
  });

  it('silence between packets and within one: given up after 15 s, the file holds all whole frames', async (t) => {
    for (const where of ['packet', 'mid-packet']) {
      const { report, exitCode, samples, elapsedS } = await recordFaults(t, parseFaults(`silence=${where}:100`));
      assert.deepEqual([report?.reason, exitCode], ['connection', EXIT.early]);
      assert.match(report!.error!.message, /no media were received for 15000 ms/);
      assert.deepEqual(framesOf(samples), count(0, samples.length));
      assert.ok(samples.length > 20 && elapsedS <= 35, `${samples.length} frames, ${elapsedS} s`);
    }
  });
});
