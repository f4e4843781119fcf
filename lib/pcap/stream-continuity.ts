import { isDeepStrictEqual } from 'node:util';
import type { MediaDescription, Presentation } from '../items.js';
import { timestampDelta } from '../rtp/timeline.js';

/** By how many packets the next one may be behind or ahead where the stream goes on. */
const MAX_LATE = 100;
const MAX_LOST = 1000;
/** By how many seconds it may step back, and forth beyond the time that has passed. */
const MAX_BACK_S = 1;
const MAX_AHEAD_S = 10;
const NS_PER_S = 1e9;

/** A packet's place in its stream. */
interface Place {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Unix time in ns. */
  readonly recv: bigint;
}

interface Stream {
  /** Stands for it in the presentation. */
  readonly media: MediaDescription;
  /** What an answer to PLAY has made of that, until a packet tells whether the stream goes on. */
  readonly next?: MediaDescription | undefined;
  /** Of the last RTP packet. */
  readonly place?: Place | undefined;
}

/**
 * Tells which streams of a captured session go on when an answer changes what is known of them: their descriptions stay the same objects
 * then. A stream begins anew with each SETUP. Where PLAY is answered behind the first media (Q14), or again, the next packet decides: what
 * RTP-Info says is not always true.
 */
export class StreamContinuity {
  private streams: Stream[] = [];
  private said: readonly MediaDescription[] = [];

  /** What stands for the streams. */
  get media(): MediaDescription[] {
    return this.streams.map(({ media }) => media);
  }

  /** An answer has changed the presentation. @param isPlay whether it was one to PLAY */
  update({ media }: Presentation, isPlay: boolean): void {
    const { said, streams } = this;
    this.said = media;
    this.streams = media.map((medium, i): Stream => {
      const stream = streams[i];
      if (stream === undefined) return { media: medium };
      if (medium === said[i]) return stream;
      const mayGoOn = isPlay && stream.place !== undefined && isSame(medium, stream.media);
      return mayGoOn ? { ...stream, next: medium } : { media: medium };
    });
  }

  /** Takes note of an RTP packet, of at least 12 bytes. Returns true if its stream begins anew with it. */
  packet(channel: number, data: Buffer, start: number, recv: bigint): boolean {
    const at = this.streams.findIndex(({ media }) => media.setup?.rtpChannel === channel);
    const stream = this.streams[at];
    if (stream === undefined) return false;
    const { media, next, place: before } = stream;
    const place = {
      sequence: data.readUInt16BE(start + 2),
      timestamp: data.readUInt32BE(start + 4),
      ssrc: data.readUInt32BE(start + 8),
      recv,
    };
    const isNew = next !== undefined && before !== undefined && !follows(place, before, media.clockRate);
    this.streams[at] = { media: isNew ? next : media, place };
    return isNew;
  }
}

/** Whether two descriptions are the same but for what PLAY says. */
function isSame(one: MediaDescription, other: MediaDescription): boolean {
  return isDeepStrictEqual({ ...one, rtpInfo: undefined }, { ...other, rtpInfo: undefined });
}

function follows(place: Place, before: Place, clockRate: number): boolean {
  const packets = ((place.sequence - before.sequence) << 16) >> 16;
  const seconds = timestampDelta(place.timestamp, before.timestamp) / clockRate;
  const passed = Number(place.recv - before.recv) / NS_PER_S;
  return (
    place.ssrc === before.ssrc &&
    packets >= -MAX_LATE &&
    packets <= MAX_LOST &&
    seconds >= -MAX_BACK_S &&
    seconds <= passed + MAX_AHEAD_S
  );
}
