/** Seconds that a stream's RTP time may step from one packet to the next in a recording. */
export const DEFAULT_MAX_JUMP_SECONDS = 10;

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
  private readonly maxJumpTicks: number;

  /**
   * @param clockRate Hz
   * @param zero RTP timestamp of zero; undefined: the first packet's
   * @param maxJumpSeconds largest step; 0 allows any
   * @param reorders whether the stream may step back (B-frames), so that the rule takes the absolute step
   */
  constructor(
    clockRate: number,
    zero: number | undefined,
    maxJumpSeconds: number,
    private readonly reorders: boolean,
  ) {
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

  /** Moves to `timestamp` and returns its extended value. */
  advance(timestamp: number): number {
    this.extended = this.place(timestamp) ?? 0;
    this.previous = timestamp;
    this.advanced = true;
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
