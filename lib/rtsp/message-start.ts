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
  for (const text of MESSAGE_STARTS) {
    const common = Math.min(text.length, available);
    if (data.compare(text, 0, common, offset, offset + common) !== 0) continue;
    if (common === text.length) return Start.Message;
    start = Start.Unknown;
  }
  return start;
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
