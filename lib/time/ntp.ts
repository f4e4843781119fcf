/** Seconds from 1900-01-01 (NTP epoch, RFC 5905 section 6) to 1970-01-01 (Unix epoch). */
const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800;
const NS_PER_SECOND = 1_000_000_000n;
const FRACTION_MAX = 0xffff_ffff;

/** A 64-bit NTP timestamp in its two halves. */
export interface NtpTime {
  /** Since 1900, modulo 2^32. */
  readonly seconds: number;
  /** In 2^-32 s. */
  readonly fraction: number;
}

/**
 * Unix time in ns as a 64-bit NTP timestamp, modulo 2^64. The fraction is round(ns / 1e9 · 0xffffffff), so that it equals what the
 * Rust retina-record writes; at most 2^-32 s off the exact value.
 */
export function unixNsToNtp(unixNs: bigint): bigint {
  const { seconds, fraction } = unixNsToNtpTime(unixNs);
  return (BigInt(seconds) << 32n) | BigInt(fraction);
}

/** {@link unixNsToNtp} in two halves. */
export function unixNsToNtpTime(unixNs: bigint): NtpTime {
  let seconds = Number(BigInt.asUintN(32, unixNs / NS_PER_SECOND));
  let nanoseconds = Number(unixNs % NS_PER_SECOND);
  if (nanoseconds < 0) {
    nanoseconds += 1e9;
    seconds--;
  }
  const fraction = Math.round((nanoseconds / 1e9) * FRACTION_MAX);
  return { seconds: (seconds + NTP_UNIX_OFFSET_SECONDS) >>> 0, fraction };
}

/** A 64-bit NTP timestamp in two halves. */
export function splitNtp(ntp: bigint): NtpTime {
  return { seconds: Number(BigInt.asUintN(32, ntp >> 32n)), fraction: Number(BigInt.asUintN(32, ntp)) };
}

/** A 64-bit NTP timestamp of era 0 (1900–2036) as Unix time in ns, rounded; the inverse of {@link unixNsToNtp}. */
export function ntpToUnixNs(ntp: bigint): bigint {
  const seconds = (ntp >> 32n) - BigInt(NTP_UNIX_OFFSET_SECONDS);
  const nanoseconds = Math.round((Number(ntp & 0xffff_ffffn) / FRACTION_MAX) * 1e9);
  return seconds * NS_PER_SECOND + BigInt(nanoseconds);
}
