import { RetinaRecordError } from '../errors.js';

/** Seconds that a stream's RTP time may step from one packet to the next in a recording. */
export const DEFAULT_MAX_JUMP_SECONDS = 10;

/** Largest difference of two 32-bit timestamps that has a sign, in ticks. */
const MAX_DELTA = 0x7fff_ffff;

/** A timestamp that the rule for jumps does not allow (Q101). */
export interface TimestampJump {
  readonly previous: number;
  readonly timestamp: number;
  /** Signed 32-bit difference in ticks. */
  readonly delta: number;
}

/** Signed difference of two 32-bit RTP timestamps in ticks, −2^31 … 2^31−1. */
export function timestampDelta(timestamp: number, previous: number): number {
  return (timestamp - previous) | 0;
}

/**
 * Extends 32-bit RTP timestamps to ticks since the stream's zero, a safe integer (Q100). The zero is the RTP-Info's
 * `rtptime` if one is used, else the first packet's timestamp.
 */
export class Timeline {
  private previous: number | undefined;
  private extended = 0;
  private advanced = false;
  /** The last step forward in ticks: what a frame lasts. */
  private lastStep = 0;
  /** The timestamp that {@link clampStepBack} has just moved. */
  private clamped: number | undefined;
  private readonly maxJumpTicks: number;

  /**
   * @param clockRate Hz
   * @param zero RTP timestamp of zero; undefined: the first packet's
   * @param maxJumpSeconds largest step; 0 allows any
   * @param reorders whether the stream may step back (B-frames), so that the rule takes the absolute step
   * @throws RetinaRecordError `rtp-timestamp-limit` if there is no clock rate, or the largest step is no 31-bit number of ticks
   */
  constructor(
    clockRate: number,
    zero: number | undefined,
    maxJumpSeconds: number,
    private readonly reorders: boolean,
  ) {
    if (!(clockRate >= 1) || !(maxJumpSeconds >= 0) || clockRate * maxJumpSeconds > MAX_DELTA) {
      throw new RetinaRecordError(
        'rtp-timestamp-limit',
        `RTP time cannot be held to steps of ${maxJumpSeconds} s at a clock rate of ${clockRate} Hz: ` +
          `both have to be positive and their product at most ${MAX_DELTA} ticks`,
      );
    }
    this.maxJumpTicks = maxJumpSeconds === 0 ? Number.POSITIVE_INFINITY : clockRate * maxJumpSeconds;
    this.previous = zero;
  }

  /** Whether a packet has moved it, so that its position is more than RTP-Info's word. */
  get hasAdvanced(): boolean {
    return this.advanced;
  }

  /** Undefined if the step to `timestamp` is allowed: 0 ≤ delta < limit, or |delta| < limit where the stream reorders. */
  check(timestamp: number): TimestampJump | undefined {
    if (this.previous === undefined) return undefined;
    const delta = timestampDelta(timestamp, this.previous);
    const ahead = this.reorders || this.maxJumpTicks === Number.POSITIVE_INFINITY ? Math.abs(delta) : delta;
    return ahead >= 0 && ahead < this.maxJumpTicks ? undefined : { previous: this.previous, timestamp, delta };
  }

  /** Moves to `timestamp` if {@link check} allows the step, and returns its extended value; else nothing moves. */
  tryAdvance(timestamp: number): number | undefined {
    // Nearly every packet belongs to the picture of the one before.
    if (timestamp === this.previous && this.advanced && this.clamped === undefined) return this.extended;
    return this.check(timestamp) === undefined ? this.advance(timestamp) : undefined;
  }

  /** Moves to `timestamp` and returns its extended value. */
  advance(timestamp: number): number {
    const extended = this.place(timestamp) ?? 0;
    if (this.advanced && extended > this.extended) this.lastStep = extended - this.extended;
    this.extended = extended;
    this.previous = timestamp;
    this.advanced = true;
    this.clamped = undefined;
    return extended;
  }

  /**
   * Moves by one tick for a timestamp that steps back by less than the last step forward, as some cameras' audio does (Q103),
   * and returns the extended value; undefined, and nothing moves, if it is no such timestamp.
   */
  clampStepBack(timestamp: number): number | undefined {
    if (!this.advanced || this.previous === undefined) return undefined;
    if (timestamp === this.clamped) return this.extended;
    const back = timestampDelta(this.previous, timestamp);
    if (back <= 0 || back >= this.lastStep) return undefined;
    this.clamped = timestamp;
    this.previous = (this.previous + 1) >>> 0;
    this.extended++;
    return this.extended;
  }

  /** The extended value of a timestamp without moving, as for RTCP (Q95); undefined before the zero is known. */
  place(timestamp: number): number | undefined {
    return this.previous === undefined ? undefined : this.extended + timestampDelta(timestamp, this.previous);
  }

  /** Continues at `timestamp`, `ticks` after the last one, whatever the difference of the two says. */
  rejoin(timestamp: number, ticks: number): void {
    this.extended += ticks;
    this.previous = timestamp;
  }
}
