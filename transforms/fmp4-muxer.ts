import { StartGate } from '../lib/codec/start-gate.js';
import type { AccessUnit, Item, MediaDescription } from '../lib/items.js';
import { Fragmenter, type FragmentInfo } from '../lib/mp4/fragmenter.js';
import { initSegment } from '../lib/mp4/init-segment.js';
import { type Closing, closeMovie, type ProgressiveOptions } from '../lib/mp4/progressive.js';
import type { MovieTags } from '../lib/mp4/tags.js';
import { Stage } from '../lib/stage.js';
import { programName } from '../lib/version.js';

/** Options of {@link Fmp4Muxer}. */
export interface Fmp4MuxerOptions {
  /** Longest fragment in ms; 0: one frame each. Default 1000. */
  readonly fragmentDurationMs?: number | undefined;
  /** Tags of the file. Default: URL and name of the presentation, and this program as encoder. */
  readonly tags?: MovieTags | undefined;
  /**
   * Gives memory for a fragment, at least so many bytes. For owners of the sink, who know when a fragment has been written and its
   * memory can be used again. Default: fresh memory for each.
   */
  readonly allocate?: ((bytes: number) => Buffer) | undefined;
}

/** A fragment that has been emitted. */
export interface FragmentEvent extends FragmentInfo {
  /** Offset of the `moof` in the file. */
  readonly offset: number;
  /** Ticks per second of the times. */
  readonly timescale: number;
}

/** Events of {@link Fmp4Muxer} beside those of a Transform. */
export interface Fmp4MuxerEvents {
  /** A `moof` and its `mdat` have been emitted. */
  fragment: [event: FragmentEvent];
  /** The first access unit of the file was taken in. */
  start: [unit: AccessUnit];
  /** Something was left out or done another way; one line. */
  warning: [message: string];
}

/**
 * Writes fragmented MP4 (ISO/IEC 14496-12 section 8.8), one muxer one file, and is the end of items: it emits Buffers only, the
 * initialization segment and then one per fragment, and consumes everything else.
 *
 * Takes the `accessUnit`s of the first H.264 stream that it sees, from the first random access point on. Lags the stream by its
 * reorder depth plus one frame, and by the fragment being collected.
 */
export class Fmp4Muxer extends Stage {
  private readonly gate = new StartGate();
  private readonly options: Fmp4MuxerOptions;
  private media: MediaDescription | undefined;
  private fragmenter: Fragmenter | undefined;
  private tags: MovieTags;
  private offset = 0;
  private begun: ProgressiveOptions | undefined;

  constructor(options: Fmp4MuxerOptions = {}) {
    super({ readable: READABLE_HIGH_WATER_MARK });
    this.options = options;
    this.tags = options.tags ?? { encoder: programName() };
  }

  /**
   * What turns the file into an ordinary progressive MP4, in place: for the owner of a seekable sink, once the muxer has ended and
   * everything is written. Undefined if there is no sample.
   */
  get closing(): Closing | undefined {
    const index = this.fragmenter?.index;
    return index === undefined || index.length === 0 ? undefined : closeMovie(index, this.offset, this.begun!);
  }

  protected override handle(item: Item): void {
    if (item.kind === 'accessUnit') this.writeUnit(item);
    else if (item.kind === 'presentation' && this.options.tags === undefined) {
      this.tags = { ...this.tags, url: item.url, name: item.name };
    }
  }

  protected override finish(): void {
    this.fragmenter?.end();
  }

  private writeUnit(unit: AccessUnit): void {
    this.media ??= unit.media;
    if (unit.media !== this.media) return;
    const admission = this.gate.admit(unit);
    if (admission === 'no') return;
    if (admission === 'gave-up-waiting') {
      this.emit(
        'warning',
        'no random access point came: the recording starts at a frame that cannot be decoded by itself',
      );
    }
    this.fragmenter ??= this.begin(unit);
    this.fragmenter.add(unit);
  }

  private begin(unit: AccessUnit): Fragmenter {
    const parameters = unit.parameters!;
    const timescale = unit.media.clockRate;
    this.begun = { timescale, creationTime: unit.recvFirst, tags: this.tags };
    this.output(initSegment({ parameters, ...this.begun }));
    this.emit('start', unit);
    const limitTicks = ((this.options.fragmentDurationMs ?? DEFAULT_FRAGMENT_DURATION_MS) * timescale) / 1000;
    const emit = (data: Buffer, info: FragmentInfo): void => {
      const { offset } = this;
      this.fragmenter!.index.place(offset + info.mediaOffset);
      this.output(data);
      this.emit('fragment', { ...info, offset, timescale } satisfies FragmentEvent);
    };
    return new Fragmenter(limitTicks, parameters.info.maxNumReorderFrames ?? 0, emit, this.options.allocate);
  }

  private output(data: Buffer): void {
    this.offset += data.length;
    this.push(data);
  }
}

const DEFAULT_FRAGMENT_DURATION_MS = 1000;
/** Fragments are large: a few suffice to keep a sink busy. */
const READABLE_HIGH_WATER_MARK = 4;
