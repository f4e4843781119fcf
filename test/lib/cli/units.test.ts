import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../../lib/cli/duration.js';
import { exitCodeOf, exitCodeOfReport } from '../../../lib/cli/exit-code.js';
import { FaultLog } from '../../../lib/cli/fault-log.js';
import { formatBytes, formatTime } from '../../../lib/cli/format.js';
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
    ['url-invalid', 'output-exists', 'auth-rejected', 'no-video', 'connect-refused'].map(of),
    [2, 2, 4, 4, 3],
  );
  const report = (reason: EndReason, frames: number): number => exitCodeOfReport({ reason, frames } as RecordingReport);
  const good: EndReason[] = ['stopped', 'duration', 'bye', 'reader-gone'];
  const early: EndReason[] = ['loss', 'connection', 'no-frames', 'stage', 'output'];
  for (const reason of good) assert.equal(report(reason, 1), 0, reason);
  for (const reason of early) assert.equal(report(reason, 1), 1, reason);
  for (const reason of [...early, 'duration'] as const) assert.equal(report(reason, 0), 3, reason);
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
