import type { RecordingStats } from '../recorder/report.js';
import { isEmpty } from './exit-code.js';
import { audioText, formatBytes, formatTime } from './format.js';
import type { LiveLine } from './live-line.js';
import type { Logger } from './log.js';
import { clockTime } from './start-time.js';

const LIVE_INTERVAL_MS = 500;
/** Rates are those of so many intervals: bytes come in whole fragments. */
const LIVE_RATE_INTERVALS = 10;
const PLAIN_INTERVAL_MS = 10_000;
const PLAIN_WAITING_INTERVAL_MS = 600_000;

/**
 * Shows how a recording goes: one live line on a terminal, else a plain message at intervals.
 *
 * @returns ends it
 */
export async function showStatus(
  stats: () => RecordingStats,
  log: Logger,
  line: LiveLine | undefined,
): Promise<() => void> {
  await line?.open();
  const samples = [{ at: process.uptime(), frames: 0, bytes: 0 }];
  const tick = (): void => {
    const now = stats();
    const at = process.uptime();
    const last = samples[0]!;
    const seconds = Math.max(0.001, at - last.at);
    const rates = {
      fps: (now.frames - last.frames) / seconds,
      bitsPerSecond: (8 * (now.bytes - last.bytes)) / seconds,
    };
    samples.push({ at, frames: now.frames, bytes: now.bytes });
    if (line === undefined || samples.length > LIVE_RATE_INTERVALS) samples.shift();
    const text = describe(now, rates);
    if (line === undefined) log.info({ event: 'status', ...forJson(now), ...rates }, text);
    else line.show(text);
  };
  const timer = setInterval(tick, line ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    line?.hide();
  };
}

/**
 * Shows that a recording waits for its time, in the same way.
 *
 * @returns ends it
 */
export async function showWaiting(
  startAt: Date,
  out: string,
  log: Logger,
  line: LiveLine | undefined,
): Promise<() => void> {
  await line?.open();
  const event = { event: 'waiting', startAt: startAt.toISOString(), out };
  const tick = (): void => {
    const left = formatTime(Math.max(0, Math.ceil((startAt.getTime() - Date.now()) / 1000)));
    const text = `waiting until ${clockTime(startAt)}, ${left} left, to record to ${out === '-' ? 'stdout' : out}`;
    if (line === undefined) log.info(event, text);
    else line.show(text);
  };
  tick();
  const timer = setInterval(tick, line ? LIVE_INTERVAL_MS : PLAIN_WAITING_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    line?.hide();
  };
}

function describe(stats: RecordingStats, { fps, bitsPerSecond }: { fps: number; bitsPerSecond: number }): string {
  const { mediaSeconds, bytes, frames, audio, lostPackets, senderReports, lastSenderReport } = stats;
  if (isEmpty(stats)) return audio === undefined ? 'waiting for the first key frame' : 'waiting for the first frame';
  const reported =
    lastSenderReport === undefined
      ? 'no sender report'
      : `${senderReports} SR, last ${new Date(Number(lastSenderReport.recv / 1_000_000n)).toISOString().slice(11, 19)} UTC`;
  return [
    formatTime(mediaSeconds),
    formatBytes(bytes),
    ...(frames === 0 ? [] : [`${fps.toFixed(1)} fps`]),
    // Before the first fragment is written there is nothing to be said about it.
    ...(audio === undefined || bytes === 0 ? [] : [audioText(audio)]),
    `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`,
    `${lostPackets + (audio?.lostPackets ?? 0)} lost`,
    reported,
  ].join('  ');
}

/** The figures of a recording as JSON can hold them: 64-bit numbers as decimal strings. */
export function forJson(stats: RecordingStats): Record<string, unknown> {
  const { lastSenderReport, startedAt, ...plain } = stats;
  return {
    ...plain,
    startedAt: startedAt?.toString(),
    lastSenderReport: lastSenderReport && {
      recv: lastSenderReport.recv.toString(),
      ntp: lastSenderReport.ntpTimestamp.toString(),
      rtp: lastSenderReport.rtpTimestamp,
    },
  };
}
