import type { AccessUnit } from '../items.js';
import { DecodeOrder } from './decode-order.js';
import {
  DISPOSABLE_FLAG,
  FIRST_TRACK_ID,
  FragmentBuilder,
  NON_SYNC_FLAGS,
  RECOVERY_FLAGS,
  SYNC_FLAGS,
} from './fragment.js';
import type { FragmentInfo, FragmentOutput } from './fragment-output.js';
import { SampleIndex } from './sample-index.js';

/** Largest duration or offset of a sample in ticks: readers take larger durations for negative. */
const MAX_TICKS = 0x7fff_ffff;

/** A sample whose decode time, or whose successor's, is not known yet. */
interface Waiting {
  readonly unit: AccessUnit;
  decodeTime: number | undefined;
}

/**
 * Groups the video track's access units into fragments: times by {@link DecodeOrder}, the duration of a sample from its successor's
 * decode time, the last one's from its predecessor's (Q106). A fragment ends before a random access point if the next group of
 * pictures would make it longer than the limit, and at the limit in any case. Times that the tables cannot hold, which is what a clock
 * that runs away gives, are cut to 31 bits.
 */
export class Fragmenter {
  /** All samples, as closing the file needs them; whoever writes the fragments has to `place` them. */
  readonly index: SampleIndex;
  private readonly order: DecodeOrder;
  private readonly waiting: Waiting[] = [];
  private readonly builder: FragmentBuilder;
  private fragmentTime = 0;
  private fragmentTicks = 0;
  private start: number | undefined;
  private lastDuration: number;
  private groupStart = 0;
  private groupTicks = 0;

  /**
   * @param limitTicks longest fragment in ticks; 0: one sample each
   * @param reorderDepth frames that may be decoded ahead of one that is shown before them
   * @param loneTicks how long a picture lasts that is the only one
   * @param output takes each fragment
   */
  constructor(
    private readonly limitTicks: number,
    reorderDepth: number,
    loneTicks: number,
    private readonly output: FragmentOutput,
  ) {
    this.lastDuration = loneTicks;
    this.index = new SampleIndex(output.keepsIndex);
    this.builder = new FragmentBuilder(FIRST_TRACK_ID, output.allocate);
    this.order = new DecodeOrder(reorderDepth);
  }

  /** The movie's time 0 on the stream's timeline, in ticks: the first decode time, once it is known. */
  get origin(): number | undefined {
    return this.start;
  }

  /** Takes the next access unit in decode order. */
  add(unit: AccessUnit): void {
    if (unit.parametersChanged) this.order.raise(unit.parameters?.info.maxNumReorderFrames ?? 0);
    this.waiting.push({ unit, decodeTime: undefined });
    const decodeTime = this.order.add(unit.extendedTimestamp);
    if (decodeTime !== undefined) this.time(decodeTime);
  }

  /** Ends the track: emits all that waits. */
  end(): void {
    for (let time = this.order.flush(); time !== undefined; time = this.order.flush()) this.time(time);
    const last = this.waiting.shift();
    if (last !== undefined) this.append(last, Math.max(1, this.lastDuration));
    this.cut();
  }

  /** Decode times come in order: this one is for the oldest sample without, and ends the one before it. */
  private time(decodeTime: number): void {
    const { waiting } = this;
    const first = waiting[0]!;
    if (first.decodeTime === undefined) {
      first.decodeTime = decodeTime;
      return;
    }
    waiting[1]!.decodeTime = decodeTime;
    waiting.shift();
    this.append(first, decodeTime - first.decodeTime);
  }

  private append({ unit, decodeTime }: Waiting, duration: number): void {
    this.start ??= decodeTime!;
    const time = decodeTime! - this.start;
    if (unit.randomAccess !== 'none') {
      this.groupTicks = time - this.groupStart;
      this.groupStart = time;
      if (this.fragmentTicks + this.groupTicks > this.limitTicks) this.cut();
    }
    if (this.fragmentTicks + duration > this.limitTicks) this.cut();
    if (this.builder.samples === 0) this.fragmentTime = time;
    this.lastDuration = duration;
    const offset = unit.extendedTimestamp - decodeTime!;
    const times = {
      duration: Math.min(MAX_TICKS, duration),
      compositionOffset: Math.max(-MAX_TICKS, Math.min(MAX_TICKS, offset)),
      flags: flagsOf(unit),
    };
    const size = this.builder.add(unit.nalUnits, times);
    this.index.add(size, times, unit.parameters);
    this.fragmentTicks += duration;
    if (this.fragmentTicks >= this.limitTicks || this.builder.isFull) this.cut();
  }

  private cut(): void {
    const { builder } = this;
    const { samples, bytes } = builder;
    if (samples === 0) return;
    const startsWithSync = builder.firstFlags === SYNC_FLAGS;
    const data = builder.finish(this.output.nextSequenceNumber(), this.fragmentTime);
    const info: FragmentInfo = {
      track: 'video',
      length: data.length,
      mediaOffset: data.length - bytes,
      decodeTime: this.fragmentTime,
      duration: this.fragmentTicks,
      samples,
      startsWithSync,
    };
    this.fragmentTicks = 0;
    this.output.emit(data, info);
  }
}

function flagsOf({ randomAccess, disposable }: AccessUnit): number {
  if (randomAccess === 'idr') return SYNC_FLAGS;
  return (randomAccess === 'recovery' ? RECOVERY_FLAGS : NON_SYNC_FLAGS) | (disposable ? DISPOSABLE_FLAG : 0);
}
