import type { MediaDescription } from '../items.js';
import { timestampDelta } from '../rtp/timeline.js';
import { ntpToUnixNs } from '../time/ntp.js';

const NS_PER_SECOND = 1_000_000_000n;
/** Frames whose arrival is looked at. */
const ARRIVALS = 256;
/** A step of RTP time in seconds behind which arrival is not looked at any more: it may be an error of the time itself. */
const MAX_STEP_SECONDS = 1;
/** NTP seconds at 2000-01-01: what says less is no time of day but a counter, often one that stands still. */
const EARLIEST_NTP_SECONDS = 3_155_673_600n;

/**
 * Largest difference in ns of where two reports in a row place the timeline's zero: several times what cameras are late with reports, far
 * less than what those are off that write nanoseconds in place of the NTP fraction (gortsplib 4).
 */
const MAX_WANDER_NS = 50_000_000n;

/** What a {@link TrackClock} looks at: a part of an access unit or audio frame. */
export interface TimedFrame {
  readonly timestamp: number;
  readonly extendedTimestamp: number;
  readonly recvFirst: bigint;
}

/** What it looks at in a sender report. */
export interface TimedReport {
  readonly ntpTimestamp: bigint;
  readonly rtpTimestamp: number;
}

/** Ticks of a clock in ns, rounded down. */
export function ticksToNs(ticks: number, clockRate: number): bigint {
  return (BigInt(ticks) * NS_PER_SECOND) / BigInt(clockRate);
}

/** Nanoseconds in ticks of a clock, rounded. */
export function nsToTicks(ns: bigint, clockRate: number): number {
  return Math.round(Number(ns * BigInt(clockRate)) / 1e9);
}

/** Learns when the zero of a stream's timeline was, by each of the ways there are to know it. */
export class TrackClock {
  private firstExtended: number | undefined;
  private last: { readonly timestamp: number; readonly extended: number } | undefined;
  private arrivals = 0;
  private arrival: bigint | undefined;
  private isAnnounced = false;
  /** A report from before the first frame, which is what places it on the timeline. */
  private early: TimedReport | undefined;
  /** The report nearest to the first frame: the clocks of camera and encoder drift apart. */
  private nearest: { readonly zero: bigint; readonly distance: number } | undefined;
  /** Where the last report placed the zero, and how many more reports were at one with the one before than were not. */
  private lastZero: bigint | undefined;
  private agreement = 0;

  constructor(private readonly media: MediaDescription) {}

  /** Unix ns of the receiver's clock at which the timeline's zero would have arrived, by the frames least delayed. */
  get arrivedAt(): bigint | undefined {
    return this.arrival;
  }

  /**
   * Unix ns of the camera's clock at the timeline's zero, by the sender report nearest to the first frame; undefined where the reports
   * contradict each other. A clock that is set once does not make them.
   */
  get reportedAt(): bigint | undefined {
    return this.agreement < 0 ? undefined : this.nearest?.zero;
  }

  /** Whether the zero is RTP-Info's `rtptime`, and so the same moment as every other such stream's. */
  get countsFromRtpInfo(): boolean {
    return this.isAnnounced;
  }

  /** A frame of the stream came. */
  frame({ timestamp, extendedTimestamp, recvFirst }: TimedFrame): void {
    const { clockRate } = this.media;
    const step = this.last === undefined ? 0 : Math.abs(extendedTimestamp - this.last.extended);
    this.last = { timestamp, extended: extendedTimestamp };
    if (this.firstExtended === undefined) this.begin(timestamp, extendedTimestamp);
    if (step > MAX_STEP_SECONDS * clockRate) this.arrivals = ARRIVALS;
    if (this.arrivals === ARRIVALS) return;
    this.arrivals++;
    const zero = recvFirst - ticksToNs(extendedTimestamp, clockRate);
    if (this.arrival === undefined || zero < this.arrival) this.arrival = zero;
  }

  /** A sender report of the stream came. */
  report(report: TimedReport): void {
    if (report.ntpTimestamp >> 32n < EARLIEST_NTP_SECONDS) return;
    if (this.last === undefined || this.firstExtended === undefined) {
      this.early = report;
      return;
    }
    const extended = this.last.extended + timestampDelta(report.rtpTimestamp, this.last.timestamp);
    const distance = Math.abs(extended - this.firstExtended);
    const zero = ntpToUnixNs(report.ntpTimestamp) - ticksToNs(extended, this.media.clockRate);
    this.compare(zero);
    if (this.nearest === undefined || distance < this.nearest.distance) this.nearest = { zero, distance };
  }

  private compare(zero: bigint): void {
    if (this.lastZero !== undefined) {
      const wander = zero - this.lastZero;
      this.agreement += wander <= MAX_WANDER_NS && wander >= -MAX_WANDER_NS ? 1 : -1;
    }
    this.lastZero = zero;
  }

  private begin(timestamp: number, extended: number): void {
    this.firstExtended = extended;
    const { rtptime } = this.media.rtpInfo ?? {};
    this.isAnnounced = rtptime !== undefined && timestampDelta(timestamp, rtptime) === (extended | 0);
    if (this.early !== undefined) this.report(this.early);
  }
}
