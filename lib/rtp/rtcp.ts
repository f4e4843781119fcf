import { type Layout, struct, u8, u16be, u32be } from 'buffer-layout';

/** RTCP packet types (RFC 3550 section 12.1) that are looked into. */
const TYPE_SENDER_REPORT = 200;
const TYPE_BYE = 203;

/** The word that begins every RTCP packet (RFC 3550 section 6.4.1). */
const header: Layout<{ flags: number; type: number; lengthMinusOne: number }> = struct([
  u8('flags'), // V (2 bits), P, count (5 bits)
  u8('type'),
  u16be('lengthMinusOne'), // in words
]);

/** A sender report behind its header, without report blocks; NTP in two halves, since a layout's numbers are doubles. */
const senderInfo: Layout<{
  ssrc: number;
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
}> = struct([
  u32be('ssrc'),
  u32be('ntpSeconds'),
  u32be('ntpFraction'),
  u32be('rtpTimestamp'),
  u32be('packetCount'),
  u32be('octetCount'),
]);

/** Bytes of a report block. */
const REPORT_BLOCK = 24;

/** A sender report's own part (RFC 3550 section 6.4.1), without report blocks. */
interface SenderInfo {
  readonly ssrc: number;
  /** 64-bit NTP timestamp, exactly as sent (Q98). */
  readonly ntpTimestamp: bigint;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
}

/** What a compound packet held. */
export interface CompoundRtcp {
  readonly packets: number;
  readonly senderReports: readonly SenderInfo[];
  /** SSRCs of BYE packets. */
  readonly byes: readonly number[];
  /** What was wrong with it; the rest from there on was given up. Undefined if it is sound. */
  readonly malformed?: string | undefined;
}

/**
 * Walks through a compound RTCP packet (RFC 3550 section 6.1). Packets before a malformed one are used (Q94); SDES items are
 * never looked into.
 */
export function parseCompound(data: Buffer): CompoundRtcp {
  const senderReports: SenderInfo[] = [];
  const byes: number[] = [];
  let packets = 0;
  let offset = 0;
  const result = (malformed?: string): CompoundRtcp => ({ packets, senderReports, byes, malformed });
  while (offset < data.length) {
    if (data.length - offset < header.span) return result(`${data.length - offset} stray bytes`);
    const { flags, type, lengthMinusOne } = header.decode(data, offset);
    const end = offset + 4 * (lengthMinusOne + 1);
    const count = flags & 0x1f;
    const body = offset + header.span;
    if (flags >> 6 !== 2) return result(`version ${flags >> 6} instead of 2`);
    if (end > data.length) return result(`length of packet type ${type} beyond the end`);
    if (type === TYPE_SENDER_REPORT) {
      if (end - body < senderInfo.span + REPORT_BLOCK * count) return result('sender report too short');
      const { ntpSeconds, ntpFraction, ...info } = senderInfo.decode(data, body);
      senderReports.push({ ...info, ntpTimestamp: (BigInt(ntpSeconds) << 32n) | BigInt(ntpFraction) });
    } else if (type === TYPE_BYE) {
      if (end - body < 4 * count) return result('BYE too short');
      for (let i = 0; i < count; i++) byes.push(data.readUInt32BE(body + 4 * i));
    }
    packets++;
    if ((flags & 0x20) !== 0) {
      const padding = data[end - 1]!;
      if (end !== data.length) return result('padding before the last packet');
      if (padding === 0 || padding > end - body) return result(`padding of ${padding} bytes`);
    }
    offset = end;
  }
  return packets === 0 ? result('empty') : result();
}
