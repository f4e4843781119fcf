import { subview } from './buffer-view.js';
import type { InterleavedFrame, MediaDescription, RtpPacket } from './items.js';

/*
 * As long as nobody but the next stage takes what a stage gives, frames and packets go there as places among the bytes that were received
 * with them: they say what their items would say, without an item and a view being made for each. One object serves for one after the
 * other: it is good for the length of the call that it is given to, and nobody else may keep or change it.
 */

type Changing<T> = { -readonly [Key in keyof T]: T[Key] };

const NOTHING: Buffer = Buffer.alloc(0);

/** An interleaved frame whose data lie in `data`, from `start` up to `end`. */
export class FrameInPlace implements Changing<Omit<InterleavedFrame, 'kind'>> {
  readonly kind = 'interleaved';
  channel = 0;
  data = NOTHING;
  start = 0;
  end = 0;
  position = 0;
  recv = 0n;
  waited = false;

  static of({ channel, data, position, recv, waited }: InterleavedFrame): FrameInPlace {
    const frame = new FrameInPlace();
    frame.channel = channel;
    frame.data = data;
    frame.end = data.length;
    frame.position = position;
    frame.recv = recv;
    frame.waited = waited;
    return frame;
  }

  toItem(): InterleavedFrame {
    const { channel, data, start, end, position, recv, waited } = this;
    return { kind: 'interleaved', channel, data: subview(data, start, end), position, recv, waited };
  }
}

/** What the header of an RTP packet says, and where it came from. */
export type PacketInfo = Omit<RtpPacket, 'kind' | 'payload'>;

/** An RTP packet whose payload lies in `data`, from `start` up to `end`. */
export class PacketInPlace implements Changing<PacketInfo> {
  readonly kind = 'rtp';
  sequenceNumber = 0;
  timestamp = 0;
  extendedTimestamp = 0;
  marker = false;
  payloadType = 0;
  ssrc = 0;
  data = NOTHING;
  start = 0;
  end = 0;
  lost = 0;
  position = 0;
  recv = 0n;
  waited = false;

  constructor(readonly media: MediaDescription) {}

  toItem(): RtpPacket {
    const { media, sequenceNumber, timestamp, extendedTimestamp, marker, payloadType, ssrc } = this;
    const { data, start, end, lost, position, recv, waited } = this;
    return {
      kind: 'rtp',
      media,
      sequenceNumber,
      timestamp,
      extendedTimestamp,
      marker,
      payloadType,
      ssrc,
      payload: subview(data, start, end),
      lost,
      position,
      recv,
      waited,
    };
  }
}

/** What may be given to the next stage in place of an item. */
export type InPlace = FrameInPlace | PacketInPlace;

/** Which of them a stage takes, and its method that does with it what `handle` does with the item. */
export type InPlaceHandler =
  | { readonly kind: 'interleaved'; readonly handle: (this: never, frame: Readonly<FrameInPlace>) => void }
  | { readonly kind: 'rtp'; readonly handle: (this: never, packet: Readonly<PacketInPlace>) => void };
