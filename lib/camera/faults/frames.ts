import { FRAME_PREFIX, RTP_HEADER } from '../wire-loop.js';

/** Changes the RTP packets on their way to the wire. Frames are whole: `$`, channel, length, packet; none is written to. */
export interface PacketFault {
  /** Takes the next packet and returns what leaves in its place, in order. */
  take(frame: Buffer): readonly Buffer[];
  /** What is held back, where no more packets may be waited for. */
  rest?(): readonly Buffer[];
}

/** Cuts a run of whole interleaved frames (RFC 2326 section 10.12) into views of one each. */
export function splitFrames(data: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let offset = 0; offset < data.length; ) {
    const end = offset + FRAME_PREFIX + data.readUInt16BE(offset + 2);
    frames.push(data.subarray(offset, end));
    offset = end;
  }
  return frames;
}

/** The interleaved channel of a frame, or what stands for it where packets travel as datagrams. */
export function channelOf(frame: Buffer): number {
  return frame[1]!;
}

/** Tells RTCP from RTP by the packet type, as RFC 5761 section 4 does. */
export function isRtcpFrame(frame: Buffer): boolean {
  const type = frame[FRAME_PREFIX + 1]!;
  return type >= 192 && type <= 223;
}

/** Where the RTP payload of a frame begins: the camera sends neither CSRC nor extension. */
export const PAYLOAD_OFFSET = FRAME_PREFIX + RTP_HEADER;
