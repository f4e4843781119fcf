import type { H264Parameters } from '../codec/h264-parameters.js';
import type { AccessUnit, AudioFrame, MediaDescription, Presentation, SenderReport } from '../items.js';
import { AudioFragmenter } from './audio-fragmenter.js';
import { AudioLane } from './audio-lane.js';
import { FIRST_TRACK_ID } from './fragment.js';
import type { FragmentInfo, FragmentOutput } from './fragment-output.js';
import { Fragmenter } from './fragmenter.js';
import { type FragmentedTrack, initSegment } from './init-segment.js';
import type { MovieHeader } from './movie.js';
import { type ClosedTrack, type Closing, closeMovie } from './progressive.js';
import { recordedMedia } from './recorded-media.js';
import { type Moment, Synchronizer } from './synchronizer.js';

/** A fragment and where it lies. */
export interface PlacedFragment extends FragmentInfo {
  /** Offset of the `moof` in the file. */
  readonly offset: number;
  /** Ticks per second of the times. */
  readonly timescale: number;
}

/** What a {@link MovieWriter} writes to. */
export interface MovieOutput {
  /** Takes the initialization segment and then each fragment. */
  readonly data: (data: Buffer) => void;
  /** Told of each fragment, behind its data. */
  readonly fragment: (fragment: PlacedFragment) => void;
  /** Gives memory for a fragment, at least so many bytes. */
  readonly allocate: (bytes: number) => Buffer;
  /** Whether {@link MovieWriter.closing} will be asked for. */
  readonly keepsIndex: boolean;
}

/** Video that is being written. */
interface VideoTrack {
  readonly media: MediaDescription;
  readonly parameters: H264Parameters;
  readonly fragmenter: Fragmenter;
  /** The first frame's presentation time in ticks. */
  readonly firstTime: number;
}

/** How long a picture lasts that is the only one, in ms: players pass over tracks that are much shorter than a millisecond. */
const LONE_PICTURE_MS = 40;
/** Shortest limit of audio beside video, in ms. */
const MIN_AUDIO_LIMIT_MS = 1000;

/**
 * Writes one fragmented MP4 file of a video and an audio track, or of either, and knows how to close it. The movie begins with the first
 * access unit, where there is to be video; with the first audio frame otherwise.
 *
 * What tracks there are is settled with the first fragment, ahead of which the initialization segment is written. Audio is collected
 * beside the video's fragment and follows it as a fragment of its own, so that the video is written exactly as it would be alone; only
 * if no video fragment ends for twice as long as one may last (at least a second), audio is written without.
 */
export class MovieWriter {
  private readonly sync = new Synchronizer();
  private readonly audio = new AudioLane((frame) => this.beginAudio(frame));
  private readonly fragments: FragmentOutput;
  private expectsVideo = true;
  private header: MovieHeader | undefined;
  private video: VideoTrack | undefined;
  private isSettled = false;
  private audioId = FIRST_TRACK_ID;
  private hasInit = false;
  private ending = false;
  private sequenceNumber = 0;
  private offset = 0;

  /**
   * @param fragmentDurationMs longest fragment; 0: one frame each
   * @param output takes what is written
   */
  constructor(
    private readonly fragmentDurationMs: number,
    private readonly output: MovieOutput,
  ) {
    this.fragments = {
      emit: (data, info) => this.fragment(data, info),
      nextSequenceNumber: () => ++this.sequenceNumber,
      allocate: output.allocate,
      keepsIndex: output.keepsIndex,
    };
  }

  /** Whether the movie has begun. */
  get hasBegun(): boolean {
    return this.header !== undefined;
  }

  /** Frames of audio that have been written, or will be. */
  get audioFrames(): number {
    return this.audio.track?.frames ?? 0;
  }

  /** Whether an audio frame does not begin the movie. */
  get waitsForVideo(): boolean {
    return this.expectsVideo && this.video === undefined;
  }

  /** Takes the streams of a session; once the movie has begun its tracks are those of the session that it began with. */
  present(presentation: Presentation): void {
    if (this.hasBegun) return;
    this.expectsVideo = recordedMedia(presentation).video !== undefined;
    this.audio.present(presentation);
    this.sync.reset();
  }

  /** Begins the movie, ahead of its first frame. */
  begin(header: MovieHeader): void {
    this.header = header;
  }

  /** Takes the next access unit, in decode order. The first has to have parameter sets, and all have to be of one stream. */
  addUnit(unit: AccessUnit): void {
    if (this.isSettled && this.video === undefined) return; // there was to be none
    this.sync.frame(unit.media, unit);
    this.video ??= this.beginVideo(unit);
    this.video.fragmenter.add(unit);
  }

  /** Takes the next frame of any stream of audio. */
  addAudio(frame: AudioFrame): void {
    const { audio } = this;
    if (!audio.takes(frame.media)) return;
    this.sync.frame(frame.media, frame);
    if (!this.isSettled) {
      audio.hear(frame);
      if (!this.expectsVideo) this.settle();
    }
    if (this.isSettled) audio.write(frame);
    else if (audio.hold(frame)) {
      if (this.video === undefined) audio.drop();
      else {
        this.settle();
        audio.release();
      }
    }
  }

