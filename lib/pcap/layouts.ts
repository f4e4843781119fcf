/**
 * Fixed parts of capture files and of the headers in them, as buffer-layout structures.
 *
 * A capture is read once and not in real time, so that the structures' cost (about a microsecond each) does not matter here.
 */
import { blob, struct, u8, u16, u16be, u32, u32be } from 'buffer-layout';

type Numbers<K extends string> = Record<K, number>;

/** The same structure in the byte order of the machine that wrote the file. */
function inBothOrders<T>(build: (int: { u16: typeof u16; u32: typeof u32 }) => T): { little: T; big: T } {
  return { little: build({ u16, u32 }), big: build({ u16: u16be, u32: u32be }) };
}

/** Which byte order a capture file has. */
export type ByteOrder = 'little' | 'big';

/** Global header of a classic capture (draft-ietf-opsawg-pcap section 4). */
export const fileHeader = inBothOrders(({ u16, u32 }) =>
  struct<Numbers<'magic' | 'versionMajor' | 'versionMinor' | 'thisZone' | 'accuracy' | 'snapLength' | 'linkType'>>([
    u32('magic'),
    u16('versionMajor'),
    u16('versionMinor'),
    u32('thisZone'),
    u32('accuracy'),
    u32('snapLength'),
    u32('linkType'),
  ]),
);

/** Header of a packet record (draft-ietf-opsawg-pcap section 5). `fraction` is in µs or ns, as the magic says. */
export const recordHeader = inBothOrders(({ u32 }) =>
  struct<Numbers<'seconds' | 'fraction' | 'capturedLength' | 'originalLength'>>([
    u32('seconds'),
    u32('fraction'),
    u32('capturedLength'),
    u32('originalLength'),
  ]),
);

/** Start of every pcapng block (draft-ietf-opsawg-pcapng section 3.1). */
export const blockHeader = inBothOrders(({ u32 }) =>
  struct<Numbers<'type' | 'totalLength'>>([u32('type'), u32('totalLength')]),
);

/** Interface Description Block up to its options (section 4.2). */
export const interfaceDescription = inBothOrders(({ u16, u32 }) =>
  struct<Numbers<'linkType' | 'reserved' | 'snapLength'>>([u16('linkType'), u16('reserved'), u32('snapLength')]),
);

/** Enhanced Packet Block up to the packet's bytes (section 4.3). */
export const enhancedPacket = inBothOrders(({ u32 }) =>
  struct<Numbers<'interfaceId' | 'timestampHigh' | 'timestampLow' | 'capturedLength' | 'originalLength'>>([
    u32('interfaceId'),
    u32('timestampHigh'),
    u32('timestampLow'),
    u32('capturedLength'),
    u32('originalLength'),
  ]),
);

/** Header of an option in a pcapng block (section 3.5). */
export const optionHeader = inBothOrders(({ u16 }) => struct<Numbers<'code' | 'length'>>([u16('code'), u16('length')]));

/** Ethernet: destination, source, then the type (IEEE 802.3 section 3.1.1). */
export const ethernet = struct<Numbers<'etherType'>>([blob(12), u16be('etherType')]);

/** What follows the type 0x8100 or 0x88a8: priority and VLAN, then the next type (IEEE 802.1Q section 9.6). */
export const vlanTag = struct<Numbers<'control' | 'etherType'>>([u16be('control'), u16be('etherType')]);

/** Linux cooked capture, LINKTYPE_LINUX_SLL. */
export const linuxSll = struct<Numbers<'packetType' | 'arphrd' | 'addressLength' | 'protocol'>>([
  u16be('packetType'),
  u16be('arphrd'),
  u16be('addressLength'),
  blob(8),
  u16be('protocol'),
]);

/** Linux cooked capture version 2, LINKTYPE_LINUX_SLL2. */
export const linuxSll2 = struct<Numbers<'protocol' | 'interfaceIndex' | 'arphrd' | 'packetType' | 'addressLength'>>([
  u16be('protocol'),
  blob(2),
  u32be('interfaceIndex'),
  u16be('arphrd'),
  u8('packetType'),
  u8('addressLength'),
  blob(8),
]);

/**
 * IPv4 without options (RFC 791 section 3.1).
 *
 *      0               1               2               3
 *     | version, IHL  | type of svc.  |         total length          |
 *     |        identification         | flags, fragment offset (13 b) |
 *     | time to live  |   protocol    |        header checksum        |
 *     |                        source address                         |
 *     |                      destination address                      |
 */
export const ipv4 = struct<
  Numbers<
    | 'versionAndLength'
    | 'typeOfService'
    | 'totalLength'
    | 'identification'
    | 'flagsAndOffset'
    | 'timeToLive'
    | 'protocol'
    | 'checksum'
  >
>([
  u8('versionAndLength'),
  u8('typeOfService'),
  u16be('totalLength'),
  u16be('identification'),
  u16be('flagsAndOffset'),
  u8('timeToLive'),
  u8('protocol'),
  u16be('checksum'),
  blob(8),
]);

/**
 * IPv6 fixed header (RFC 8200 section 3).
 *
 *      0               1               2               3
 *     | version, traffic class, flow label                            |
 *     |        payload length         |  next header  |   hop limit   |
 *     |                   source address (16 bytes)                   |
 *     |                 destination address (16 bytes)                |
 */
export const ipv6 = struct<Numbers<'versionClassFlow' | 'payloadLength' | 'nextHeader' | 'hopLimit'>>([
  u32be('versionClassFlow'),
  u16be('payloadLength'),
  u8('nextHeader'),
  u8('hopLimit'),
  blob(32),
]);

/** IPv6 fragment header (RFC 8200 section 4.5). */
export const ipv6Fragment = struct<Numbers<'nextHeader' | 'reserved' | 'offsetAndFlags' | 'identification'>>([
  u8('nextHeader'),
  u8('reserved'),
  u16be('offsetAndFlags'),
  u32be('identification'),
]);

/**
 * TCP without options (RFC 9293 section 3.1).
 *
 *      0               1               2               3
 *     |          source port          |       destination port        |
 *     |                        sequence number                        |
 *     |                     acknowledgment number                     |
 *     | offset (4 b)  |     flags     |            window             |
 *     |           checksum            |        urgent pointer         |
 */
export const tcp = struct<
  Numbers<
    | 'sourcePort'
    | 'destinationPort'
    | 'sequenceNumber'
    | 'acknowledgmentNumber'
    | 'dataOffset'
    | 'flags'
    | 'window'
    | 'checksum'
    | 'urgentPointer'
  >
>([
  u16be('sourcePort'),
  u16be('destinationPort'),
  u32be('sequenceNumber'),
  u32be('acknowledgmentNumber'),
  u8('dataOffset'),
  u8('flags'),
  u16be('window'),
  u16be('checksum'),
  u16be('urgentPointer'),
]);

/** UDP (RFC 768). `length` includes these eight bytes. */
export const udp = struct<Numbers<'sourcePort' | 'destinationPort' | 'length' | 'checksum'>>([
  u16be('sourcePort'),
  u16be('destinationPort'),
  u16be('length'),
  u16be('checksum'),
]);
