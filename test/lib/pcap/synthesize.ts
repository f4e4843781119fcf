/** Captures made in memory: a session's messages as TCP segments, in any link type, format and byte order. */
import { Readable } from 'node:stream';
import type { Item, Presentation } from '../../../lib/items.js';
import type { Endpoint } from '../../../lib/pcap/ip.js';
import { serializeTcpHeaders, serializeUdpHeaders } from '../../../lib/pcap/ip-writer.js';
import type { ByteOrder } from '../../../lib/pcap/layouts.js';
import { type CaptureStyle, serializeFileHeader, serializeRecordHeader } from '../../../lib/pcap/record-writer.js';
import { type PcapSourceOptions, pcapSource } from '../../../lib/pcap/source.js';
import { TCP_ACK, TCP_SYN } from '../../../lib/pcap/transport.js';

export const CLIENT: Endpoint = { address: Buffer.from([10, 0, 0, 1]), port: 50000 };
export const SERVER: Endpoint = { address: Buffer.from([10, 0, 0, 2]), port: 554 };
export const CLIENT6: Endpoint = { address: Buffer.from(`fe80${'0'.repeat(27)}1`, 'hex'), port: 50000 };
export const SERVER6: Endpoint = { address: Buffer.from(`fe80${'0'.repeat(27)}2`, 'hex'), port: 554 };

/** Time of the first packet, whole in microseconds; each next one is a millisecond later. */
export const START = 1_708_200_874_013_000_000n;
export const STEP = 1_000_000n;

export interface TimedPacket {
  readonly data: Buffer;
  readonly timestamp: bigint;
}

/** Gives packets their times. */
export function timed(packets: readonly Buffer[]): TimedPacket[] {
  return packets.map((data, i) => ({ data, timestamp: START + BigInt(i) * STEP }));
}

/** A TCP segment as an IP packet. */
export function tcpPacket(
  from: Endpoint,
  to: Endpoint,
  sequenceNumber: number,
  payload: Buffer | string,
  { flags = TCP_ACK, ack = 0 }: { flags?: number; ack?: number } = {},
): Buffer {
  const data = Buffer.from(payload as string, 'latin1');
  const fields = { sequenceNumber: sequenceNumber >>> 0, acknowledgmentNumber: ack >>> 0, flags };
  return Buffer.concat([serializeTcpHeaders(from, to, fields, data), data]);
}

export function udpPacket(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  return Buffer.concat([serializeUdpHeaders(from, to, payload), payload]);
}

export interface Turn {
  readonly from: 'client' | 'server';
  readonly data: Buffer;
}

export function client(text: string): Turn {
  return { from: 'client', data: Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1') };
}

export function server(...parts: (string | Buffer)[]): Turn {
  const data = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part.replaceAll('\n', '\r\n'), 'latin1') : part,
  );
  return { from: 'server', data: Buffer.concat(data) };
}

/** An interleaved frame whose payload looks like RTP (or RTCP on an odd channel). */
export function frame(channel: number, sequenceNumber: number, length = 100): Buffer {
  const data = Buffer.concat([
    Buffer.from([0x24, channel, length >> 8, length & 0xff]),
    media(channel, sequenceNumber, length),
  ]);
  return data;
}

export function media(channel: number, sequenceNumber: number, length = 100): Buffer {
  // Filled with '$' bytes, so that a search for frames has something to fall for.
  const data = Buffer.alloc(length, 0x24);
  data[0] = 0x80;
  data[1] = channel % 2 === 0 ? 96 : 200;
  data.writeUInt16BE(sequenceNumber & 0xffff, 2);
  return data;
}

export const SDP = `v=0
o=- 1 1 IN IP4 10.0.0.2
s=Test
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=control:track1
`.replaceAll('\n', '\r\n');

