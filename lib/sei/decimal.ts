import type { NtpTime } from '../time/ntp.js';

/*
 * Decimal numbers in ASCII, written where they are to stand: by way of BigInt and strings, what one frame's SEI takes is as much as what
 * three of its packets take on their whole way.
 */

/** Small enough for integer arithmetic, and of a product that is exact. */
const LIMB = 10_000_000;
const LIMB_DIGITS = 7;
const ZERO = 0x30;

/**
 * Writes a number at `at`.
 *
 * @param value whole, 0 to 2^53 − 1
 * @returns the offset behind it
 */
export function putDecimal(data: Uint8Array, at: number, value: number): number {
  if (value < LIMB) return putDigits(data, at, value, digitsOf(value));
  const upper = Math.floor(value / LIMB);
  return putDigits(data, putDecimal(data, at, upper), value - upper * LIMB, LIMB_DIGITS);
}

/** Writes a 64-bit NTP timestamp at `at`, as {@link putDecimal} does. */
export function putNtpTime(data: Uint8Array, at: number, { seconds, fraction }: NtpTime): number {
  if (seconds === 0) return putDecimal(data, at, fraction);
  // 2^32 = 4294 · 10^6 + 967 296: all products and sums are below 2^53.
  const low = seconds * 967_296 + fraction;
  const carry = Math.floor(low / 1e6);
  return putDigits(data, putDecimal(data, at, seconds * 4294 + carry), low - carry * 1e6, 6);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** Writes so many digits of a number below {@link LIMB}. */
function putDigits(data: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const upper = (rest / 10) | 0;
    data[i] = ZERO + rest - 10 * upper;
    rest = upper;
  }
  return at + digits;
}
