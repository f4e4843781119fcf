/** What the first bytes of a connection's direction say about it. */
export type Signature = 'request' | 'response' | 'other' | 'unknown';

/** Longest start line that is waited for, in bytes. */
export const MAX_START_LINE = 2048;

const DOLLAR = 0x24;
const LF = 0x0a;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;

/** Tells whether bytes begin with an RTSP message (RFC 2326 sections 6.1, 7.1); `unknown` as long as they are too few. */
export function rtspSignature(start: Buffer): Signature {
  let at = 0;
  while (at < start.length && (start[at] === 0x0d || start[at] === LF)) at++;
  if (at === start.length) return at < MAX_START_LINE ? 'unknown' : 'other';
  const first = start[at]!;
  if (first < UPPER_A || first > UPPER_Z) return 'other';
  const end = start.indexOf(LF, at);
  const line = start.toString('latin1', at, end < 0 ? Math.min(start.length, MAX_START_LINE) : end);
  if (line.startsWith('RTSP/')) return 'response';
  if (!/^[A-Z_]{1,32}(?: |$)/.test(line)) return 'RTSP/'.startsWith(line) ? 'unknown' : 'other';
  if (end < 0) return start.length < MAX_START_LINE ? 'unknown' : 'other';
  return /^[A-Z_]+ +\S+ +RTSP\/\d\.\d[ \t]*\r?$/.test(line) ? 'request' : 'other';
}

/** Tells whether a packet on this channel may begin like this; see {@link findFrame}. */
export type FramePredicate = (channel: number, payload: Buffer) => boolean;

/** RTP or RTCP version 2 on one of the first 16 channels: all that can be asked while the channels are not known. */
export const looksInterleaved: FramePredicate = (channel, payload) => channel < 16 && payload[0]! >> 6 === 2;

/**
 * Where in `data` the first interleaved frame (RFC 2326 section 10.12) or RTSP response begins, or -1. A frame that does not end
 * where `data` or the next frame does is believed only at the very beginning, or if the predicate knows the channels.
 */
export function findFrame(data: Buffer, mayBegin: FramePredicate, knowsChannels: boolean): number {
  for (let at = 0; at < data.length; at++) {
    const byte = data[at]!;
    if (byte === 0x52 && data.toString('latin1', at, at + 7) === 'RTSP/1.') return at;
    if (byte !== DOLLAR || !isFrame(data, at, mayBegin)) continue;
    const end = at + 4 + data.readUInt16BE(at + 2);
    if (end > data.length ? at === 0 || knowsChannels : isBoundary(data, end, mayBegin)) return at;
  }
  return -1;
}

function isFrame(data: Buffer, at: number, mayBegin: FramePredicate): boolean {
  // Two bytes of payload: version and payload type.
  return data[at] === DOLLAR && at + 6 <= data.length && mayBegin(data[at + 1]!, data.subarray(at + 4));
}

function isBoundary(data: Buffer, at: number, mayBegin: FramePredicate): boolean {
  if (data.length - at < 6) return at === data.length || data[at] === DOLLAR || data[at] === 0x52;
  return isFrame(data, at, mayBegin) || data.toString('latin1', at, at + 5) === 'RTSP/';
}
