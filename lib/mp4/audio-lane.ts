import type { AudioFrame, MediaDescription, Presentation } from '../items.js';
import { AudioChoice } from './audio-choice.js';
import type { AudioFragmenter } from './audio-fragmenter.js';
import { EarlyAudio } from './early-audio.js';
import type { RecordedAudio } from './recorded-media.js';

/** The audio of a movie, from before it is settled which stream that is to the end of its track. */
export class AudioLane {
  private readonly choice = new AudioChoice();
  private readonly early = new EarlyAudio();
  private isSettled = false;
  private stream: RecordedAudio | undefined;
  private fragmenter: AudioFragmenter | undefined;

  /** @param open makes the track, for its first frame */
  constructor(private readonly open: (frame: AudioFrame) => AudioFragmenter) {}

  /** The stream that is recorded, once that is settled. */
  get recorded(): RecordedAudio | undefined {
    return this.stream;
  }

  /** The track; undefined while it has no frame. */
  get track(): AudioFragmenter | undefined {
    return this.fragmenter;
  }

  /** Takes the streams of a session; what came of another one is given up. */
  present(presentation: Presentation): void {
    this.choice.present(presentation);
    this.early.take();
  }

  /** Takes note of a packet that no stage has made frames of. */
  packet(media: MediaDescription): void {
    if (media.type === 'audio') this.choice.packet(media);
  }

  /** Settles which stream is recorded. */
  settle(): void {
    this.stream = this.choice.current;
    this.isSettled = true;
  }

  /** Whether frames of a stream are taken. */
  takes(media: MediaDescription): boolean {
    return !this.isSettled || media === this.stream?.media;
  }

  /** Takes note of a frame, before it is settled which stream is recorded. */
  hear(frame: AudioFrame): void {
    this.choice.frame(frame);
  }

  /**
   * Keeps a frame that is to be written as soon as that is possible.
   *
   * @returns whether too many wait
   */
  hold(frame: AudioFrame): boolean {
    return this.early.add(frame);
  }

  /** Gives up the oldest frames that wait, as many as are too many. */
  drop(): void {
    this.early.drop();
  }

  /** Writes what waits, once it is settled. */
  release(): void {
    for (const frame of this.early.take()) if (this.takes(frame.media)) this.write(frame);
  }

  /** Writes a frame. */
  write(frame: AudioFrame): void {
    this.fragmenter ??= this.open(frame);
    this.fragmenter.add(frame);
  }
}
