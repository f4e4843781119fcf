import type { PacketSpec } from './rtp-items.js';

/** How an encoder puts AAC frames into packets. */
export interface AacPacketizing {
  /** Bytes of frames in a packet, at least 1. */
  readonly mtu: number;
  /** What the AU headers of fragments say: the size of the frame (RFC 3640) or of the fragment. */
  readonly fragmentSizes: 'frame' | 'fragment';
  /** Whether several frames that fit go into one packet. */
  readonly aggregate: boolean;
  /** Whether the marker is set on the last packet of a frame. */
  readonly marker: boolean;
}

/** Puts frames into packets, 1024 ticks apart (RFC 3640 section 3.3.6). */
export function packetizeAac(frames: readonly Buffer[], how: AacPacketizing): PacketSpec[] {
  const { mtu, fragmentSizes, aggregate, marker } = how;
  const packets: PacketSpec[] = [];
  for (let i = 0; i < frames.length; ) {
    const t = 1024 * i;
    const group = [frames[i++]!];
    if (group[0]!.length > mtu) {
      for (let at = 0; at < group[0]!.length; at += mtu) {
        const part = group[0]!.subarray(at, at + mtu);
        const size = fragmentSizes === 'frame' ? group[0]!.length : part.length;
        packets.push({ p: payload([size], part), t, m: marker && at + mtu >= group[0]!.length });
      }
      continue;
    }
    let room = mtu - group[0]!.length;
    while (aggregate && i < frames.length && frames[i]!.length <= room) {
      room -= frames[i]!.length;
      group.push(frames[i++]!);
    }
    packets.push({
      p: payload(
        group.map(({ length }) => length),
        ...group,
      ),
      t,
      m: marker,
    });
  }
  return packets;
}

function payload(sizes: readonly number[], ...data: readonly Buffer[]): Buffer {
  const headers = Buffer.alloc(2 + 2 * sizes.length);
  headers.writeUInt16BE(16 * sizes.length);
  sizes.forEach((size, i) => {
    headers.writeUInt16BE(size << 3, 2 + 2 * i);
  });
  return Buffer.concat([headers, ...data]);
}

/** A frame with an ADTS header in front (ISO/IEC 14496-3 section 1.A.2.2). */
export function withAdts(frame: Buffer): Buffer {
  const length = 7 + frame.length;
  const header = Buffer.of(
    0xff,
    0xf1,
    0x4c,
    0x40 | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc,
  );
  return Buffer.concat([header, frame]);
}
