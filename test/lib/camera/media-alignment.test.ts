import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceNs } from '../../../lib/camera/media-alignment.js';
import type { MediaDescription, RtpPacket, SenderReport } from '../../../lib/items.js';
import { unixNsToNtp } from '../../../lib/time/ntp.js';

const START = 1_708_200_874_000_000_000n;

function stream(clockRate: number, timestamp: number, recvMs: number, report?: { rtp: number; atMs: number }) {
  const media = { clockRate } as MediaDescription;
  const packet = { kind: 'rtp', media, timestamp, recv: START + BigInt(recvMs) * 1_000_000n } as RtpPacket;
  const senderReport = report && {
    rtpTimestamp: report.rtp,
    ntpTimestamp: unixNsToNtp(START + BigInt(report.atMs) * 1_000_000n),
  };
  return { packet, stream: { packets: [packet], report: senderReport as SenderReport | undefined } };
}

const CASES: [title: string, from: ReturnType<typeof stream>, to: ReturnType<typeof stream>, expectedMs: number][] = [
  ['no reports', stream(90_000, 0, 0), stream(8000, 0, 70), 70],
  ['one report', stream(90_000, 0, 0, { rtp: 0, atMs: 0 }), stream(8000, 0, 70), 70],
  ['both', stream(90_000, 9000, 0, { rtp: 0, atMs: 0 }), stream(8000, 800, 70, { rtp: 0, atMs: 10 }), 10],
  ['earlier', stream(90_000, 9000, 0, { rtp: 0, atMs: 100 }), stream(8000, 800, 70, { rtp: 0, atMs: 0 }), -100],
  [
    'timestamps wrap between packet and report',
    stream(90_000, 2 ** 32 - 9000, 0, { rtp: 0, atMs: 1000 }),
    stream(8000, 800, 70, { rtp: 2 ** 32 - 800, atMs: 740 }),
    40,
  ],
  [
    'clocks that are not the same',
    stream(90_000, 0, 0, { rtp: 0, atMs: 0 }),
    stream(8000, 0, 70, { rtp: 0, atMs: 3e6 }),
    70,
  ],
];

for (const [title, from, to, expectedMs] of CASES) {
  test(`${title}: ${expectedMs} ms`, () => {
    assert.ok(Math.abs(distanceNs(from, to) - expectedMs * 1e6) < 10, `${distanceNs(from, to)} ns`);
  });
}
