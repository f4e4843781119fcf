import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessUnit, Fault, FaultCode, Item, MediaDescription } from '../../../lib/items.js';
import type { RecordedMedia } from '../../../lib/mp4/recorded-media.js';
import { Monitor } from '../../../lib/recorder/monitor.js';
import { endedWell, isDamage } from '../../../lib/recorder/report.js';
import { depacketize, senderReport, video } from '../codec/rtp-items.js';
import { audioFrames, audioRun } from '../mp4/audio.js';
import { frames } from '../mp4/mux.js';

function watched(allowLoss: boolean, streams: RecordedMedia = { video: media }) {
  const told: string[] = [];
  const monitor = new Monitor(allowLoss, streams, {
    fault: ({ code }) => told.push(`fault ${code}`),
    loss: (message) => told.push(`loss ${message}`),
    bye: (everything) => told.push(everything ? 'bye' : 'bye of video'),
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
    assert.deepEqual(monitor.stats({ bytes: 0, audioFrames: 0 }).startedAt, undefined);
    for (const unit of units) assert.equal(monitor.admit(unit), true);
    const {
      frames: count,
      keyFrames,
      mediaSeconds,
      width,
      height,
      startedAt,
      bytes,
    } = monitor.stats({ bytes: 99, audioFrames: 0 });
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
    assert.equal(monitor.stats({ bytes: 0, audioFrames: 0 }).frames, 1);
  });

  it('counts lost packets as soon as they are known, and once', async () => {
    const [first, second] = await frames([
      { kind: 'idr', t: 0 },
      { kind: 'ref', t: 3600 },
    ]);
    const { monitor } = watched(true);
    const lost = () => monitor.stats({ bytes: 0, audioFrames: 0 }).lostPackets;
    const loss: Fault = { ...fault('rtp-loss'), lost: 3, media };
    monitor.admit(loss);
    assert.equal(lost(), 0, 'before the recording has begun');
    monitor.admit(first!);
    monitor.admit(loss);
    monitor.admit({ ...loss, media: { ...media, type: 'audio' } });
    assert.equal(lost(), 3);
    monitor.admit({ ...second!, lost: 3 });
    assert.equal(lost(), 3);
    monitor.admit(loss);
    assert.equal(lost(), 6);
  });

  it('tells faults and counts them by code', () => {
    const { monitor, told } = watched(false);
    for (const code of ['junk', 'rtp-loss', 'junk'] as const) assert.equal(monitor.admit(fault(code)), true);
    assert.deepEqual(told, ['fault junk', 'fault rtp-loss', 'fault junk']);
    assert.deepEqual(monitor.stats({ bytes: 0, audioFrames: 0 }).faults, { junk: 2, 'rtp-loss': 1 });
  });

  for (const code of ['h264-damaged', 'h264-malformed', 'h264-unsupported'] as const) {
    it(`${code} ends a recording that allows no loss, from then on nothing passes`, async () => {
      const units = await frames([
        { kind: 'idr', t: 0 },
        { kind: 'ref', t: 3600 },
      ]);
      const strict = watched(false);
      assert.equal(strict.monitor.admit(fault(code)), true, 'before the start nothing is lost');
      assert.equal(strict.monitor.stats({ bytes: 0, audioFrames: 0 }).damagedFrames, 0);
      strict.monitor.admit(units[0]!);
      assert.equal(strict.monitor.admit(fault(code)), false);
      assert.deepEqual(strict.told.slice(2), [`loss what ${code} is`]);
      for (const item of [units[1]!, fault('junk'), { kind: 'bye', media, ssrcs: [], recv: 0n }] as Item[]) {
        assert.equal(strict.monitor.admit(item), false);
      }
      assert.equal(strict.told.length, 3);
      const lenient = watched(true);
      for (const item of [units[0]!, fault(code), units[1]!]) assert.equal(lenient.monitor.admit(item), true);
      assert.deepEqual(
        [
          lenient.monitor.stats({ bytes: 0, audioFrames: 0 }).damagedFrames,
          lenient.monitor.stats({ bytes: 0, audioFrames: 0 }).frames,
        ],
        [1, 2],
      );
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
    assert.deepEqual(
      [monitor.stats({ bytes: 0, audioFrames: 0 }).lostPackets, monitor.stats({ bytes: 0, audioFrames: 0 }).frames],
      [4, 1],
    );
  });

  it('tells BYE and keeps the last sender report', () => {
    const { monitor, told } = watched(false);
    const last = senderReport(media, 2n, 2);
    for (const item of [senderReport(media, 1n, 1), last, { kind: 'bye', media, ssrcs: [1], recv: 0n }] as Item[]) {
      assert.equal(monitor.admit(item), true);
    }
    assert.deepEqual(told, ['bye']);
    assert.deepEqual(
      [
        monitor.stats({ bytes: 0, audioFrames: 0 }).senderReports,
        monitor.stats({ bytes: 0, audioFrames: 0 }).lastSenderReport,
      ],
      [2, last],
    );
  });
});

