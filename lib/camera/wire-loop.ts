import type { CameraScript } from './script.js';

/** `$`, channel, length (RFC 2326 section 10.12). */
export const FRAME_PREFIX = 4;
/** Fixed RTP header without CSRC (RFC 3550 section 5.1). */
export const RTP_HEADER = 12;
/** What one interleaved frame can hold at most, prefix included. */
export const MAX_FRAME = FRAME_PREFIX + 0xffff;

/**
 * The packets of one loop of a script as interleaved frames, ready to be copied to the wire. Channel, sequence number, timestamp
 * and SSRC are zero in `data`: they are a session's own. One loop serves any number of sessions.
 */
export interface WireLoop {
  /** All frames one behind the other. */
  readonly data: Buffer;
  /** Where frame i begins in `data`; one entry more than frames. */
  readonly offsets: Uint32Array;
  /** Which of the chosen media frame i belongs to. */
  readonly streams: Uint8Array;
  /** Sequence numbers and timestamps relative to the loop's start, modulo their range. */
  readonly sequences: Uint16Array;
  readonly timestamps: Uint32Array;
  /** When frame i is due, in ns since the loop's start; never decreasing. */
  readonly dueNs: Float64Array;
  /** Distance of two loops' starts in ns. */
  readonly durationNs: number;
  /** Sequence numbers that each of the chosen media uses in a loop. */
  readonly sequencesPerLoop: readonly number[];
}

/**
 * Lays out the packets of some media in order of time.
 *
 * @param mediaIndices which of the script's media, in the order in which streams count
 */
export function compileLoop(script: CameraScript, mediaIndices: readonly number[]): WireLoop {
  const entries = mediaIndices.flatMap((mediaIndex, stream) => {
    const media = script.media[mediaIndex]!;
    return media.packets.map((packet) => ({ packet, stream, payloadType: media.payloadType }));
  });
  entries.sort((a, b) => a.packet.offsetNs - b.packet.offsetNs);
  const count = entries.length;
  const size = entries.reduce((sum, { packet }) => sum + FRAME_PREFIX + RTP_HEADER + packet.payload.length, 0);
  const data = Buffer.alloc(size);
  const offsets = new Uint32Array(count + 1);
  const streams = new Uint8Array(count);
  const sequences = new Uint16Array(count);
  const timestamps = new Uint32Array(count);
  const dueNs = new Float64Array(count);
  const sequencesPerLoop = mediaIndices.map(() => 0);
  let offset = 0;
  entries.forEach(({ packet, stream, payloadType }, i) => {
    const { payload, marker } = packet;
    offsets[i] = offset;
    data[offset] = 0x24;
    data.writeUInt16BE(RTP_HEADER + payload.length, offset + 2);
    data[offset + 4] = 0x80;
    data[offset + 5] = (marker ? 0x80 : 0) | payloadType;
    offset += FRAME_PREFIX + RTP_HEADER;
    offset += payload.copy(data, offset);
    streams[i] = stream;
    sequences[i] = packet.sequence;
    // Typed arrays store integers modulo their range, so a negative timestamp wraps as it has to.
    timestamps[i] = packet.timestamp;
    dueNs[i] = packet.offsetNs;
    sequencesPerLoop[stream] = Math.max(sequencesPerLoop[stream]!, packet.sequence + 1);
  });
  offsets[count] = offset;
  return { data, offsets, streams, sequences, timestamps, dueNs, durationNs: script.durationNs, sequencesPerLoop };
}
