/** RTCP packet type (RFC 3550 section 12.1). */
const RECEIVER_REPORT = 201;
const RTP_VERSION = 2;
const REPORT_BLOCK = 24;

/**
 * Whether a client's packet is a compound one that begins with a receiver report that reports something (RFC 3550 sections 6.1, 6.4.2):
 * an empty one only shows that somebody is there, and often opens a firewall.
 */
export function isReceiverReport(packet: Buffer): boolean {
  return (
    packet.length >= 8 + REPORT_BLOCK &&
    packet[0]! >> 6 === RTP_VERSION &&
    (packet[0]! & 0x1f) > 0 &&
    packet[1] === RECEIVER_REPORT
  );
}
