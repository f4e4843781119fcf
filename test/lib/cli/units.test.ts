import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../../lib/cli/duration.js';
import { exitCodeOf, exitCodeOfReport } from '../../../lib/cli/exit-code.js';
import { FaultLog } from '../../../lib/cli/fault-log.js';
import { formatBytes, formatTime } from '../../../lib/cli/format.js';
import { levelOfRustLog } from '../../../lib/cli/log.js';
import { summary } from '../../../lib/cli/summary.js';
import { RetinaRecordError } from '../../../lib/errors.js';
import type { EndReason, RecordingReport } from '../../../lib/recorder/report.js';

test('durations: units, bare seconds, nothing else', () => {
  const cases: [string, number | undefined][] = [
    ['250ms', 250],
    ['5s', 5000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1.5', 1500],
    ['0', 0],
    ['', undefined],
    ['5 minutes', undefined],
    ['-1s', undefined],
    ['1e3', undefined],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test('the summary tells of video, of audio, of both', () => {
  const audio = { codec: 'aac', sampleRate: 44_100, channels: 2, frames: 9, lostPackets: 1 } as const;
  const base = {
    reason: 'duration',
    bytes: 1000,
    mediaSeconds: 2,
    senderReports: 1,
    lostPackets: 2,
    url: '',
    faults: {},
  };
  const of = (more: object): string => summary({ ...base, frames: 0, width: 0, height: 0, ...more } as never, 'name');
  const video = { frames: 50, width: 640, height: 360, path: 'a.mp4' };
  const rest = '2.0 s, 1.0 kB, 1 sender report';
  assert.equal(of(video), `recorded a.mp4: 50 frames, 640x360, ${rest}, 2 packets lost`);
  assert.equal(
    of({ ...video, audio }),
    `recorded a.mp4: 50 frames, 640x360, AAC 44.1 kHz stereo, ${rest}, 3 packets lost`,
  );
  assert.equal(of({ audio }), `recorded name: AAC 44.1 kHz stereo, ${rest}, 3 packets lost`);
  const none = { audio: { ...audio, frames: 0, channels: 6 } };
  assert.equal(of({ ...video, ...none }), `recorded a.mp4: 50 frames, 640x360, no AAC came, ${rest}, 3 packets lost`);
  assert.equal(of({ ...none, error: new Error('gone') }), 'gone; nothing was recorded');
  assert.match(of({ ...video, reason: 'reader-gone' }), /^the reader went away; recorded a\.mp4/);
  assert.match(of({ ...video, reason: 'bye' }), /^the camera ended the stream; recorded a\.mp4/);
});

test('bare levels of RUST_LOG; what it says of modules is not for us', () => {
  const cases: [string | undefined, string | undefined][] = [
    ['info', 'info'],
    ['WARN', 'warn'],
    [' debug ', 'debug'],
    ['trace', 'debug'],
    ['off', 'error'],
    ['', undefined],
    [undefined, undefined],
    ['retina=debug,info', undefined],
    ['verbose', undefined],
  ];
  for (const [text, level] of cases) assert.equal(levelOfRustLog(text), level, text);
});

test('figures for people', () => {
  assert.deepEqual([0, 999, 1000, 655_000, 12_345_678, 3e12].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '655 kB',
    '12.3 MB',
    '3.0 TB',
  ]);
  assert.deepEqual([0, 59.9, 3661].map(formatTime), ['0:00:00', '0:00:59', '1:01:01']);
});

test('exit codes by error and by report', () => {
  const of = (code: string): number => exitCodeOf(new RetinaRecordError(code, ''));
  assert.deepEqual(
    ['url-invalid', 'output-exists', 'auth-rejected', 'no-video', 'no-audio', 'connect-refused'].map(of),
    [2, 2, 4, 4, 4, 3],
  );
  const report = (reason: EndReason, frames: number): number => exitCodeOfReport({ reason, frames } as RecordingReport);
  const good: EndReason[] = ['stopped', 'duration', 'bye', 'reader-gone'];
  const early: EndReason[] = ['loss', 'connection', 'no-frames', 'stage', 'output'];
  for (const reason of good) assert.equal(report(reason, 1), 0, reason);
  for (const reason of early) assert.equal(report(reason, 1), 1, reason);
  for (const reason of [...early, 'duration'] as const) assert.equal(report(reason, 0), 3, reason);
  const withAudio = (frames: number): RecordingReport =>
    ({
      reason: 'bye',
      frames: 0,
      audio: { codec: 'aac', sampleRate: 16_000, channels: 1, frames, lostPackets: 0 },
    }) as never;
  assert.deepEqual([withAudio(0), withAudio(1)].map(exitCodeOfReport), [3, 0]);
});

test('a flood of one fault is one message in ten seconds, with the number of the others', () => {
  const lines: string[] = [];
  let now = 0;
  const log = { warn: (_fields: object, line: string) => lines.push(line) };
  const faults = new FaultLog(log as never, () => now);
  for (let i = 0; i < 1000; i++) faults.add({ kind: 'fault', code: 'rtp-loss', message: `loss ${i}` });
  faults.add({ kind: 'fault', code: 'junk', message: 'junk' });
  now = 10_001;
  faults.add({ kind: 'fault', code: 'rtp-loss', message: 'later' });
  assert.deepEqual(lines, ['loss 0', 'junk', 'later (and 999 more of this kind since)']);
});
