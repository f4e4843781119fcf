import type { AudioFrame } from '../items.js';
import { FragmentBuilder, SYNC_FLAGS } from './fragment.js';
import type { FragmentOutput } from './fragment-output.js';
import { SampleIndex } from './sample-index.js';

/** Largest duration of a sample in ticks: readers take larger ones for negative. */
const MAX_DURATION = 0x7fff_ffff;

/** A track whose first frame begins by so little ahead of the movie is taken for one that begins with it: clocks are rounded. */
const EARLY_MS = 1;

/** A frame whose duration is not known yet. */
interface Waiting {
  readonly frame: AudioFrame;
  readonly time: number;
}

/**
 * Groups an audio track's frames into fragments. A frame lasts until the next one, by their RTP times as they come (Q142), so that
 * one after which frames are missing lasts longer; the last has its own duration. Times that do not go on are moved to one tick behind the frame
 * before. A fragment ends at the limit, or when {@link cut} is called.
 */
export class AudioFragmenter {
  /** All samples, as closing the file needs them; whoever writes the fragments has to `place` them. */
  readonly index: SampleIndex;
  private readonly builder: FragmentBuilder;
  private waiting: Waiting | undefined;
  private start: number | undefined;
  private fragmentTime = 0;
  private fragmentTicks = 0;

  /**
   * @param trackId of the track
   * @param origin the movie's time 0 on the stream's timeline, in ticks; frames from before it are left out, by 1 ms of grace
   * @param limitTicks longest fragment in ticks; 0: one frame each
   * @param output takes each fragment
   */
  constructor(
    trackId: number,
    private origin: number,
    private readonly limitTicks: number,
    private readonly output: FragmentOutput,
  ) {
    this.index = new SampleIndex(output.keepsIndex);
    this.builder = new FragmentBuilder(trackId, output.allocate);
  }

  /** When the first frame begins, in ticks of the stream's timeline. */
  get firstTime(): number | undefined {
    return this.start;
  }

  /** Frames taken so far. */
  get frames(): number {
    return this.index.length + this.builder.samples + (this.waiting === undefined ? 0 : 1);
  }

  /** Takes the next frame. */
  add(frame: AudioFrame): void {
    const { extendedTimestamp, media } = frame;
    const { waiting } = this;
    if (waiting === undefined) {
      if (extendedTimestamp < this.origin - (EARLY_MS * media.clockRate) / 1000) return;
      this.origin = Math.min(this.origin, extendedTimestamp);
      this.start = extendedTimestamp;
      this.waiting = { frame, time: extendedTimestamp };
      return;
    }
    const duration = Math.min(MAX_DURATION, Math.max(1, extendedTimestamp - waiting.time));
    this.append(waiting, duration);
    this.waiting = { frame, time: waiting.time + duration };
  }

  /** Ends the track: emits all that waits. */
  end(): void {
    if (this.waiting !== undefined) this.append(this.waiting, Math.max(1, this.waiting.frame.duration));
    this.waiting = undefined;
    this.cut();
  }

  /** Emits the frames whose duration is known, as a fragment. */
  cut(): void {
    const { builder } = this;
    const { samples, bytes } = builder;
    if (samples === 0) return;
    const decodeTime = this.fragmentTime - this.origin;
    const data = builder.finish(this.output.nextSequenceNumber(), decodeTime);
    const duration = this.fragmentTicks;
    this.fragmentTicks = 0;
    this.output.emit(data, {
      track: 'audio',
      length: data.length,
      mediaOffset: data.length - bytes,
      decodeTime,
      duration,
      samples,
      startsWithSync: true,
    });
  }

  private append({ frame, time }: Waiting, duration: number): void {
    if (this.fragmentTicks + duration > this.limitTicks) this.cut();
    if (this.builder.samples === 0) this.fragmentTime = time;
    const times = { duration, compositionOffset: 0, flags: SYNC_FLAGS };
    this.builder.addParts(frame.parts, frame.byteLength, times);
    this.index.add(frame.byteLength, times, undefined);
    this.fragmentTicks += duration;
    if (this.fragmentTicks >= this.limitTicks || this.builder.isFull) this.cut();
  }
}
