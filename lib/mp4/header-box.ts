import { fullBox, u32 } from './box.js';

/** 1.0 as 16.16 fixed point. */
export const ONE = 0x0001_0000;
/** Unity transformation (ISO/IEC 14496-12 section 6.2.2). */
export const MATRIX = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000];

const TWO_32 = 0x1_0000_0000;

/**
 * A header that begins with creation and modification time, some fields, and a duration: in 32 bits (version 0, which every reader
 * knows) as long as they fit, else in 64 (version 1).
 *
 * @param created seconds since 1904
 */
export function timedBox(
  type: string,
  flags: number,
  created: number,
  fields: readonly number[],
  duration: number,
  rest: Buffer,
): Buffer {
  if (created < TWO_32 && duration < TWO_32)
    return fullBox(type, 0, flags, u32(created, created, ...fields, duration), rest);
  return fullBox(type, 1, flags, u64(created), u64(created), u32(...fields), u64(duration), rest);
}

/** A number below 2^53 in 64 bits, big-endian. */
export function u64(value: number): Buffer {
  return u32(Math.floor(value / TWO_32), value % TWO_32);
}
