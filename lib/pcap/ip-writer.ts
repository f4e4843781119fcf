import { type Endpoint, PROTOCOL_TCP, PROTOCOL_UDP } from './ip.js';
import { ipv4, ipv6, tcp, udp } from './layouts.js';

const TIME_TO_LIVE = 64;
const WINDOW = 0xffff;

/** Bytes of payload that fit into one IPv4 packet behind a TCP header. */
export const MAX_SEGMENT = 0xffff - ipv4.span - tcp.span;

/**
 * IP and TCP header of a segment, with checksums (RFC 9293 section 3.1); the payload follows them.
 *
 * @param source and `destination` both IPv4 (4 bytes) or both IPv6 (16 bytes)
 * @param payload at most {@link MAX_SEGMENT} bytes
 */
export function serializeTcpHeaders(
  source: Endpoint,
  destination: Endpoint,
  {
    sequenceNumber,
    acknowledgmentNumber,
    flags,
  }: { sequenceNumber: number; acknowledgmentNumber: number; flags: number },
  payload: Buffer,
): Buffer {
  const { bytes, offset } = networkHeader(source, destination, PROTOCOL_TCP, tcp.span, payload.length);
  const ports = { sourcePort: source.port, destinationPort: destination.port };
  const fields = { dataOffset: (tcp.span / 4) << 4, flags, window: WINDOW, checksum: 0, urgentPointer: 0 };
  tcp.encode({ ...ports, sequenceNumber, acknowledgmentNumber, ...fields }, bytes, offset);
  const checksum = transportChecksum(source, destination, PROTOCOL_TCP, bytes.subarray(offset), payload);
  bytes.writeUInt16BE(checksum, offset + 16);
  return bytes;
}

/** IP and UDP header of a datagram, with checksums (RFC 768); the payload, at most 65507 bytes, follows them. */
export function serializeUdpHeaders(source: Endpoint, destination: Endpoint, payload: Buffer): Buffer {
  const { bytes, offset } = networkHeader(source, destination, PROTOCOL_UDP, udp.span, payload.length);
  const length = udp.span + payload.length;
  udp.encode({ sourcePort: source.port, destinationPort: destination.port, length, checksum: 0 }, bytes, offset);
  const checksum = transportChecksum(source, destination, PROTOCOL_UDP, bytes.subarray(offset), payload);
  // Zero would say that there is none.
  bytes.writeUInt16BE(checksum === 0 ? 0xffff : checksum, offset + 6);
  return bytes;
}

function networkHeader(
  source: Endpoint,
  destination: Endpoint,
  protocol: number,
  headerLength: number,
  payloadLength: number,
): { bytes: Buffer; offset: number } {
  const length = headerLength + payloadLength;
  const isIpv4 = source.address.length === 4;
  const offset = isIpv4 ? ipv4.span : ipv6.span;
  const bytes = Buffer.alloc(offset + headerLength);
  if (isIpv4) {
    const fragmentation = { identification: 0, flagsAndOffset: 0x4000 };
    const fields = { versionAndLength: 0x45, typeOfService: 0, totalLength: offset + length, ...fragmentation };
    ipv4.encode({ ...fields, timeToLive: TIME_TO_LIVE, protocol, checksum: 0 }, bytes);
  } else {
    ipv6.encode(
      { versionClassFlow: (6 << 28) >>> 0, payloadLength: length, nextHeader: protocol, hopLimit: TIME_TO_LIVE },
      bytes,
    );
  }
  source.address.copy(bytes, offset - 2 * source.address.length);
  destination.address.copy(bytes, offset - destination.address.length);
  if (isIpv4) bytes.writeUInt16BE(complement(sum(bytes.subarray(0, offset), 0)), 10);
  return { bytes, offset };
}

/** Over the pseudo header, header and payload (RFC 9293 section 3.1, RFC 8200 section 8.1). */
function transportChecksum(
  source: Endpoint,
  destination: Endpoint,
  protocol: number,
  header: Buffer,
  payload: Buffer,
): number {
  const addresses = sum(destination.address, sum(source.address, 0));
  return complement(sum(payload, sum(header, addresses + protocol + header.length + payload.length)));
}

/** Adds 16-bit words (RFC 1071); at most 64 KiB at a time, so that the sum stays exact. */
function sum(data: Buffer, total: number): number {
  const even = data.length & ~1;
  for (let at = 0; at < even; at += 2) total += (data[at]! << 8) | data[at + 1]!;
  return even < data.length ? total + (data[even]! << 8) : total;
}

function complement(total: number): number {
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
