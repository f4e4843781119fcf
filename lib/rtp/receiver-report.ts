import type { ReportBlock } from './reception-stats.js';

const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const CNAME = 1;
const REPORT_BYTES = 32;

/**
 * Serializes a receiver report about one source and the source description that has to come with it (RFC 3550 sections 6.1, 6.4.2,
 * 6.5):
 *
 *      0               1               2               3
 *     |V=2|P|  RC=1   |    PT=201     |           length=7            |
 *     |                      SSRC of the receiver                     |
 *     |                       SSRC of the source                      |
 *     | fraction lost |        cumulative number of packets lost      |
 *     |           extended highest sequence number received           |
 *     |                      interarrival jitter                      |
 *     |                         last SR (LSR)                         |
 *     |                   delay since last SR (DLSR)                  |
 *     |V=2|P|  SC=1   |    PT=202     |            length             |
 *     |                      SSRC of the receiver                     |
 *     |    CNAME=1    |    length     |  name, then 1 to 4 zero bytes
 *
 * @param ssrc the receiver's own
 * @param cname ASCII, 1–255 characters
 */
export function serializeReceiverReport(ssrc: number, block: ReportBlock, cname: string): Buffer {
  const itemBytes = 4 * Math.floor((2 + cname.length) / 4) + 4;
  const data = Buffer.alloc(REPORT_BYTES + 8 + itemBytes);
  data.writeUInt32BE(packetHeader(RECEIVER_REPORT, REPORT_BYTES), 0);
  data.writeUInt32BE(ssrc, 4);
  data.writeUInt32BE(block.ssrc, 8);
  data.writeUInt8(block.fractionLost, 12);
  data.writeIntBE(block.cumulativeLost, 13, 3);
  data.writeUInt32BE(block.extendedHighest, 16);
  data.writeUInt32BE(block.jitter, 20);
  data.writeUInt32BE(block.lastSenderReport, 24);
  data.writeUInt32BE(block.delaySinceLast, 28);
  data.writeUInt32BE(packetHeader(SOURCE_DESCRIPTION, 8 + itemBytes), REPORT_BYTES);
  data.writeUInt32BE(ssrc, REPORT_BYTES + 4);
  data.writeUInt8(CNAME, REPORT_BYTES + 8);
  data.writeUInt8(cname.length, REPORT_BYTES + 9);
  data.write(cname, REPORT_BYTES + 10, 'ascii');
  return data;
}

/** The first word of an RTCP packet with one block or chunk. @param bytes its length */
function packetHeader(type: number, bytes: number): number {
  return ((0x81 << 24) | (type << 16) | (bytes / 4 - 1)) >>> 0;
}
