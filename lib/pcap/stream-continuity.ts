import { isDeepStrictEqual } from 'node:util';
import type { MediaDescription, Presentation, RtpInfo } from '../items.js';
import { timestampDelta } from '../rtp/timeline.js';

/** Packets that RTP-Info may be off by where the stream goes on. */
const MAX_PACKETS = 1000;
/** Seconds that it may be off by. */
const MAX_SECONDS = 10;

/** Where a stream stands. */
interface Place {
  readonly sequence: number;
  readonly timestamp: number;
}

/**
 * Tells which streams of a captured session go on when an answer changes what is known of them: their descriptions stay the same objects
 * then. A stream begins anew with each SETUP, and where PLAY says that it continues elsewhere, as after a seek. An answer to PLAY that
 * comes behind the first media (Q14), or again, is no reason.
 */
export class StreamContinuity {
  private readonly places = new Map<number, Place>();
  /** The dialogue's descriptions, and those that stand for them. */
  private said: readonly MediaDescription[] = [];
  private used: readonly MediaDescription[] = [];
  private plays = 0;

  /** An RTP packet came on a channel. */
  packet(channel: number, data: Buffer, start: number): void {
    this.places.set(channel, { sequence: data.readUInt16BE(start + 2), timestamp: data.readUInt32BE(start + 4) });
  }

  /** The presentation with the descriptions of streams that go on. @param isPlay whether an answer to PLAY has changed it */
  update(presentation: Presentation, isPlay: boolean): Presentation {
    const { said, used } = this;
    if (isPlay) this.plays++;
    this.said = presentation.media;
    this.used = presentation.media.map((medium, i) => {
      const old = used[i];
      if (old !== undefined && (medium === said[i] || (isPlay && this.goesOn(medium, old)))) return old;
      if (!isPlay && medium.setup !== undefined) this.places.delete(medium.setup.rtpChannel);
      return medium;
    });
    return { ...presentation, media: this.used };
  }

  private goesOn(medium: MediaDescription, old: MediaDescription): boolean {
    const { setup, rtpInfo, clockRate } = medium;
    if (!isDeepStrictEqual(withoutInfo(medium), withoutInfo(old))) return false;
    const place = setup && this.places.get(setup.rtpChannel);
    if (place === undefined) return false;
    return this.plays <= 1 || rtpInfo === undefined || isNear(rtpInfo, place, clockRate);
  }
}

function withoutInfo(media: MediaDescription): MediaDescription {
  return { ...media, rtpInfo: undefined };
}

function isNear({ seq, rtptime }: RtpInfo, { sequence, timestamp }: Place, clockRate: number): boolean {
  const packets = seq === undefined ? 0 : ((seq - sequence) << 16) >> 16;
  const ticks = rtptime === undefined ? 0 : timestampDelta(rtptime, timestamp);
  return Math.abs(packets) <= MAX_PACKETS && Math.abs(ticks) <= MAX_SECONDS * clockRate;
}
