import { StartGate } from '../lib/codec/start-gate.js';
import type { AccessUnit, AudioFrame, Item, MediaDescription } from '../lib/items.js';
import { MovieWriter, type PlacedFragment } from '../lib/mp4/movie-writer.js';
import { presentationTags } from '../lib/mp4/presentation-tags.js';
import type { Closing } from '../lib/mp4/progressive.js';
import type { MovieTags } from '../lib/mp4/tags.js';
import { maskUrl } from '../lib/rtsp/mask-url.js';
import { FRAME_HIGH_WATER_MARK, Stage } from '../lib/stage.js';

/** Options of {@link Fmp4Muxer}. */
export interface Fmp4MuxerOptions {
  /** Longest fragment in ms; 0: one frame each. Default 1000. */
  readonly fragmentDurationMs?: number | undefined;
  /** Tags of the file. Default: URL and name of the presentation, this host, and this program as encoder. */
  readonly tags?: MovieTags | undefined;
  /**
   * Gives memory for a fragment, at least so many bytes. For owners of the sink, who know when a fragment has been written and its
   * memory can be used again. Default: fresh memory for each.
   */
  readonly allocate?: ((bytes: number) => Buffer) | undefined;
  /**
   * Whether {@link Fmp4Muxer.closing} will be asked for: 5 to 13 bytes are kept of each sample for that. False for what stays fragmented,
   * such as a pipe. Default true.
   */
  readonly keepIndex?: boolean | undefined;
}

/** A fragment that has been emitted. */
export type FragmentEvent = PlacedFragment;

/** Events of {@link Fmp4Muxer} beside those of a Transform. */
export interface Fmp4MuxerEvents {
  /** A `moof` and its `mdat` have been emitted. */
  fragment: [event: FragmentEvent];
  /** The first access unit of the file was taken in; the first audio frame where there is to be no video. */
  start: [first: AccessUnit | AudioFrame];
  /** Something was left out or done another way; one line. */
  warning: [message: string];
}

/**
 * Writes fragmented MP4 (ISO/IEC 14496-12 section 8.8), one muxer one file, and is the end of items: it emits Buffers only, the
 * initialization segment and then one per fragment, and consumes everything else.
 *
 * Takes the `accessUnit`s of the first H.264 stream that it sees, from the first random access point on, and from there on the
 * `audioFrame`s of the first stream of audio. Where a `presentation` says that no H.264 is set up, audio alone makes the file. Lags the stream by
 * its reorder depth plus one frame, and by the fragment being collected. Sender reports of both streams serve to close the file in sync.
 */
export class Fmp4Muxer extends Stage {
  private readonly gate = new StartGate();
  private readonly writer: MovieWriter;
  private readonly hasTags: boolean;
  private media: MediaDescription | undefined;
  private saidOther = false;
  private tags: MovieTags;

  constructor(options: Fmp4MuxerOptions = {}) {
    super({ readable: FRAME_HIGH_WATER_MARK, writable: FRAME_HIGH_WATER_MARK });
    const { fragmentDurationMs = DEFAULT_FRAGMENT_DURATION_MS, tags, allocate, keepIndex = true } = options;
    this.hasTags = tags !== undefined;
    this.tags = tags ?? presentationTags(undefined);
    this.writer = new MovieWriter(fragmentDurationMs, {
      data: (data) => this.push(data),
      fragment: (fragment) => this.emit('fragment', fragment satisfies FragmentEvent),
      allocate: allocate ?? Buffer.allocUnsafeSlow,
      keepsIndex: keepIndex,
    });
  }

  /**
   * What turns the file into an ordinary progressive MP4, in place: for the owner of a seekable sink, once the muxer has ended and
   * everything is written. Undefined if there is no sample, and with `keepIndex: false`.
   */
  get closing(): Closing | undefined {
    return this.writer.closing;
  }

  /** Frames of audio that are in the file so far, or will be. */
  get audioFrames(): number {
    return this.writer.audioFrames;
  }

  protected override handle(item: Item): void {
    if (item.kind === 'accessUnit') this.writeUnit(item);
    else if (item.kind === 'audioFrame') this.writeAudio(item);
    else if (item.kind === 'senderReport') this.writer.report(item);
    else if (item.kind === 'rtp') this.writer.packet(item.media);
    else if (item.kind === 'presentation') {
      this.writer.present(item);
      if (!this.hasTags) this.tags = presentationTags(item);
    }
  }

  protected override finish(): void {
    this.writer.end();
    const changes = this.writer.descriptionsLeftOut;
    if (changes === 0) return;
    const cap = 'more parameter sets than the cap of 256 distinct ones and 4 MiB';
    this.emit('warning', `${cap}: ${changes} changes stand in the pictures alone, not in the tables of a closed file`);
  }

  private writeUnit(unit: AccessUnit): void {
    this.media ??= unit.media;
    if (unit.media !== this.media) {
      if (!this.saidOther) this.emit('warning', `another H.264 stream is left out: ${maskUrl(unit.media.control)}`);
      this.saidOther = true;
      return;
    }
    const admission = this.gate.admit(unit);
    if (admission === 'no') return;
    if (admission === 'gave-up-waiting') {
      this.emit(
        'warning',
        'no random access point came: the recording starts at a frame that cannot be decoded by itself',
      );
    }
    this.begin(unit);
    this.writer.addUnit(unit);
  }

  private writeAudio(frame: AudioFrame): void {
    if (!this.writer.waitsForVideo) this.begin(frame);
    this.writer.addAudio(frame);
  }

  private begin(first: AccessUnit | AudioFrame): void {
    if (this.writer.hasBegun) return;
    this.writer.begin({ creationTime: first.recvFirst, tags: this.tags });
    this.emit('start', first);
  }
}

const DEFAULT_FRAGMENT_DURATION_MS = 1000;
