import type { Logger } from 'pino';
import type { RecordingStats } from '../recorder/report.js';
import { formatBytes, formatTime } from './format.js';

const LIVE_INTERVAL_MS = 500;
const PLAIN_INTERVAL_MS = 10_000;

/**
 * Shows how a recording goes: one live line on a terminal, else a plain message at intervals.
 *
 * @returns ends it
 */
export async function showStatus(stats: () => RecordingStats, log: Logger, live: boolean): Promise<() => void> {
  // Loaded only where it is used: it takes longer than the rest of the command.
  const line = live ? (await import('log-update')).createLogUpdate(process.stderr) : undefined;
  let last = { at: performance.now(), frames: 0, bytes: 0 };
  const tick = (): void => {
    const now = stats();
    const at = performance.now();
    const seconds = Math.max(0.001, (at - last.at) / 1000);
    const rates = {
      fps: (now.frames - last.frames) / seconds,
      bitsPerSecond: (8 * (now.bytes - last.bytes)) / seconds,
    };
    last = { at, frames: now.frames, bytes: now.bytes };
    const text = describe(now, rates);
    if (line === undefined) log.info({ event: 'status', ...forJson(now), ...rates }, text);
    else line(text);
  };
  const timer = setInterval(tick, live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    line?.clear();
    line?.done();
  };
}

function describe(stats: RecordingStats, { fps, bitsPerSecond }: { fps: number; bitsPerSecond: number }): string {
  const { mediaSeconds, bytes, frames, lostPackets, senderReports, lastSenderReport } = stats;
  if (frames === 0) return 'waiting for the first key frame';
  const reported =
    lastSenderReport === undefined
      ? 'no sender report'
      : `${senderReports} SR, last ${new Date(Number(lastSenderReport.recv / 1_000_000n)).toISOString().slice(11, 19)} UTC`;
  const rate = `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  return `${formatTime(mediaSeconds)}  ${formatBytes(bytes)}  ${fps.toFixed(1)} fps  ${rate}  ${lostPackets} lost  ${reported}`;
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
