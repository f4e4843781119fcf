/** What an ADTS header says of its frame. */
export interface AdtsHeader {
  /** Bytes in front of the frame: 7, or 9 with a CRC. */
  readonly headerLength: number;
  /** Bytes of header and frame. */
  readonly frameLength: number;
  /** Raw data blocks behind the header, 1–4. */
  readonly blocks: number;
}

/** Bytes of an ADTS header without CRC. */
const HEADER = 7;

/** Whether data begin as an ADTS header: the sync word, and layer 0. No raw AAC frame with anything in it does. */
export function startsAsAdts(data: Buffer): boolean {
  return data[0] === 0xff && ((data[1] ?? 0) & 0xf6) === 0xf0;
}

/**
 * Reads an ADTS header (ISO/IEC 14496-3 section 1.A.2.2). Rate and channels are not looked at, the SDP's config says them.
 *
 *     |syncword 12|ID 1|layer 2|no CRC 1|profile 2|rate 4|- 1|channels 3|- 4|frame length 13|fullness 11|blocks-1 2|
 *
 * @returns undefined if there is none
 */
export function parseAdts(data: Buffer): AdtsHeader | undefined {
  if (data.length < HEADER || !startsAsAdts(data)) return undefined;
  const headerLength = (data[1]! & 1) === 1 ? HEADER : HEADER + 2;
  const frameLength = ((data[3]! & 3) << 11) | (data[4]! << 3) | (data[5]! >> 5);
  return frameLength < headerLength ? undefined : { headerLength, frameLength, blocks: 1 + (data[6]! & 3) };
}

/** The header of a frame that may lie in several pieces. */
export function adtsOf(parts: readonly Buffer[]): AdtsHeader | undefined {
  const first = parts[0]!;
  if (first.length >= HEADER || parts.length === 1) return parseAdts(first);
  return first[0] === 0xff ? parseAdts(Buffer.concat(parts).subarray(0, HEADER)) : undefined;
}

/** The pieces without their first bytes, as views. */
export function withoutStart(parts: readonly Buffer[], length: number): Buffer[] {
  const rest: Buffer[] = [];
  for (const part of parts) {
    if (length < part.length) rest.push(part.subarray(length));
    length = Math.max(0, length - part.length);
  }
  return rest;
}
