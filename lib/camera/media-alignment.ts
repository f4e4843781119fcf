import type { RtpPacket, SenderReport } from '../items.js';
import { ntpToUnixNs } from '../time/ntp.js';

/** One medium of a capture. */
export interface CapturedStream {
  /** In the order in which they came; at least one. */
  readonly packets: readonly RtpPacket[];
  /** The first one of the medium, if there is any. */
  readonly report: SenderReport | undefined;
}

/** Beyond this the media's clocks in the sender reports are not the same one, and receive times are nearer to the truth. */
const MAX_DISAGREEMENT_NS = 2e9;

/**
 * By how much, in ns, the moment of a packet lies behind that of a packet of another medium: as the sender reports say (RFC 3550
 * section 6.4.1), else as the packets were received, to the accuracy of the network and of the sender's habits.
 */
export function distanceNs(
  from: { stream: CapturedStream; packet: RtpPacket },
  to: { stream: CapturedStream; packet: RtpPacket },
): number {
  const receivedNs = Number(to.packet.recv - from.packet.recv);
  const [fromNs, toNs] = [from, to].map(({ stream: { report }, packet }) => report && wallClockNs(packet, report));
  if (fromNs === undefined || toNs === undefined) return receivedNs;
  const reportedNs = Number(toNs - fromNs);
  return Math.abs(reportedNs - receivedNs) > MAX_DISAGREEMENT_NS ? receivedNs : reportedNs;
}

/** The sender's clock at a packet's timestamp, as Unix time. */
function wallClockNs({ timestamp, media }: RtpPacket, { rtpTimestamp, ntpTimestamp }: SenderReport): bigint {
  // The difference of two timestamps that wrap, as a signed number.
  const ticks = (timestamp - rtpTimestamp) | 0;
  return ntpToUnixNs(ntpTimestamp) + BigInt(Math.round((ticks * 1e9) / media.clockRate));
}
