import { FrameInPlace } from '../../../lib/in-place.js';
import type { Fault, InterleavedFrame, MediaDescription, Presentation, RtpPacket } from '../../../lib/items.js';
import { RtpReceiver, type RtpReceiverOptions } from '../../../lib/rtp/rtp-receiver.js';

export const SSRC = 0x0d25614e;
export const RECV = 1_708_200_874_013_000_000n;

/** A video stream that is set up on channels 0 and 1, whose SPS excludes reordering. */
export function video(overrides: Partial<MediaDescription> = {}): MediaDescription {
  return {
    index: 0,
    type: 'video',
    encodingName: 'h264',
    fmtp: 'packetization-mode=1;sprop-parameter-sets=Z0LAHtoCgL/lwEQAAAMABAAAAwDwPFi6gA==,aM48gA==',
    payloadType: 96,
    clockRate: 90_000,
    control: 'rtsp://192.0.2.1/trackID=0',
    setup: { rtpChannel: 0, rtcpChannel: 1 },
    ...overrides,
  };
}

/** An audio stream on channels 2 and 3. */
export function audio(overrides: Partial<MediaDescription> = {}): MediaDescription {
  return {
    index: 1,
    type: 'audio',
    encodingName: 'mpeg4-generic',
    payloadType: 97,
    clockRate: 48_000,
    control: 'rtsp://192.0.2.1/trackID=1',
    setup: { rtpChannel: 2, rtcpChannel: 3 },
    ...overrides,
  };
}

export function presentation(media: readonly MediaDescription[], tool?: string): Presentation {
  const url = 'rtsp://192.0.2.1/';
  return { kind: 'presentation', media, url, baseUrl: url, controlUrl: url, tool };
}

export interface PacketFields {
  readonly seq?: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly marker?: boolean;
  readonly payload?: Buffer | string;
}

/** An RTP packet without extension, CSRC and padding. */
export function rtp({
  seq = 0,
  timestamp = 0,
  ssrc = SSRC,
  payloadType = 96,
  marker = false,
  payload = '41aa',
}: PacketFields): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType | (marker ? 0x80 : 0);
  header.writeUInt16BE(seq & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload]);
}

export function interleaved(channel: number, data: Buffer | string, position = 0): InterleavedFrame {
  const bytes = typeof data === 'string' ? Buffer.from(data.replaceAll(' ', ''), 'hex') : data;
  return { kind: 'interleaved', channel, data: bytes, position, recv: RECV, waited: false };
}

/** A sender report of 28 bytes without report blocks (RFC 3550 section 6.4.1). */
export function senderReport(ssrc: number, ntpTimestamp = 0n, rtpTimestamp = 0): Buffer {
  const data = Buffer.alloc(28);
  data.writeUInt32BE(0x80c80006, 0);
  data.writeUInt32BE(ssrc, 4);
  data.writeBigUInt64BE(ntpTimestamp, 8);
  data.writeUInt32BE(rtpTimestamp >>> 0, 16);
  return data;
}

const DEFAULTS: RtpReceiverOptions = {
  maxJumpSeconds: 10,
  tolerant: false,
  datagrams: false,
  initialSequence: 'default',
  zero: undefined,
  zeroRequired: false,
  reorders: false,
  staleSessions: false,
};

/** What lies on both sides of a packet among the bytes received. */
const AROUND = Buffer.alloc(17, 0xff);

/** A receiver that collects what it emits. */
export class Reception {
  readonly packets: RtpPacket[] = [];
  readonly faults: Fault[] = [];
  private readonly receiver: RtpReceiver;

  constructor(options: Partial<RtpReceiverOptions> = {}, media: MediaDescription = video()) {
    this.receiver = new RtpReceiver(media, { ...DEFAULTS, ...options }, (fault) => this.faults.push(fault));
  }

  /** Receives a packet, given by its fields, as bytes or in hex. */
  receive(packet: PacketFields | Buffer | string): this {
    const isFields = typeof packet === 'object' && !Buffer.isBuffer(packet);
    const { channel, data, position, recv, waited } = interleaved(0, isFields ? rtp(packet) : packet);
    const all = Buffer.concat([AROUND, data, AROUND]);
    const frame = FrameInPlace.of({ kind: 'interleaved', channel, data: all, position, recv, waited });
    frame.start = AROUND.length;
    frame.end = AROUND.length + data.length;
    frame.until = frame.end;
    const received = this.receiver.receive(frame);
    if (received !== undefined) this.packets.push(received.toItem());
    return this;
  }

  get lost(): number[] {
    return this.packets.map(({ lost }) => lost);
  }

  get times(): number[] {
    return this.packets.map(({ extendedTimestamp }) => extendedTimestamp);
  }

  get codes(): string[] {
    return this.faults.map(({ code }) => code);
  }
}
