import { NAL } from '../codec/h264-nal.js';
import type { AccessUnit } from '../items.js';
import { DecodeOrder } from './decode-order.js';
import { DISPOSABLE_FLAG, fragment, NON_SYNC_FLAGS, type Sample, SYNC_FLAGS } from './fragment.js';

/** What a fragment holds, as {@link Fragmenter} announces it. */
export interface FragmentInfo {
  /** Bytes of `moof` and `mdat`. */
  readonly length: number;
  /** Decode time of the first sample in ticks of the media timescale, from the file's start. */
  readonly decodeTime: number;
  /** Ticks from the first sample's decode time to the end of the last. */
  readonly duration: number;
  readonly samples: number;
  /** Whether it begins with a random access point. */
  readonly startsWithSync: boolean;
}

/** Most samples in one fragment, whatever their times say. */
const MAX_SAMPLES = 4096;
/** Bytes of media after which a fragment is ended, whatever the times say. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A sample whose decode time, or whose successor's, is not known yet. */
interface Waiting {
  readonly unit: AccessUnit;
  decodeTime: number | undefined;
}

/**
 * Groups one track's access units into fragments: times by {@link DecodeOrder}, the duration of a sample from its successor's
 * decode time, the last one's from its predecessor's (Q106). A fragment ends before a random access point if the next group of
 * pictures would make it longer than the limit, and at the limit in any case.
 */
export class Fragmenter {
  private readonly order: DecodeOrder;
  private readonly waiting: Waiting[] = [];
  private samples: Sample[] = [];
  private bytes = 0;
  private fragmentTime = 0;
  private fragmentTicks = 0;
  private start: number | undefined;
  private lastDuration = 0;
  private sequenceNumber = 0;
  private groupStart = 0;
  private groupTicks = 0;

  /**
   * @param limitTicks longest fragment in ticks; 0: one sample each
   * @param reorderDepth frames that may be decoded ahead of one that is shown before them
   * @param emit takes each fragment
   */
  constructor(
    private readonly limitTicks: number,
    reorderDepth: number,
    private readonly emit: (data: Buffer, info: FragmentInfo) => void,
  ) {
    this.order = new DecodeOrder(reorderDepth);
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
    // A lone sample has no predecessor; one tick, so that it is shown at all.
    if (last !== undefined) this.append(last, Math.max(1, this.lastDuration));
    this.cut();
  }

  /** Decode times come in order: this one is for the oldest sample without, and ends the one before it. */
  private time(decodeTime: number): void {
    const [first, second] = this.waiting;
    if (first!.decodeTime === undefined) {
      first!.decodeTime = decodeTime;
      return;
    }
    second!.decodeTime = decodeTime;
    this.waiting.shift();
    this.append(first!, decodeTime - first!.decodeTime);
  }

  private append({ unit, decodeTime }: Waiting, duration: number): void {
    this.start ??= decodeTime!;
    const time = decodeTime! - this.start;
    const isSync = unit.randomAccess === 'idr';
    if (isSync || unit.randomAccess === 'recovery') {
      this.groupTicks = time - this.groupStart;
      this.groupStart = time;
      if (this.fragmentTicks + this.groupTicks > this.limitTicks) this.cut();
    }
    if (this.fragmentTicks + duration > this.limitTicks) this.cut();
    if (this.samples.length === 0) this.fragmentTime = time;
    this.lastDuration = duration;
    let size = 0;
    for (const nal of unit.nalUnits) size += 4 + nal.byteLength;
    this.samples.push({
      nalUnits: unit.nalUnits,
      size,
      compositionOffset: unit.extendedTimestamp - decodeTime!,
      duration,
      flags: isSync ? SYNC_FLAGS : NON_SYNC_FLAGS | (unit.disposable ? DISPOSABLE_FLAG : 0),
    });
    this.fragmentTicks += duration;
    this.bytes += size;
    if (this.samples.length >= MAX_SAMPLES || this.bytes >= MAX_BYTES) this.cut();
  }

  private cut(): void {
    const { samples } = this;
    if (samples.length === 0) return;
    const data = fragment(++this.sequenceNumber, 1, this.fragmentTime, samples);
    const info: FragmentInfo = {
      length: data.length,
      decodeTime: this.fragmentTime,
      duration: this.fragmentTicks,
      samples: samples.length,
      startsWithSync: samples[0]!.flags === SYNC_FLAGS,
    };
    this.samples = [];
    this.bytes = 0;
    this.fragmentTicks = 0;
    this.emit(data, info);
  }
}

/** Whether a unit holds anything that a decoder shows: a unit of delimiters and fillers alone is no sample. */
export function hasPicture(unit: AccessUnit): boolean {
  return unit.nalUnits.some(({ type }) => type >= NAL.slice && type <= NAL.idr);
}