  /** Takes a sender report of any stream. */
  report(report: SenderReport): void {
    this.sync.report(report.media, report);
  }

  /** Takes note of a packet that no stage has made frames of. */
  packet(media: MediaDescription): void {
    this.audio.packet(media);
  }

  /** Ends all tracks: emits what waits. */
  end(): void {
    this.ending = true;
    this.video?.fragmenter.end();
    this.audio.track?.end();
  }

  /** Changes of the video's parameter sets that the tables of a closed file do not show: more than the index keeps. */
  get descriptionsLeftOut(): number {
    return this.video?.fragmenter.index.descriptionsLeftOut ?? 0;
  }

  /** What turns the file into a progressive one, behind {@link end}; undefined if there is no sample. */
  get closing(): Closing | undefined {
    if (!this.fragments.keepsIndex) return undefined;
    const tracks: ClosedTrack[] = [];
    const { video } = this;
    const { recorded, track } = this.audio;
    if (video !== undefined && video.fragmenter.index.length > 0) {
      tracks.push({ id: FIRST_TRACK_ID, timescale: video.media.clockRate, index: video.fragmenter.index });
    }
    if (recorded !== undefined && track !== undefined && track.index.length > 0) {
      const { media, config } = recorded;
      const startTicks = this.audioStart(media, track);
      tracks.push({ id: this.audioId, timescale: media.clockRate, index: track.index, audio: config, startTicks });
    }
    return tracks.length === 0 ? undefined : closeMovie(tracks, this.offset, this.header!);
  }

  private beginVideo({ media, parameters, extendedTimestamp }: AccessUnit): VideoTrack {
    const depth = parameters!.info.maxNumReorderFrames ?? 0;
    const [limit, lone] = [inTicks(this.fragmentDurationMs, media), Math.round(inTicks(LONE_PICTURE_MS, media))];
    const fragmenter = new Fragmenter(limit, depth, lone, this.fragments);
    return { media, parameters: parameters!, fragmenter, firstTime: extendedTimestamp };
  }

  private beginAudio({ media, extendedTimestamp }: AudioFrame): AudioFragmenter {
    const { video, fragmentDurationMs, audioId, fragments } = this;
    if (video === undefined) {
      return new AudioFragmenter(audioId, extendedTimestamp, inTicks(fragmentDurationMs, media), fragments);
    }
    const limitMs = Math.max(MIN_AUDIO_LIMIT_MS, 2 * fragmentDurationMs);
    return new AudioFragmenter(audioId, this.sync.estimate(start(video), media), inTicks(limitMs, media), fragments);
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.audio.settle();
    if (this.video !== undefined) this.audioId = FIRST_TRACK_ID + 1;
    this.sync.keepOnly(
      [this.video?.media, this.audio.recorded?.media].filter((media): media is MediaDescription => media !== undefined),
    );
  }

  private fragment(data: Buffer, info: FragmentInfo): void {
    this.settle();
    if (!this.hasInit) this.writeInit();
    const { audio, video, offset } = this;
    const isVideo = info.track === 'video';
    (isVideo ? video!.fragmenter : audio.track!).index.place(offset + info.mediaOffset);
    this.write(data);
    const { clockRate } = isVideo ? video!.media : audio.recorded!.media;
    this.output.fragment({ ...info, offset, timescale: clockRate });
    if (!isVideo) return;
    audio.release();
    // At the end the audio's last frame still follows.
    if (!this.ending) audio.track?.cut();
  }

  private writeInit(): void {
    this.hasInit = true;
    const tracks: FragmentedTrack[] = [];
    const { video, audioId } = this;
    const { recorded } = this.audio;
    if (video !== undefined) {
      const format = { kind: 'video', parameters: [video.parameters] } as const;
      tracks.push({ id: FIRST_TRACK_ID, timescale: video.media.clockRate, format });
    }
    if (recorded !== undefined) {
      const format = { kind: 'audio', config: recorded.config } as const;
      tracks.push({ id: audioId, timescale: recorded.media.clockRate, format });
    }
    this.write(initSegment(tracks, this.header!));
  }

  private write(data: Buffer): void {
    this.offset += data.length;
    this.output.data(data);
  }

  /** When the first audio frame is heard, in its ticks since the movie's start, by all that is known in the end. */
  private audioStart(media: MediaDescription, { firstTime, index }: AudioFragmenter): number {
    if (this.video === undefined) return 0;
    const begin = start(this.video);
    const ticks = firstTime! - this.sync.reported(begin, media);
    // By its reports all of a short track may be from before the video.
    return ticks + index.durationTicks > 0 ? ticks : firstTime! - this.sync.estimated(begin, media);
  }
}

/** The movie's time 0. */
function start({ media, fragmenter, firstTime }: VideoTrack): Moment {
  return { media, ticks: fragmenter.origin ?? firstTime };
}

function inTicks(ms: number, { clockRate }: MediaDescription): number {
  return (ms * clockRate) / 1000;
}
