import { FRAME_PREFIX } from '../wire-loop.js';
import type { FaultPlan } from './plan.js';
import { SeededRandom } from './random.js';

/** Offsets in a frame that begins with a sender report (RFC 3550 section 6.4.1). */
const TYPE = FRAME_PREFIX + 1;
const LENGTH = FRAME_PREFIX + 2;
const SSRC = FRAME_PREFIX + 4;
const NTP = FRAME_PREFIX + 8;
const RTP = FRAME_PREFIX + 16;
/** RTCP packet types. */
const RECEIVER_REPORT = 201;
const GOODBYE = 203;
/** Receiver report without blocks. */
const EMPTY_REPORT = 8;
/** A report in so many brings a step of the clock. */
const REPORTS_PER_STEP = 3;

/** What can be wrong with a sender report. */
const WRONGS: readonly ((frame: Buffer, random: SeededRandom) => void)[] = [
  (frame, random) => frame.writeUInt32BE(random.below(2 ** 32), SSRC),
  (frame, random) => frame.writeUInt32BE(random.below(2 ** 32), RTP),
  (frame) => frame.writeBigUInt64BE(0n, NTP),
  // Longer than what it is sent in.
  (frame) => frame.writeUInt16BE(0xffff, LENGTH),
];

/** Changes sender reports: their clock, what else they say, or that there are any. */
export class ReportFaults {
  private readonly wrong: SeededRandom;
  private readonly steps: SeededRandom;
  private firstNtp: bigint | undefined;
  private stepped = 0n;

  constructor(private readonly plan: FaultPlan) {
    this.wrong = new SeededRandom(plan.seed ?? 1, 'wrong-reports');
    this.steps = new SeededRandom(plan.seed ?? 1, 'clock-step');
  }

  /** @param frame a compound packet that begins with a sender report; it is not written to. Returns what leaves in its place. */
  take(frame: Buffer): readonly Buffer[] {
    const { reports } = this.plan;
    if (reports === 'missing') return withoutReport(frame);
    const changed = Buffer.from(frame);
    changed.writeBigUInt64BE(this.clock(frame.readBigUInt64BE(NTP)), NTP);
    if (reports === 'wrong' && !hasGoodbye(frame)) WRONGS[this.wrong.below(WRONGS.length)]!(changed, this.wrong);
    return [changed];
  }

  /** What the camera's disturbed clock shows, as 64-bit NTP time. */
  private clock(ntp: bigint): bigint {
    const { clockOffsetS = 0, clockDriftPpm = 0, clockStepS = 0 } = this.plan;
    this.firstNtp ??= ntp;
    if (clockStepS !== 0 && this.steps.chance(1 / REPORTS_PER_STEP)) {
      this.stepped += ntpSpan(this.steps.chance(0.5) ? clockStepS : -clockStepS);
    }
    const drift = ((ntp - this.firstNtp) * BigInt(Math.round(clockDriftPpm * 1000))) / 1_000_000_000n;
    return BigInt.asUintN(64, ntp + ntpSpan(clockOffsetS) + drift + this.stepped);
  }
}

/** A time in s as difference of NTP timestamps. */
function ntpSpan(seconds: number): bigint {
  return (BigInt(Math.round(seconds * 1000)) << 32n) / 1000n;
}

/** A goodbye has to begin with some report (RFC 3550 section 6.1): an empty receiver report stands in for it. */
function withoutReport(frame: Buffer): readonly Buffer[] {
  if (!hasGoodbye(frame)) return [];
  const rest = packetEnd(frame, FRAME_PREFIX);
  const start = Buffer.from(frame.subarray(0, FRAME_PREFIX + EMPTY_REPORT));
  start[TYPE] = RECEIVER_REPORT;
  start.writeUInt16BE(EMPTY_REPORT / 4 - 1, LENGTH);
  start.writeUInt16BE(EMPTY_REPORT + frame.length - rest, 2);
  return [Buffer.concat([start, frame.subarray(rest)])];
}

function hasGoodbye(frame: Buffer): boolean {
  for (let offset = FRAME_PREFIX; offset < frame.length; offset = packetEnd(frame, offset)) {
    if (frame[offset + 1] === GOODBYE) return true;
  }
  return false;
}

function packetEnd(frame: Buffer, offset: number): number {
  return offset + 4 * (frame.readUInt16BE(offset + 2) + 1);
}
