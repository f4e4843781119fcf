import type { Socket } from 'node:dgram';
import type { MediaSetup } from '../items.js';
import { OriginCheck, type UdpOrigin } from './udp-origin.js';
import type { UdpGroup, UdpPair } from './udp-pair.js';

/** An empty RTP packet and an empty receiver report: they open a firewall for what comes the other way (Q147). */
const RTP_PUNCH = Buffer.from('800000000000000000000000', 'hex');
const RTCP_PUNCH = Buffer.from('80c9000100000000', 'hex');

/** Where a datagram goes to. */
interface Target {
  readonly address: string;
  readonly port: number;
}

/** Sends a datagram and says nothing of errors. */
export type SendDatagram = (socket: Socket, data: Buffer, target: Target) => void;

/** One stream over UDP: its sockets, and who is at the other end. */
export class UdpStream {
  readonly rtpCheck: OriginCheck;
  readonly rtcpCheck: OriginCheck;
  private lastAddress: string | undefined;

  /** @param group where the stream is multicast */
  constructor(
    readonly pair: UdpPair,
    readonly setup: MediaSetup,
    private readonly origin: UdpOrigin,
    private readonly group?: UdpGroup | undefined,
  ) {
    this.rtpCheck = new OriginCheck(origin.addresses, origin.ports?.rtp);
    this.rtcpCheck = new OriginCheck(origin.addresses, origin.ports?.rtcp);
  }

  /** Whether a datagram is the stream's. Malformed ones are, if they come from there. */
  accepts(isRtcp: boolean, data: Buffer, address: string, port: number): boolean {
    const check = isRtcp ? this.rtcpCheck : this.rtpCheck;
    if (!check.accepts(address, port, looksSound(isRtcp, data))) return false;
    this.lastAddress = address;
    return true;
  }

  /** Sends what opens firewalls, where the server has said to which ports. */
  punch(send: SendDatagram): void {
    const { group, pair, origin } = this;
    if (group !== undefined || origin.ports === undefined) return;
    for (const address of origin.addresses) {
      send(pair.rtp, RTP_PUNCH, { address, port: origin.ports.rtp });
      send(pair.rtcp, RTCP_PUNCH, { address, port: origin.ports.rtcp });
    }
  }

  /** Sends a report, as far as it is known to where. */
  report(data: Buffer, send: SendDatagram): void {
    const { group, origin, pair, rtcpCheck, rtpCheck } = this;
    if (group !== undefined) {
      send(pair.rtcp, data, { address: group.address, port: group.ports.rtcp });
      return;
    }
    // Without a word of the server's the next port is RTCP's, as everywhere.
    const port = rtcpCheck.port ?? (rtpCheck.port === undefined ? undefined : rtpCheck.port + 1);
    const address = this.lastAddress ?? origin.addresses[0];
    if (port !== undefined && port <= 65_535 && address !== undefined) send(pair.rtcp, data, { address, port });
  }
}

/** Whether it is worth learning a port from: version 2, not too short, and for RTCP a known type (RFC 3550 sections 5.1, 6.4). */
function looksSound(isRtcp: boolean, data: Buffer): boolean {
  if (data.length < (isRtcp ? 8 : 12) || data[0]! >> 6 !== 2) return false;
  return !isRtcp || (data[1]! >= 200 && data[1]! <= 207);
}
