import type { AudioFrame, MediaDescription, Presentation } from '../items.js';
import { type RecordedAudio, recordedMedia } from './recorded-media.js';

/**
 * Settles which audio a file gets a track for, before all of it may have been heard: the first stream of which frames came, else the
 * first one of the presentation that can be recorded, unless its packets come as packets, which says that no stage makes frames of them.
 */
export class AudioChoice {
  private announced: RecordedAudio | undefined;
  private heard: RecordedAudio | undefined;
  private readonly unopened = new Set<MediaDescription>();

  /** The streams of a session are known. */
  present(presentation: Presentation): void {
    this.announced = recordedMedia(presentation).audio;
    this.heard = undefined;
    this.unopened.clear();
  }

  /** A frame came. */
  frame({ media, config }: AudioFrame): void {
    this.heard ??= { media, config };
  }

  /** A packet came that no stage has opened. */
  packet(media: MediaDescription): void {
    this.unopened.add(media);
  }

  /** The choice, as far as it is known. */
  get current(): RecordedAudio | undefined {
    if (this.heard !== undefined || this.announced === undefined) return this.heard;
    return this.unopened.has(this.announced.media) ? undefined : this.announced;
  }
}
