import { NAL } from '../../codec/h264-nal.js';
import { STAP_A } from '../h264-packetizer.js';
import { FRAME_PREFIX } from '../wire-loop.js';
import { channelOf, PAYLOAD_OFFSET, type PacketFault } from './frames.js';
import type { FaultCounts } from './plan.js';
import type { SeededRandom } from './random.js';

/** Most bytes that are changed in one packet. */
const MAX_CHANGES = 4;
/** Offset of the RTP timestamp in a frame (RFC 3550 section 5.1). */
const TIMESTAMP_OFFSET = FRAME_PREFIX + 4;
/** A picture in so many begins a jump. */
const PICTURES_PER_JUMP = 40;
/** Offset of level_idc in an SPS (ISO/IEC 14496-10 section 7.3.2.1.1). */
const LEVEL_OFFSET = 3;

/** Changes up to four bytes of a packet, header included, with a probability. The framing stays sound. */
export class Corruption implements PacketFault {
  constructor(
    private readonly probability: number,
    private readonly random: SeededRandom,
    private readonly counts: FaultCounts,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    const { random } = this;
    if (!random.chance(this.probability)) return [frame];
    this.counts.packetsCorrupted++;
    const changed = Buffer.from(frame);
    for (let left = 1 + random.below(MAX_CHANGES); left > 0; left--) {
      const at = FRAME_PREFIX + random.below(frame.length - FRAME_PREFIX);
      changed[at] = changed[at]! ^ (1 + random.below(255));
    }
    return [changed];
  }
}

/** Moves the RTP timestamps, from a picture chosen by chance on, forth or back by so many seconds: about every fortieth picture. */
export class TimestampJumps implements PacketFault {
  private readonly shifts = new Map<number, { last: number; ticks: number }>();

  /** @param clockRate Hz of the medium on a channel */
  constructor(
    private readonly seconds: number,
    private readonly clockRate: (channel: number) => number,
    private readonly random: SeededRandom,
  ) {}

  take(frame: Buffer): readonly Buffer[] {
    const channel = channelOf(frame);
    const timestamp = frame.readUInt32BE(TIMESTAMP_OFFSET);
    const shift = this.shifts.get(channel) ?? { last: timestamp, ticks: 0 };
    this.shifts.set(channel, shift);
    if (timestamp !== shift.last && this.random.chance(1 / PICTURES_PER_JUMP)) {
      const ticks = Math.round(this.seconds * this.clockRate(channel));
      shift.ticks += this.random.chance(0.5) ? ticks : -ticks;
    }
    shift.last = timestamp;
    if (shift.ticks === 0) return [frame];
    const moved = Buffer.from(frame);
    moved.writeUInt32BE((timestamp + shift.ticks) >>> 0, TIMESTAMP_OFFSET);
    return [moved];
  }
}

/** Raises the level of every other SPS that is sent in the stream, so that the parameter sets alternate. */
export class FlappingParameters implements PacketFault {
  private seen = 0;

  take(frame: Buffer): readonly Buffer[] {
    const at = findSps(frame);
    if (at === undefined || this.seen++ % 2 === 0) return [frame];
    const changed = Buffer.from(frame);
    changed[at + LEVEL_OFFSET]! += 1;
    return [changed];
  }
}

/** Offset of the first whole SPS in a frame, on its own or in a STAP-A (RFC 6184 sections 5.6, 5.7.1). */
function findSps(frame: Buffer): number | undefined {
  const type = (frame[PAYLOAD_OFFSET] ?? 0) & 0x1f;
  if (type === NAL.sps) return frame.length > PAYLOAD_OFFSET + LEVEL_OFFSET ? PAYLOAD_OFFSET : undefined;
  if (type !== STAP_A) return undefined;
  for (let offset = PAYLOAD_OFFSET + 1; offset + 2 + LEVEL_OFFSET < frame.length; ) {
    const nal = offset + 2;
    if ((frame[nal]! & 0x1f) === NAL.sps) return nal;
    offset = nal + frame.readUInt16BE(offset);
  }
  return undefined;
}
