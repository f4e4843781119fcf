import type { CameraScript } from '../../../lib/camera/script.js';

/** A payload that names its medium and number, of a given size. */
function payloadOf(stream: number, number: number, size = 8): Buffer {
  const payload = Buffer.alloc(size, number & 0xff);
  payload[0] = 0x41;
  payload[1] = stream;
  payload.writeUInt32BE(number, 2);
  return payload;
}

/** Video of 25 frames per second, two packets each, and if wanted audio of 50 packets per second. */
export function testScript(frames: number, options: { audio?: boolean; size?: number } = {}): CameraScript {
  const video = Array.from({ length: frames * 2 }, (_, i) => ({
    payload: payloadOf(0, i, options.size),
    marker: i % 2 === 1,
    timestamp: (i >> 1) * 3600,
    sequence: i,
    offsetNs: (i >> 1) * 40e6,
  }));
  const audio = Array.from({ length: frames * 2 }, (_, i) => ({
    payload: payloadOf(1, i),
    marker: true,
    timestamp: i * 160,
    sequence: i,
    offsetNs: i * 20e6,
  }));
  return {
    name: 'test',
    durationNs: frames * 40e6,
    media: [
      {
        type: 'video',
        payloadType: 96,
        encodingName: 'H264',
        clockRate: 90_000,
        fmtp: 'packetization-mode=1',
        packets: video,
      },
      ...(options.audio
        ? [{ type: 'audio', payloadType: 0, encodingName: 'PCMU', clockRate: 8000, packets: audio }]
        : []),
    ],
  };
}

/** The fields of an RTP packet that a camera sets. */
export function rtpFields(packet: Buffer) {
  return {
    payloadType: packet[1]! & 0x7f,
    marker: packet[1]! >> 7 === 1,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    number: packet.readUInt32BE(14),
  };
}