export const DESCRIBE = client('DESCRIBE rtsp://10.0.0.2/live RTSP/1.0\nCSeq: 1\n\n');
export const DESCRIBED = server(
  `RTSP/1.0 200 OK\nCSeq: 1\nContent-Type: application/sdp\nContent-Base: rtsp://10.0.0.2/live/\nContent-Length: ${SDP.length}\n\n`,
  Buffer.from(SDP),
);
const SETUP = client(
  'SETUP rtsp://10.0.0.2/live/track1 RTSP/1.0\nCSeq: 2\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n',
);
const SET_UP = server('RTSP/1.0 200 OK\nCSeq: 2\nSession: 1\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n');
export const PLAY = client('PLAY rtsp://10.0.0.2/live/ RTSP/1.0\nCSeq: 3\nSession: 1\n\n');
export const PLAYED_TEXT =
  'RTSP/1.0 200 OK\nCSeq: 3\nSession: 1\nRTP-Info: url=rtsp://10.0.0.2/live/track1;seq=7;rtptime=1234\n\n';
export const HANDSHAKE = [DESCRIBE, DESCRIBED, SETUP, SET_UP, PLAY] as const;

/** A whole session over TCP. */
export const SESSION: readonly Turn[] = [
  ...HANDSHAKE,
  server(PLAYED_TEXT, frame(0, 7)),
  ...Array.from({ length: 20 }, (_, i) => server(frame(i % 5 === 4 ? 1 : 0, 8 + i, 60 + 40 * i))),
  server(frame(0, 28, 300).subarray(0, 100)),
  server(frame(0, 28, 300).subarray(100), frame(1, 29)),
];

/** The server's bytes of some turns. */
export function serverBytes(turns: readonly Turn[]): Buffer {
  return Buffer.concat(turns.filter(({ from }) => from === 'server').map(({ data }) => data));
}

/** A connection's segments as IP packets, with handshake unless `midway`. */
export function conversation(
  turns: readonly Turn[],
  {
    ends = [CLIENT, SERVER] as readonly [Endpoint, Endpoint],
    sequences = [0xffffff00, 0xfffffffe] as readonly [number, number],
    midway = false,
  } = {},
): Buffer[] {
  const [clientEnd, serverEnd] = ends;
  let [clientNext, serverNext] = sequences;
  const packets: Buffer[] = [];
  if (!midway) {
    packets.push(tcpPacket(clientEnd, serverEnd, clientNext++, '', { flags: TCP_SYN }));
    packets.push(tcpPacket(serverEnd, clientEnd, serverNext++, '', { flags: TCP_SYN | TCP_ACK, ack: clientNext }));
  }
  for (const { from, data } of turns) {
    if (from === 'client') {
      packets.push(tcpPacket(clientEnd, serverEnd, clientNext, data, { ack: serverNext }));
      clientNext += data.length;
    } else {
      packets.push(tcpPacket(serverEnd, clientEnd, serverNext, data, { ack: clientNext }));
      serverNext += data.length;
      packets.push(tcpPacket(clientEnd, serverEnd, clientNext, '', { ack: serverNext }));
    }
  }
  return packets;
}

/** Puts the link's header in front of an IP packet. */
export function wrap(linkType: number, packet: Buffer): Buffer {
  const isIpv4 = packet[0]! >> 4 === 4;
  const type = isIpv4 ? '0800' : '86dd';
  const headers: Record<number, string> = {
    0: isIpv4 ? '02000000' : '1e000000',
    1: `000102030405060708090a0b${type}`,
    108: isIpv4 ? '00000002' : '0000001c',
    113: `0000000100060001020304050000${type}`,
    276: `${type}0000000000010001000600010203040500`.padEnd(40, '0'),
  };
  return Buffer.concat([Buffer.from(headers[linkType] ?? '', 'hex'), packet]);
}

/** A classic capture. */
export function classic(packets: readonly TimedPacket[], style: CaptureStyle = {}): Buffer {
  const parts = [serializeFileHeader(style)];
  for (const { data, timestamp } of packets) parts.push(serializeRecordHeader(timestamp, data.length, style), data);
  return Buffer.concat(parts);
}

