/** Longest head (start line and header fields) in bytes. */
export const MAX_HEAD = 64 * 1024;
/** Longest method that is taken for one, in bytes. */
export const MAX_METHOD = 32;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const UNDERSCORE = 0x5f;

const MESSAGE_STARTS = [
  'RTSP/1.',
  'ANNOUNCE ',
  'DESCRIBE ',
  'GET_PARAMETER ',
  'OPTIONS ',
  'PAUSE ',
  'PLAY ',
  'RECORD ',
  'REDIRECT ',
  'SETUP ',
  'SET_PARAMETER ',
  'TEARDOWN ',
].map((text) => Buffer.from(text, 'latin1'));

const DOLLAR = 0x24;
/** Those of {@link MESSAGE_STARTS} that begin with a byte, by the byte. */
const STARTS_BY_BYTE = Array.from({ length: 256 }, (_, byte) => MESSAGE_STARTS.filter((text) => text[0] === byte));
/** By byte: can a frame or a message begin with it? Most of junk needs no closer look. */
const CAN_START = Uint8Array.from(STARTS_BY_BYTE, (starts, byte) => (byte === DOLLAR || starts.length > 0 ? 1 : 0));
/** The same where any method begins a message. */
const CAN_START_ANY_METHOD = CAN_START.map((can, byte) => (isMethodByte(byte) ? 1 : can));

/** What the bytes at a position are, as far as they have arrived. */
export enum Start {
  Frame,
  Message,
  Junk,
  /** More bytes are needed to tell. */
  Unknown,
}

/**
 * Whether an RTSP message begins at `offset`: a version of RTSP 1, or a known method and a blank (RFC 2326 sections 6.1, 7.1).
 *
 * @param anyMethod take any upper-case word for a method
 */
export function messageStart(data: Buffer, offset: number, anyMethod: boolean): Start {
  const available = data.length - offset;
  let start = anyMethod ? methodAt(data, offset) : Start.Junk;
  for (const text of STARTS_BY_BYTE[data[offset]!]!) {
    const end = Math.min(text.length, available);
    let common = 1;
    while (common < end && text[common] === data[offset + common]) common++;
    if (common < end) continue;
    if (common === text.length) return Start.Message;
    start = Start.Unknown;
  }
  return start;
}

/** The next offset from `from` on at which a frame or a message can begin, or the length of `data`. */
export function nextCandidate(data: Buffer, from: number, anyMethod: boolean): number {
  const canStart = anyMethod ? CAN_START_ANY_METHOD : CAN_START;
  let at = from;
  while (at < data.length && canStart[data[at]!] === 0) at++;
  return at;
}

/** Whether a method of any name begins here: upper-case letters, then a blank (RFC 2326 section 6.1). */
function methodAt(data: Buffer, offset: number): Start {
  const end = Math.min(data.length, offset + MAX_METHOD + 1);
  let at = offset;
  while (at < end && isMethodByte(data[at]!)) at++;
  if (at === data.length && at - offset <= MAX_METHOD) return Start.Unknown;
  return at > offset && at < end && data[at] === SPACE ? Start.Message : Start.Junk;
}

function isMethodByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === UNDERSCORE;
}

/** Offset behind the blank line that ends a head of at most {@link MAX_HEAD} bytes, or -1. Lines end at LF, with or without CR (Q7). */
export function headEnd(data: Buffer, from: number, start: number): number {
  for (let at = data.indexOf(LF, from); at >= 0 && at - start < MAX_HEAD; at = data.indexOf(LF, at + 1)) {
    const next = data[at + 1] === CR ? at + 2 : at + 1;
    if (data[next] === LF && next - start < MAX_HEAD) return next + 1;
  }
  return -1;
}
