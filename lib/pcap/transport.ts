import { tcp, udp } from './layouts.js';

/** A TCP segment. Checksums are not looked at: network cards compute them after the capture. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Of the payload's first byte, except in a SYN, which counts as one byte itself. */
  readonly sequenceNumber: number;
  /** Meaningful with {@link TCP_ACK}. */
  readonly acknowledgmentNumber: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** A UDP datagram. */
export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Buffer;
}

/** TCP's flags (RFC 9293 section 3.1). */
export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_PSH = 8;
export const TCP_ACK = 16;

/** Takes a TCP segment apart (RFC 9293 section 3.1); undefined if it is cut inside its header. */
export function decodeTcp(data: Buffer): TcpSegment | undefined {
  if (data.length < tcp.span) return undefined;
  const header = tcp.decode(data);
  const headerLength = (header.dataOffset >> 4) * 4;
  if (headerLength < tcp.span || headerLength > data.length) return undefined;
  const { sourcePort, destinationPort, sequenceNumber, acknowledgmentNumber, flags } = header;
  return {
    sourcePort,
    destinationPort,
    sequenceNumber,
    acknowledgmentNumber,
    flags,
    payload: data.subarray(headerLength),
  };
}

/** Takes a UDP datagram apart (RFC 768); undefined if it is not there as a whole, since half a datagram is of no use. */
export function decodeUdp(data: Buffer): UdpDatagram | undefined {
  if (data.length < udp.span) return undefined;
  const { sourcePort, destinationPort, length } = udp.decode(data);
  if (length < udp.span || length > data.length) return undefined;
  return { sourcePort, destinationPort, payload: data.subarray(udp.span, length) };
}
