import type { NalUnit } from '../items.js';

/** nal_unit_type (ISO/IEC 14496-10 table 7-1). */
export const NAL = {
  slice: 1,
  partitionA: 2,
  partitionC: 4,
  idr: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  aud: 9,
  prefix: 14,
} as const;

/** True for the types that carry parts of a picture, 1–5. */
export function isVcl(type: number): boolean {
  return type >= NAL.slice && type <= NAL.idr;
}

/** The byte at `index` of a NAL unit in pieces; 0 beyond its end. */
function nalByte(nal: NalUnit, index: number): number {
  for (const part of nal.parts) {
    if (index < part.length) return part[index]!;
    index -= part.length;
  }
  return 0;
}

/** The NAL unit in one piece: its only part, or a copy. Meant for small units such as parameter sets and SEI. */
export function nalBytes(nal: NalUnit): Buffer {
  return nal.parts.length === 1 ? nal.parts[0]! : Buffer.concat(nal.parts, nal.byteLength);
}

/** A NAL unit of one part. */
export function nalUnit(data: Buffer): NalUnit {
  const header = data[0] ?? 0;
  return { type: header & 0x1f, refIdc: (header >> 5) & 3, parts: [data], byteLength: data.length };
}

/** Whether a slice NAL unit starts a picture: first_mb_in_slice, a ue(v) right behind the header, is 0. */
export function startsPicture(nal: NalUnit): boolean {
  return (nalByte(nal, 1) & 0x80) !== 0;
}

/** Result of {@link splitAnnexB}. */
export interface SplitResult {
  readonly nalUnits: readonly NalUnit[];
  /** Offset of a byte sequence that no NAL unit may contain, if there was one (7.4.1). */
  readonly forbiddenAt?: number | undefined;
}

/**
 * Splits bytes at start codes (ISO/IEC 14496-10 annex B), wherever they stand: before, between or behind NAL units. Zeros
 * before a start code and at the end are dropped, empty pieces vanish. `00 00 02`, and `00 00 00` before anything but 0 or
 * 1, cannot stand in a NAL unit: such data yields `forbiddenAt` and no units.
 */
export function splitAnnexB(data: Buffer): SplitResult {
  const nalUnits: NalUnit[] = [];
  let start = 0;
  for (let at = data.indexOf(ZERO_PAIR); at >= 0; at = data.indexOf(ZERO_PAIR, at)) {
    let next = at + 2;
    while (data[next] === 0) next++;
    const after = data[next];
    if (after === undefined) break;
    if (after === 1) {
      append(nalUnits, data, start, at);
      start = next + 1;
    } else if (after === 2 || next > at + 2) {
      return { nalUnits: [], forbiddenAt: at };
    }
    at = next;
  }
  append(nalUnits, data, start, data.length);
  return { nalUnits };
}

function append(nalUnits: NalUnit[], data: Buffer, start: number, end: number): void {
  while (end > start && data[end - 1] === 0) end--;
  if (end > start) nalUnits.push(nalUnit(data.subarray(start, end)));
}

/** Two zero bytes: what every start code and every forbidden sequence begins with. */
export const ZERO_PAIR = Buffer.from([0, 0]);