describe('Monitor of video and audio', () => {
  const [audio] = audioRun(1);
  const streams = { video: media, audio: { media: audio!.media, config: audio!.config } };
  const bye = (of: MediaDescription, foreign?: true): Item => ({
    kind: 'bye',
    media: of,
    ssrcs: [1],
    foreign,
    recv: 0n,
  });
  const unit = async () => ({ ...(await frames([{ kind: 'idr', t: 0 }]))[0]!, media });
  const none = { bytes: 0, audioFrames: 0 };

  it('tells of audio what it is, how many frames the muxer has, what was lost of it; none of that ends anything', async () => {
    const { monitor, told } = watched(false, streams);
    const lossy = audioFrames(
      [{ t: 0, lost: 5 }, { t: 1024, lost: 2 }, { t: 2048 }, { t: 3072, lost: 1 }],
      audio!.media,
    );
    for (const item of [lossy[0]!, await unit(), ...lossy.slice(1), fault('audio-malformed')]) {
      assert.equal(monitor.admit(item), true);
    }
    const stats = monitor.stats({ bytes: 9, audioFrames: 7 });
    assert.deepEqual(stats.audio, { codec: 'aac', sampleRate: 48_000, channels: 1, frames: 7, lostPackets: 3 });
    assert.deepEqual([stats.frames, stats.lostPackets, stats.damagedFrames, stats.mediaSeconds], [1, 0, 0, 0]);
    assert.deepEqual([told, stats.faults], [['fault audio-malformed'], { 'audio-malformed': 1 }]);
  });

  it('Q91 nothing is lost of audio before its first frame, gst-rtsp-server: RTP-Info names the packet before', async () => {
    const { monitor } = watched(false, streams);
    monitor.admit(await unit());
    const lossy = audioFrames([{ t: 0, lost: 1 }, { t: 1024 }, { t: 3072, lost: 2 }], audio!.media);
    for (const item of lossy) monitor.admit(item);
    assert.equal(monitor.stats(none).audio!.lostPackets, 2);
  });

  it('counts the sender reports of the video alone', () => {
    const { monitor } = watched(false, streams);
    const own = senderReport(media, 1n, 1);
    for (const report of [own, senderReport(audio!.media, 2n, 2)]) monitor.admit(report);
    assert.deepEqual([monitor.stats(none).senderReports, monitor.stats(none).lastSenderReport], [1, own]);
  });

  it('audio alone: it starts with the first frame, and has the time of its frames', () => {
    const { monitor } = watched(false, { audio: streams.audio });
    for (const frame of audioRun(48, 4000)) monitor.admit(frame);
    const { startedAt, mediaSeconds, frames: pictures, audio: sound } = monitor.stats({ bytes: 0, audioFrames: 48 });
    assert.deepEqual([startedAt, pictures, sound!.frames], [audioRun(1, 4000)[0]!.recvFirst, 0, 48]);
    assert.equal(mediaSeconds, (47 * 1024) / 48_000);
  });

  it('BYE: the end is when all streams have said it; when the video has, that is told', () => {
    const cases: [Item[], string[]][] = [
      [
        [bye(media), bye(audio!.media)],
        ['bye of video', 'bye'],
      ],
      [[bye(audio!.media), bye(media)], ['bye']],
      [[bye(audio!.media)], []],
    ];
    for (const [items, expected] of cases) {
      const { monitor, told } = watched(false, streams);
      for (const item of [audio!, ...items]) monitor.admit(item);
      assert.deepEqual(told, expected);
    }
  });

  it('BYE of audio that was never heard is not waited for', () => {
    const { monitor, told } = watched(false, streams);
    monitor.admit(bye(media));
    assert.deepEqual(told, ['bye']);
  });

  it('BYE of another source than the stream’s ends nothing', () => {
    const { monitor, told } = watched(false, streams);
    for (const item of [audio!, bye(media, true), bye(audio!.media, true)]) monitor.admit(item);
    assert.deepEqual(told, []);
    monitor.admit(bye(media));
    assert.deepEqual(told, ['bye of video']);
  });

  it('BYE where audio is all there is', () => {
    const { monitor, told } = watched(false, { audio: streams.audio });
    for (const item of [audio!, bye(audio!.media)]) monitor.admit(item);
    assert.deepEqual(told, ['bye']);
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
