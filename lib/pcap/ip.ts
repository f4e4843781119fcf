import { ipv4, ipv6, ipv6Fragment } from './layouts.js';

/** One end of a connection: an address of 4 (IPv4) or 16 bytes (IPv6), and a port. */
export interface Endpoint {
  readonly address: Buffer;
  readonly port: number;
}

/** IP protocol numbers of what is looked into. */
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

/** An IP packet, or one fragment of it. Addresses and payload are views. */
export interface IpPacket {
  readonly source: Buffer;
  readonly destination: Buffer;
  /** What `payload` is: 6 TCP, 17 UDP, … */
  readonly protocol: number;
  /** Without padding of the link; shorter than the header says if the capture was limited to a length. */
  readonly payload: Buffer;
  /** Set if this is a fragment: `payload` begins at byte `offset` of the whole packet's. */
  readonly fragment?: { readonly id: number; readonly offset: number; readonly more: boolean } | undefined;
}

/** IPv6 extension headers that may precede the payload (RFC 8200 section 4). */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const MAX_EXTENSIONS = 16;

/** Takes an IPv4 (with options) or IPv6 packet (with extension headers) apart; undefined if it is neither or cut too short. */
export function decodeIp(data: Buffer): IpPacket | undefined {
  const version = (data[0] ?? 0) >> 4;
  if (version === 4) return decodeIpv4(data);
  return version === 6 ? decodeIpv6(data) : undefined;
}

function decodeIpv4(data: Buffer): IpPacket | undefined {
  if (data.length < ipv4.span) return undefined;
  const header = ipv4.decode(data);
  const headerLength = (header.versionAndLength & 15) * 4;
  // Length 0 is what a network card that segments by itself leaves in packets captured before it.
  const totalLength = header.totalLength === 0 ? data.length : header.totalLength;
  if (headerLength < ipv4.span || headerLength > data.length || totalLength < headerLength) return undefined;
  const offset = (header.flagsAndOffset & 0x1fff) * 8;
  const more = (header.flagsAndOffset & 0x2000) !== 0;
  return {
    source: data.subarray(12, 16),
    destination: data.subarray(16, 20),
    protocol: header.protocol,
    payload: data.subarray(headerLength, totalLength),
    fragment: more || offset > 0 ? { id: header.identification, offset, more } : undefined,
  };
}

function decodeIpv6(data: Buffer): IpPacket | undefined {
  if (data.length < ipv6.span) return undefined;
  const { payloadLength, nextHeader } = ipv6.decode(data);
  const end = payloadLength === 0 ? data.length : Math.min(data.length, ipv6.span + payloadLength);
  let protocol = nextHeader;
  let at: number = ipv6.span;
  let fragment: IpPacket['fragment'];
  for (let count = 0; isExtension(protocol); count++) {
    if (count === MAX_EXTENSIONS || at + 8 > end) return undefined;
    const length =
      protocol === AUTHENTICATION ? (data[at + 1]! + 2) * 4 : protocol === FRAGMENT ? 8 : (data[at + 1]! + 1) * 8;
    if (protocol === FRAGMENT) {
      const { offsetAndFlags, identification } = ipv6Fragment.decode(data, at);
      const offset = offsetAndFlags & 0xfff8;
      const more = (offsetAndFlags & 1) !== 0;
      if (more || offset > 0) fragment = { id: identification, offset, more };
    }
    protocol = data[at]!;
    at += length;
    // Behind a fragment header the bytes belong to the whole packet and may be of its middle.
    if (fragment !== undefined) break;
  }
  if (at > end) return undefined;
  return {
    source: data.subarray(8, 24),
    destination: data.subarray(24, 40),
    protocol,
    payload: data.subarray(at, end),
    fragment,
  };
}

function isExtension(protocol: number): boolean {
  switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
      return true;
    default:
      return false;
  }
}

/** An address and a port as `10.0.0.1:554` or `[fe80::1]:554`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  if (address.length === 4) return `${address.join('.')}:${port}`;
  const groups: string[] = [];
  for (let at = 0; at < address.length; at += 2) groups.push(address.readUInt16BE(at).toString(16));
  const text = groups.join(':');
  // The longest run of zero groups becomes '::' (RFC 5952 section 4.2).
  const runs = text.match(/\b0(?::0\b)+/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return `[${longest === '' ? text : text.replace(new RegExp(`:?\\b${longest}\\b:?`), '::')}]:${port}`;
}
