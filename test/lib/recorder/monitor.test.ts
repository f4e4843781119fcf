import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessUnit, Fault, FaultCode, Item } from '../../../lib/items.js';
import { Monitor } from '../../../lib/recorder/monitor.js';
import { endedWell, isDamage } from '../../../lib/recorder/report.js';
import { depacketize, senderReport, video } from '../codec/rtp-items.js';
import { frames } from '../mp4/mux.js';

function watched(allowLoss: boolean) {
  const told: string[] = [];
  const monitor = new Monitor(allowLoss, {
    fault: ({ code }) => told.push(`fault ${code}`),
    loss: (message) => told.push(`loss ${message}`),
    bye: () => told.push('bye'),
  });
  return { monitor, told };
}

const fault = (code: FaultCode): Fault => ({ kind: 'fault', code, message: `what ${code} is` });
const media = video();

describe('Monitor', () => {
  it('counts frames from the start of the recording on', async () => {
    const units = await frames([
      { kind: 'ref', t: 0 },
      { kind: 'idr', t: 3600, recv: 77n },
      { kind: 'ref', t: 10_800 },
      { kind: 'disposable', t: 7200 },
      { kind: 'recovery', t: 14_400 },
    ]);
    const { monitor, told } = watched(false);
    assert.deepEqual(monitor.stats(0).startedAt, undefined);
    for (const unit of units) assert.equal(monitor.admit(unit), true);
    const { frames: count, keyFrames, mediaSeconds, width, height, startedAt, bytes } = monitor.stats(99);
    assert.deepEqual(
      { count, keyFrames, mediaSeconds, width, height, startedAt, bytes },
      { count: 4, keyFrames: 2, mediaSeconds: 0.12, width: 64, height: 64, startedAt: 77n, bytes: 99 },
    );
    assert.deepEqual(told, []);
  });

  it('does not count units without a picture, which are not written', async () => {
    const { units } = await depacketize([{ p: '09f0', t: 3600, m: true }]);
    const { monitor } = watched(false);
    const [first] = await frames([{ kind: 'idr', t: 0 }]);
    for (const unit of [first!, ...units]) monitor.admit(unit);
    assert.equal(monitor.stats(0).frames, 1);
  });

  it('tells faults and counts them by code', () => {
    const { monitor, told } = watched(false);
    for (const code of ['junk', 'rtp-loss', 'junk'] as const) assert.equal(monitor.admit(fault(code)), true);
    assert.deepEqual(told, ['fault junk', 'fault rtp-loss', 'fault junk']);
    assert.deepEqual(monitor.stats(0).faults, { junk: 2, 'rtp-loss': 1 });
  });

  for (const code of ['h264-damaged', 'h264-malformed', 'h264-unsupported'] as const) {
    it(`${code} ends a recording that allows no loss, from then on nothing passes`, async () => {
      const units = await frames([
        { kind: 'idr', t: 0 },
        { kind: 'ref', t: 3600 },
      ]);
      const strict = watched(false);
      assert.equal(strict.monitor.admit(fault(code)), true, 'before the start nothing is lost');
      assert.equal(strict.monitor.stats(0).damagedFrames, 0);
      strict.monitor.admit(units[0]!);
      assert.equal(strict.monitor.admit(fault(code)), false);
      assert.deepEqual(strict.told.slice(2), [`loss what ${code} is`]);
      for (const item of [units[1]!, fault('junk'), { kind: 'bye', media, ssrcs: [], recv: 0n }] as Item[]) {
        assert.equal(strict.monitor.admit(item), false);
      }
      assert.equal(strict.told.length, 3);
      const lenient = watched(true);
      for (const item of [units[0]!, fault(code), units[1]!]) assert.equal(lenient.monitor.admit(item), true);
      assert.deepEqual([lenient.monitor.stats(0).damagedFrames, lenient.monitor.stats(0).frames], [1, 2]);
    });
  }

  it('a unit that counts lost packets is not let through without leave', async () => {
    const [first, second] = await frames([
      { kind: 'idr', t: 0 },
      { kind: 'ref', t: 3600 },
    ]);
    const gap: AccessUnit = { ...second!, lost: 4 };
    const { monitor, told } = watched(false);
    assert.deepEqual([monitor.admit(first!), monitor.admit(gap)], [true, false]);
    assert.deepEqual(told, ['loss 4 RTP packets lost before the frame of RTP time 3600']);
    assert.deepEqual([monitor.stats(0).lostPackets, monitor.stats(0).frames], [4, 1]);
  });

  it('tells BYE and keeps the last sender report', () => {
    const { monitor, told } = watched(false);
    const last = senderReport(media, 2n, 2);
    for (const item of [senderReport(media, 1n, 1), last, { kind: 'bye', media, ssrcs: [1], recv: 0n }] as Item[]) {
      assert.equal(monitor.admit(item), true);
    }
    assert.deepEqual(told, ['bye']);
    assert.deepEqual([monitor.stats(0).senderReports, monitor.stats(0).lastSenderReport], [2, last]);
  });
});

describe('report', () => {
  it('tells good ends and damage', () => {
    const reasons = [
      'stopped',
      'duration',
      'bye',
      'reader-gone',
      'loss',
      'connection',
      'no-frames',
      'stage',
      'output',
    ] as const;
    assert.deepEqual(reasons.filter(endedWell), ['stopped', 'duration', 'bye', 'reader-gone']);
    assert.deepEqual(
      (['rtp-loss', 'h264-oddity', 'h264-damaged'] as const).map((code) => isDamage(fault(code))),
      [false, false, true],
    );
  });
});
