import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AccessUnit, Fault, Item, MediaDescription, RtpPacket, SenderReport } from '../../../lib/items.js';
import { H264Depacketizer } from '../../../transforms/h264-depacketizer.js';

/** Bytes from text as the catalogue writes them: hexadecimal and `"quoted text"`. */
export function bytes(text: string): Buffer {
  const parts = text.match(/"[^"]*"|[0-9a-f]+/gi) ?? [];
  return Buffer.concat(
    parts.map((part) => (part[0] === '"' ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex'))),
  );
}

/** An H.264 stream, with parameters in the SDP if given. */
export function video(fmtp?: string, index = 0): MediaDescription {
  return {
    index,
    type: 'video',
    encodingName: 'h264',
    payloadType: 96,
    clockRate: 90_000,
    fmtp,
    control: `rtsp://camera/${index}`,
    setup: { rtpChannel: 2 * index, rtcpChannel: 2 * index + 1 },
  };
}

/** `sprop-parameter-sets` of NAL units. */
export function sprop(...units: Buffer[]): string {
  return `packetization-mode=1;sprop-parameter-sets=${units.map((unit) => unit.toString('base64')).join(',')}`;
}

/** A packet for {@link rtpPackets}: payload as text or bytes, time in ticks, marker, packets lost before it. */
export interface PacketSpec {
  readonly p: string | Buffer;
  readonly t?: number;
  readonly m?: boolean;
  readonly lost?: number;
  readonly recv?: bigint;
}

/** RTP packets with running sequence numbers; the n-th was received n ms after 1 s, unless it says otherwise. */
export function rtpPackets(media: MediaDescription, specs: readonly PacketSpec[]): RtpPacket[] {
  let sequence = 0;
  return specs.map(({ p, t = 0, m = false, lost = 0, recv }, i) => {
    sequence += 1 + lost;
    return {
      kind: 'rtp',
      media,
      sequenceNumber: sequence & 0xffff,
      timestamp: t >>> 0,
      extendedTimestamp: t,
      marker: m,
      payloadType: 96,
      ssrc: 1,
      payload: typeof p === 'string' ? bytes(p) : p,
      lost,
      position: 100 * i,
      recv: recv ?? 1_000_000_000n + BigInt(i) * 1_000_000n,
      waited: false,
    };
  });
}

/** A sender report of a stream. */
export function senderReport(
  media: MediaDescription,
  ntpTimestamp: bigint,
  rtpTimestamp: number,
  recv = 5n,
): SenderReport {
  const counts = { packetCount: 0, octetCount: 0, position: 0 };
  return { kind: 'senderReport', media, ssrc: 1, ntpTimestamp, rtpTimestamp, recv, ...counts };
}

/** What a stage makes of items. */
export async function through(stages: Transform | readonly Transform[], items: readonly Item[]): Promise<Item[]> {
  const result: Item[] = [];
  const list: readonly Transform[] = Array.isArray(stages) ? stages : [stages as Transform];
  await pipeline([
    Readable.from(items),
    ...list,
    async (source: AsyncIterable<Item>) => {
      for await (const item of source) result.push(item);
    },
  ] as never);
  return result;
}

/** The access units and faults that come of packets. */
export async function depacketize(
  specs: readonly PacketSpec[],
  fmtp?: string,
): Promise<{ units: AccessUnit[]; faults: Fault[]; items: Item[] }> {
  const items = await through(new H264Depacketizer(), rtpPackets(video(fmtp), specs));
  return { items, ...sorted(items) };
}

/** Access units and faults apart. */
export function sorted(items: readonly Item[]): { units: AccessUnit[]; faults: Fault[] } {
  return {
    units: items.filter((item): item is AccessUnit => item.kind === 'accessUnit'),
    faults: items.filter((item): item is Fault => item.kind === 'fault'),
  };
}

/** The bytes of an access unit's NAL units. */
export function nalUnits(unit: AccessUnit): Buffer[] {
  return unit.nalUnits.map((nal) => {
    const data = Buffer.concat(nal.parts);
    if (data.length !== nal.byteLength) throw new Error(`byteLength ${nal.byteLength} of ${data.length} bytes`);
    const header = data[0]!;
    if (nal.type !== (header & 0x1f) || nal.refIdc !== header >> 5) {
      throw new Error(`type ${nal.type} and nal_ref_idc ${nal.refIdc} with header ${header}`);
    }
    return data;
  });
}

/** The access unit as an MP4 sample: each NAL unit behind its length in 4 bytes. */
export function sample(unit: AccessUnit): string {
  const parts = nalUnits(unit).flatMap((nal) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(nal.length);
    return [length, nal];
  });
  return Buffer.concat(parts).toString('latin1');
}

/** What {@link sample} is compared to. */
export function expectedSample(text: string): string {
  return bytes(text).toString('latin1');
}

/** The NAL units in hexadecimal. */
export function hexUnits(unit: AccessUnit): string[] {
  return nalUnits(unit).map((nal) => nal.toString('hex'));
}
