import { randomFillSync } from 'node:crypto';
import type { Chunk, MediaDescription, Presentation } from '../../lib/items.js';

/** Payload bytes of a packet. */
const PACKET = 1440;
const CLOCK_RATE = 90_000;
const FRAME_TICKS = 3000;
/** Bytes of one socket read. */
const CHUNK = 65_536;

/** One session's worth of interleaved bytes in memory, as chunks, and what describes it. */
export interface Synthetic {
  readonly presentation: Presentation;
  readonly chunks: readonly Chunk[];
  readonly bytes: number;
  readonly packets: number;
  readonly frames: number;
}

/**
 * H.264 over interleaved RTP with a camera's frame sizes: groups of one 650 kB key frame and fifty-nine frames of 2–8 kB, in FU-A
 * packets of 1440 bytes. The bytes are random, with zero bytes as frequent as in real data.
 *
 * @param groups number of groups of pictures
 */
export function synthesize(groups: number): Synthetic {
  const pieces: Buffer[] = [];
  let sequence = 0;
  let timestamp = 0;
  let packets = 0;
  let frames = 0;
  const send = (payload: readonly Buffer[], marker: boolean): void => {
    const size = payload.reduce((sum, part) => sum + part.length, 12);
    const header = Buffer.alloc(16);
    header[0] = 0x24;
    header.writeUInt16BE(size, 2);
    header[4] = 0x80;
    header[5] = 96 | (marker ? 0x80 : 0);
    header.writeUInt16BE(sequence++ & 0xffff, 6);
    header.writeUInt32BE(timestamp >>> 0, 8);
    header.writeUInt32BE(0x1234_5678, 12);
    pieces.push(header, ...payload);
    packets++;
  };
  for (let group = 0; group < groups; group++) {
    for (let frame = 0; frame < 60; frame++) {
      const size = frame === 0 ? 650_000 : 2000 + ((frame * 104_729) % 6000);
      const nal = slice(size, frame === 0 ? 0x65 : 0x41);
      if (frame === 0) send([parameterSets], false);
      for (let at = 1; at < nal.length; at += PACKET - 2) {
        const end = Math.min(nal.length, at + PACKET - 2);
        const flags = (at === 1 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0);
        const indicator = Buffer.of((nal[0]! & 0xe0) | 28, flags | (nal[0]! & 0x1f));
        send([indicator, nal.subarray(at, end)], end === nal.length);
      }
      timestamp += FRAME_TICKS;
      frames++;
    }
  }
  const all = Buffer.concat(pieces);
  const chunks: Chunk[] = [];
  for (let at = 0; at < all.length; at += CHUNK) {
    // Each read of a socket has memory of its own.
    chunks.push({
      kind: 'chunk',
      data: Buffer.from(all.subarray(at, at + CHUNK)),
      recv: BigInt(chunks.length) * 1_000_000n,
    });
  }
  return { presentation, chunks, bytes: all.length, packets, frames };
}

const media: MediaDescription = {
  index: 0,
  type: 'video',
  encodingName: 'h264',
  payloadType: 96,
  clockRate: CLOCK_RATE,
  control: 'rtsp://127.0.0.1/bench/0',
  setup: { rtpChannel: 0, rtcpChannel: 1 },
};

const presentation: Presentation = {
  kind: 'presentation',
  media: [media],
  url: 'rtsp://127.0.0.1/bench',
  baseUrl: 'rtsp://127.0.0.1/bench',
  controlUrl: 'rtsp://127.0.0.1/bench',
};

const sps = Buffer.from('674d001e95a82d0f69b808080810', 'hex');
const pps = Buffer.from('68ee3c80', 'hex');
const parameterSets = Buffer.concat([Buffer.of(0x78, 0, sps.length), sps, Buffer.of(0, pps.length), pps]);

/** Random bytes without the sequences that a NAL unit cannot hold. */
function slice(size: number, header: number): Buffer {
  const nal = randomFillSync(Buffer.alloc(size));
  nal[0] = header;
  nal[1] = 0x88;
  for (let i = 2; i < size; i++) if (nal[i] === 0 && nal[i - 1] === 0) nal[i] = 0x55;
  if (nal[size - 1] === 0) nal[size - 1] = 0x80;
  return nal;
}