/** A pcapng block. */
export function block(type: number, body: Buffer, order: ByteOrder = 'little'): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
  const length = padded.length + 12;
  return Buffer.concat([u32(type, order), u32(length, order), padded, u32(length, order)]);
}

export function u32(value: number, order: ByteOrder): Buffer {
  const bytes = Buffer.alloc(4);
  if (order === 'little') bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}

export function u16(value: number, order: ByteOrder): Buffer {
  const bytes = Buffer.alloc(2);
  if (order === 'little') bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return bytes;
}

export function sectionHeader(order: ByteOrder): Buffer {
  const version = Buffer.concat([u16(1, order), u16(0, order)]);
  return block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d, order), version, Buffer.alloc(8, 0xff)]), order);
}

export function interfaceBlock(linkType: number, order: ByteOrder, options: Buffer = Buffer.alloc(0)): Buffer {
  return block(1, Buffer.concat([u16(linkType, order), u16(0, order), u32(0, order), options]), order);
}

/** Option of one byte, or of any bytes. */
export function option(code: number, value: Buffer, order: ByteOrder): Buffer {
  return Buffer.concat([u16(code, order), u16(value.length, order), value, Buffer.alloc(-value.length & 3)]);
}

export function packetBlock(id: number, ticks: bigint, data: Buffer, order: ByteOrder): Buffer {
  const times = [u32(Number(ticks >> 32n), order), u32(Number(ticks & 0xffffffffn), order)];
  const header = [u32(id, order), ...times, u32(data.length, order), u32(data.length, order)];
  return block(6, Buffer.concat([...header, data]), order);
}

/** A pcapng capture with nanoseconds. */
export function pcapng(packets: readonly TimedPacket[], linkType: number, order: ByteOrder): Buffer {
  return Buffer.concat([
    sectionHeader(order),
    interfaceBlock(linkType, order, option(9, Buffer.from([9]), order)),
    ...packets.map(({ data, timestamp }) => packetBlock(0, timestamp, data, order)),
  ]);
}

/** The capture as a stream, cut at the given places. */
export function streamOf(capture: Buffer, cuts: readonly number[] = []): Readable {
  const places = [0, ...cuts.map((cut) => cut % (capture.length + 1)).sort((a, b) => a - b), capture.length];
  return Readable.from(places.slice(1).map((end, i) => capture.subarray(places[i], end)));
}

/** All items of a capture. */
export async function itemsOf(
  capture: Buffer,
  options: PcapSourceOptions = {},
  cuts: readonly number[] = [],
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of pcapSource(streamOf(capture, cuts), options)) items.push(item as Item);
  return items;
}

/** The bytes of all chunks. */
export function chunkBytes(items: readonly Item[]): Buffer {
  return Buffer.concat(items.flatMap((item) => (item.kind === 'chunk' ? [item.data] : [])));
}

/** Cuts an IPv4 packet into fragments of `size` bytes of payload, a multiple of eight. */
export function fragment(packet: Buffer, size: number, id = 77): Buffer[] {
  const payload = packet.subarray(20);
  const fragments: Buffer[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const data = Buffer.concat([packet.subarray(0, 20), payload.subarray(at, at + size)]);
    data.writeUInt16BE(data.length, 2);
    data.writeUInt16BE(id, 4);
    data.writeUInt16BE((at + size < payload.length ? 0x2000 : 0) | (at / 8), 6);
    fragments.push(data);
  }
  return fragments;
}

/** A capture of these packets in the default style. */
export function raw(packets: readonly Buffer[]): Buffer {
  return classic(timed(packets));
}

export function kinds(items: readonly Item[]): string[] {
  return items.map((item) => (item.kind === 'fault' ? `fault ${item.code}` : item.kind));
}

export function presentations(items: readonly Item[]): Presentation[] {
  return items.filter((item) => item.kind === 'presentation');
}
