import { RetinaRecordError } from '../errors.js';
import type { FrameInPlace } from '../in-place.js';
import type { MediaDescription } from '../items.js';
import type { PacketFaults } from './packet-faults.js';
import { Timeline } from './timeline.js';

/** How a {@link TimelineFollower} treats timestamps. */
export interface TimelineOptions {
  /** Largest step of RTP time in seconds; 0: any. */
  readonly maxJumpSeconds: number;
  /** True: frames off the timeline are dropped. False: they are errors. */
  readonly tolerant: boolean;
  /** RTP timestamp of the stream's zero; undefined: the first packet's. */
  readonly zero: number | undefined;
  /** Whether a first packet too far from `zero` is an error; else the zero is given up with a fault (Q73). */
  readonly zeroRequired: boolean;
  /** Whether presentation times may step back (B-frames). */
  readonly reorders: boolean;
}

/** Frames that have to agree before a stream that left its timeline is followed (Q101). */
const REJOIN_FRAMES = 3;

/** Extends one stream's RTP timestamps, and sees to those that leave its timeline (Q101). */
export class TimelineFollower {
  private timeline: Timeline;
  private jump: { timestamp: number; frames: number } | undefined;

  constructor(
    private readonly media: MediaDescription,
    private readonly options: TimelineOptions,
    private readonly faults: PacketFaults,
  ) {
    const { zero, maxJumpSeconds, reorders } = options;
    this.timeline = new Timeline(media.clockRate, zero, maxJumpSeconds, reorders);
  }

  /** Whether a timestamp may follow the last one. */
  allows(timestamp: number): boolean {
    return this.timeline.check(timestamp) === undefined;
  }

  /**
   * Extends the timestamp of the packet in `frame` to ticks since the stream's zero; undefined if its frame is to be dropped.
   *
   * @throws RetinaRecordError `rtp-timestamp-jump` (not if tolerant)
   */
  place(timestamp: number, frame: Readonly<FrameInPlace>): number | undefined {
    const extended = this.jump === undefined ? this.timeline.tryAdvance(timestamp) : undefined;
    return extended ?? this.placeJump(timestamp, frame);
  }

  private placeJump(timestamp: number, frame: Readonly<FrameInPlace>): number | undefined {
    if (this.jump === undefined && this.media.type === 'audio') {
      const clamped = this.timeline.clampStepBack(timestamp);
      if (clamped !== undefined) {
        const message = 'RTP timestamps step back by less than a frame: moved on';
        this.faults.tellOnce('step-back', 'rtp-timestamp', message, frame);
        return clamped;
      }
    }
    return this.acceptJump(timestamp, frame) ? this.timeline.advance(timestamp) : undefined;
  }

  /** A timestamp off the timeline: an error, or the frame is dropped until enough others agree with it. */
  private acceptJump(timestamp: number, frame: Readonly<FrameInPlace>): boolean {
    const jump = this.timeline.check(timestamp);
    if (jump === undefined) {
      this.jump = undefined;
      return true;
    }
    const { media, options, faults } = this;
    const atStart = !this.timeline.hasAdvanced;
    const seconds = (jump.delta / media.clockRate).toFixed(3);
    const message = `RTP timestamp steps by ${jump.delta} ticks (${seconds} s), from ${jump.previous} to ${timestamp}`;
    if (atStart && !options.zeroRequired) {
      this.timeline = new Timeline(media.clockRate, undefined, options.maxJumpSeconds, options.reorders);
      faults.tell('rtp-timestamp', `${message}: RTP-Info's rtptime is ignored`, frame);
      return true;
    }
    if (!options.tolerant || atStart) {
      const remedy = !atStart
        ? '--allow-loss drops such frames'
        : '--initial-timestamp ignore passes over a wrong RTP-Info';
      throw new RetinaRecordError(
        'rtp-timestamp-jump',
        `${message}; at most ${options.maxJumpSeconds} s forward are allowed, ${remedy}`,
        faults.context(frame),
      );
    }
    const step = this.jump === undefined ? Number.POSITIVE_INFINITY : Math.abs((timestamp - this.jump.timestamp) | 0);
    if (step === 0) return false;
    const agrees = step < media.clockRate * options.maxJumpSeconds;
    this.jump = { timestamp, frames: agrees ? this.jump!.frames + 1 : 1 };
    if (this.jump.frames < REJOIN_FRAMES) {
      faults.tell('rtp-timestamp', `${message}: frame dropped`, frame);
      return false;
    }
    this.jump = undefined;
    this.timeline.rejoin(timestamp, step);
    faults.tell('rtp-timestamp', `${message}: followed, time goes on without a gap`, frame);
    return true;
  }
}
