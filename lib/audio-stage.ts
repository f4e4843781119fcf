import type { AudioFrame, Fault, Item, MediaDescription, RtpPacket } from './items.js';
import { Stage } from './stage.js';

/** Makes frames of one stream's packets. */
export interface AudioReceiver {
  take(packet: RtpPacket): void;
  /** The end of the stream: emits what is held back. */
  end(): void;
}

/** Where a receiver's frames and faults go. */
export type AudioSink = (item: AudioFrame | Fault) => void;

/** What the depacketizers of audio share: a receiver for each stream that is theirs; the packets of all others pass. */
export abstract class AudioStage extends Stage {
  /** By stream; undefined for the streams that pass. */
  private readonly receivers = new Map<MediaDescription, AudioReceiver | undefined>();
  private readonly sink: AudioSink = (item) => {
    this.push(item);
  };

  /** A receiver for a new stream, undefined if its packets are to pass. */
  protected abstract open(media: MediaDescription, sink: AudioSink): AudioReceiver | undefined;

  protected override handle(item: Item): void {
    if (item.kind === 'rtp') {
      const receiver = this.receiver(item.media);
      if (receiver !== undefined) {
        receiver.take(item);
        return;
      }
    } else if (item.kind === 'presentation') {
      this.endOthers(item.media);
    }
    this.push(item);
  }

  protected override finish(): void {
    this.endOthers([]);
  }

  private receiver(media: MediaDescription): AudioReceiver | undefined {
    const known = this.receivers.get(media);
    if (known !== undefined || this.receivers.has(media)) return known;
    const opened = this.open(media, this.sink);
    this.receivers.set(media, opened);
    return opened;
  }

  /** Ends all streams but these. */
  private endOthers(media: readonly MediaDescription[]): void {
    for (const [stream, receiver] of this.receivers) {
      if (media.includes(stream)) continue;
      receiver?.end();
      this.receivers.delete(stream);
    }
  }
}

/** The fault of a stream that cannot be recorded. */
export function unsupported(media: MediaDescription, problem: string): Fault {
  return { kind: 'fault', code: 'audio-unsupported', message: `audio stream ${media.index}: ${problem}`, media };
}
