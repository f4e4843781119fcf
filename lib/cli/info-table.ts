import type { CameraInfo, StreamInfo } from '../recorder/camera-info.js';
import type { ReportInfo } from '../recorder/observe.js';
import { ntpToUnixNs } from '../time/ntp.js';
import { count } from './format.js';

/** Width of the first column. */
const LABEL = 12;
/** Beyond this a difference is told in seconds. */
const MAX_MS = 10_000;
/** A clock further off than a day is not merely wrong, it was never set. */
const DAY_MS = 86_400_000;

/** What is known of a camera, for people: one fact a line. What the camera says of itself is shown without control characters. */
export function infoTable(info: CameraInfo, waitMs: number): string {
  const { url, remote, server, tool, name, authentication, transports, streams, observation, warnings, problem } = info;
  const rows: [string, string | undefined][] = [
    ['camera', remote === undefined ? url : `${url} (${remote})`],
    ['server', [...new Set([server, tool, name])].filter((text) => text !== undefined).join('; ') || undefined],
    ['login', authentication === 'none' ? 'not asked for' : authentication],
    ['transports', streams.length === 0 ? undefined : `TCP ${offer(transports.tcp)}, UDP ${offer(transports.udp)}`],
    ...streams.map((stream): [string, string] => [`stream ${stream.index}`, streamLine(stream)]),
  ];
  if (observation !== undefined) {
    const { frames, keyFrames, durationMs, frameRate, lostPackets, senderReport } = observation;
    const rate = frameRate === undefined ? '' : `, ${decimal(frameRate)} fps by their timestamps`;
    const audio = streams.some(({ observed, type }) => observed && type === 'audio');
    const keys = audio ? '' : ` (${count(keyFrames, 'key frame')})`;
    const seconds = (durationMs / 1000).toFixed(1);
    rows.push(['frames', `${frames} in ${seconds} s${keys}${rate}, ${count(lostPackets, 'packet')} lost`]);
    if (senderReport === undefined) {
      rows.push(['reports', `no sender report within ${(Math.min(durationMs, waitMs) / 1000).toFixed(1)} s`]);
    } else {
      rows.push(['reports', `the first sender report came after ${(senderReport.afterMs / 1000).toFixed(1)} s`]);
      rows.push(['clock', clockLine(senderReport)]);
      rows.push(['', 'by that report: its time on the way, and its time in the camera, are in the difference']);
    }
    const faults = Object.entries(observation.faults).map(([code, n]) => `${code} ${n}`);
    if (faults.length > 0) rows.push(['faults', faults.join(', ')]);
  }
  for (const warning of warnings) rows.push(['note', warning]);
  if (problem !== undefined) rows.push(['problem', problem.message]);
  return rows
    .filter((row): row is [string, string] => row[1] !== undefined)
    .map(([label, text]) => `${label.padEnd(LABEL)}${text.replace(/\p{Cc}/gu, ' ')}\n`)
    .join('');
}

/** The same for programs: one JSON document, 64-bit numbers as decimal strings. */
export function infoJson(info: CameraInfo): string {
  const problem = info.problem && { code: info.problem.code, message: info.problem.message };
  const observation = info.observation && {
    ...info.observation,
    error: info.observation.error && { code: info.observation.error.code, message: info.observation.error.message },
  };
  const plain = { ...info, observation, problem };
  return `${JSON.stringify(plain, (_key, value) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`;
}

function offer({ offered, detail }: CameraInfo['transports']['tcp']): string {
  const word = offered === undefined ? 'not known' : offered ? 'yes' : 'no';
  return detail === undefined ? word : `${word} (${detail})`;
}

function streamLine(stream: StreamInfo): string {
  const { type, encodingName, clockRate, channels, sampleRate, codec, width, height, profile, level, problem } = stream;
  const parts = [`${type} ${encodingName.toUpperCase()}`];
  if (profile !== undefined) parts[0] += ` ${profile}, level ${level}`;
  if (width !== undefined) parts.push(`${width}x${height}`);
  if (stream.spsFrameRate !== undefined) parts.push(`${decimal(stream.spsFrameRate)} fps by its SPS`);
  if (stream.sdpFrameRate !== undefined) parts.push(`${decimal(stream.sdpFrameRate)} fps by the SDP`);
  if (type === 'audio') {
    if (codec !== undefined) parts.push(codec);
    parts.push(`${sampleRate ?? clockRate} Hz`);
  }
  if (channels !== undefined) parts.push(count(channels, 'channel'));
  if (stream.observed) parts.push('looked at');
  return problem === undefined ? parts.join(', ') : `${parts.join(', ')}; ${problem}`;
}

function clockLine({ clockOffsetMs, ntpTimestamp }: ReportInfo): string {
  if (ntpTimestamp === 0n) return 'the report carries no time of day';
  const direction = clockOffsetMs < 0 ? 'behind' : 'ahead of';
  const size = Math.abs(clockOffsetMs);
  const told = size < MAX_MS ? `${size.toFixed(1)} ms` : `${(size / 1000).toFixed(1)} s`;
  const line = `the camera's clock is ${told} ${direction} ours`;
  if (size < DAY_MS) return line;
  const time = new Date(Number(ntpToUnixNs(ntpTimestamp) / 1_000_000n)).toISOString();
  return `${line}: it says ${time}; was it ever set?`;
}

function decimal(value: number): string {
  return String(Math.round(value * 100) / 100);
}
