/** Seconds from 1900-01-01 (NTP epoch, RFC 5905 section 6) to 1970-01-01 (Unix epoch). */
const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800n;
const NS_PER_SECOND = 1_000_000_000n;
const FRACTION_MAX = 0xffff_ffff;

/**
 * Unix time in ns as a 64-bit NTP timestamp. The fraction is round(ns / 1e9 · 0xffffffff), so that it equals what the
 * Rust retina-record writes; at most 2^-32 s off the exact value.
 */
export function unixNsToNtp(unixNs: bigint): bigint {
  let seconds = unixNs / NS_PER_SECOND;
  let nanoseconds = unixNs % NS_PER_SECOND;
  if (nanoseconds < 0n) {
    nanoseconds += NS_PER_SECOND;
    seconds -= 1n;
  }
  const fraction = Math.round((Number(nanoseconds) / 1e9) * FRACTION_MAX);
  return BigInt.asUintN(64, ((seconds + NTP_UNIX_OFFSET_SECONDS) << 32n) | BigInt(fraction));
}

/** A 64-bit NTP timestamp of era 0 (1900–2036) as Unix time in ns, rounded; the inverse of {@link unixNsToNtp}. */
export function ntpToUnixNs(ntp: bigint): bigint {
  const seconds = (ntp >> 32n) - NTP_UNIX_OFFSET_SECONDS;
  const nanoseconds = Math.round((Number(ntp & 0xffff_ffffn) / FRACTION_MAX) * 1e9);
  return seconds * NS_PER_SECOND + BigInt(nanoseconds);
}
