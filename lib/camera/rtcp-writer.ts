/** RTCP packet types (RFC 3550 section 12.1). */
const SENDER_REPORT = 200;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const CNAME = 1;
/** Seconds from 1900 to 1970. */
const NTP_UNIX_OFFSET = 2_208_988_800n;

/** The fields of a sender report without report blocks (RFC 3550 section 6.4.1). */
export interface SenderReportFields {
  readonly ssrc: number;
  /** Wall clock as Unix time in ns. */
  readonly unixNs: bigint;
  /** RTP time that belongs to it, unsigned 32 bits. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
}

/**
 * A compound packet of sender report, source description and, at the end of a stream, goodbye (RFC 3550 sections 6.1, 6.4.1, 6.5,
 * 6.6).
 *
 *     | 2 P RC | 200 | length |  SSRC  |  NTP time (64 bit)  |  RTP time  |  packets  |  octets  |
 *     | 2 P 1  | 202 | length |  SSRC  | CNAME | size | text … 0 |
 *     | 2 P 1  | 203 | length |  SSRC  |
 *
 * @param cname canonical name, ASCII, 1–255 bytes
 */
export function senderReportCompound(report: SenderReportFields, cname: string, goodbye: boolean): Buffer {
  // The item list ends with at least one zero and is padded to whole words.
  const itemBytes = (2 + cname.length + 4) & ~3;
  const packet = Buffer.alloc(28 + 8 + itemBytes + (goodbye ? 8 : 0));
  let offset = writeHeader(packet, 0, 0, SENDER_REPORT, 28, report.ssrc);
  offset = packet.writeBigUInt64BE(ntpOfUnix(report.unixNs), offset);
  offset = packet.writeUInt32BE(report.rtpTimestamp, offset);
  offset = packet.writeUInt32BE(report.packetCount % 2 ** 32, offset);
  offset = packet.writeUInt32BE(report.octetCount % 2 ** 32, offset);
  offset = writeHeader(packet, offset, 1, SOURCE_DESCRIPTION, 8 + itemBytes, report.ssrc);
  packet[offset] = CNAME;
  packet[offset + 1] = cname.length;
  packet.write(cname, offset + 2, 'latin1');
  offset += itemBytes;
  if (goodbye) writeHeader(packet, offset, 1, GOODBYE, 8, report.ssrc);
  return packet;
}

/** Unix time in ns as 64-bit NTP timestamp (RFC 3550 section 4), rounded down. */
function ntpOfUnix(unixNs: bigint): bigint {
  return BigInt.asUintN(64, ((unixNs + NTP_UNIX_OFFSET * 1_000_000_000n) << 32n) / 1_000_000_000n);
}

function writeHeader(packet: Buffer, offset: number, count: number, type: number, bytes: number, ssrc: number): number {
  packet[offset] = 0x80 | count;
  packet[offset + 1] = type;
  packet.writeUInt16BE(bytes / 4 - 1, offset + 2);
  return packet.writeUInt32BE(ssrc, offset + 4);
}
