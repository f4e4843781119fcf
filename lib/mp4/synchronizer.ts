import type { MediaDescription } from '../items.js';
import { estimatedSkew, reportedSkew } from './track-alignment.js';
import { nsToTicks, type TimedFrame, type TimedReport, TrackClock, ticksToNs } from './track-clock.js';

/** A moment on a stream's timeline, in ticks. */
export interface Moment {
  readonly media: MediaDescription;
  readonly ticks: number;
}

/** Knows where one stream's timeline lies beside another's. */
export class Synchronizer {
  private readonly clocks = new Map<MediaDescription, TrackClock>();
  private isClosed = false;
  private skew = 0n;

  /** A frame of a stream came. */
  frame(media: MediaDescription, frame: TimedFrame): void {
    this.clock(media)?.frame(frame);
  }

  /** A sender report of a stream came. */
  report(media: MediaDescription, report: TimedReport): void {
    this.clock(media)?.report(report);
  }

  /** Forgets all streams: another session begins. */
  reset(): void {
    this.clocks.clear();
  }

  /** From now on only these streams matter. */
  keepOnly(streams: readonly MediaDescription[]): void {
    for (const media of streams) this.clock(media);
    this.isClosed = true;
    for (const media of this.clocks.keys()) if (!streams.includes(media)) this.clocks.delete(media);
  }

  /** A moment in ticks of another stream's timeline, by what is known now. At least one frame of each has come. */
  estimate(moment: Moment, media: MediaDescription): number {
    this.skew = estimatedSkew(this.clock(media)!, this.clock(moment.media)!);
    return this.estimated(moment, media);
  }

  /** The same by what was known at that time. */
  estimated(moment: Moment, media: MediaDescription): number {
    return translated(moment, media, this.skew);
  }

  /** The same by both streams' sender reports, if there are any to be believed. */
  reported(moment: Moment, media: MediaDescription): number {
    return translated(moment, media, reportedSkew(this.clock(media)!, this.clock(moment.media)!, this.skew));
  }

  private clock(media: MediaDescription): TrackClock | undefined {
    const known = this.clocks.get(media);
    if (known !== undefined || this.isClosed) return known;
    const clock = new TrackClock(media);
    this.clocks.set(media, clock);
    return clock;
  }
}

/** @param skew how much later in ns the zero of `to`'s timeline is */
function translated({ media, ticks }: Moment, to: MediaDescription, skew: bigint): number {
  return nsToTicks(ticksToNs(ticks, media.clockRate) - skew, to.clockRate);
}
