import { subview } from './buffer-view.js';
import type { InterleavedFrame, MediaDescription, RtpPacket } from './items.js';
import { FIXED_HEADER } from './rtp/rtp-header.js';

/*
 * As long as nobody but the next stage takes what a stage gives, frames and packets go there as places among the bytes that were received
 * with them: they say what their items would say, without an item and a view being made for each. One object serves for one after the
 * other: it is good for the length of the call that it is given to, and whoever gets it may go on in it, but not keep it.
 *
 * A place may have others behind it that are like it: a picture comes in dozens of packets, and what is true of the first of them need not
 * be found out again for each. `next()` goes on to the next one; who takes a place takes so many of them as it can together, and is asked
 * again for the others.
 */

type Changing<T> = { -readonly [Key in keyof T]: T[Key] };

const NOTHING: Buffer = Buffer.alloc(0);

/** Bytes in front of each frame's data (RFC 2326 section 10.12). */
export const FRAME_HEADER = 4;
/** Bytes in front of the payload of a packet that continues another, its frame's header among them. */
export const FURTHER_HEADERS = FRAME_HEADER + FIXED_HEADER;

/**
 * An interleaved frame whose data lie in `data`, from `start` up to `end`. From there up to `until` lie further frames of its channel,
 * whole and directly one behind the other, each behind its header.
 */
export class FrameInPlace implements Changing<Omit<InterleavedFrame, 'kind'>> {
  readonly kind = 'interleaved';
  channel = 0;
  data = NOTHING;
  start = 0;
  end = 0;
  until = 0;
  position = 0;
  recv = 0n;
  waited = false;

  static of({ channel, data, position, recv, waited }: InterleavedFrame): FrameInPlace {
    const frame = new FrameInPlace();
    frame.channel = channel;
    frame.data = data;
    frame.end = data.length;
    frame.until = data.length;
    frame.position = position;
    frame.recv = recv;
    frame.waited = waited;
    return frame;
  }

  toItem(): InterleavedFrame {
    const { channel, data, start, end, position, recv, waited } = this;
    return { kind: 'interleaved', channel, data: subview(data, start, end), position, recv, waited };
  }

  /** Goes on to the next frame; false if there is none. */
  next(): boolean {
    const { data, start, end, until } = this;
    if (end >= until) return false;
    this.position += FRAME_HEADER + end - start;
    this.start = end + FRAME_HEADER;
    this.end = this.start + ((data[end + 2]! << 8) | data[end + 3]!);
    return true;
  }

  /** Passes over the frames up to the one whose header begins at `offset` of `data`, or up to {@link until}. */
  skipTo(offset: number): void {
    this.end = offset;
  }
}

/** What the header of an RTP packet says, and where it came from. */
export type PacketInfo = Omit<RtpPacket, 'kind' | 'payload'>;

/**
 * An RTP packet whose payload lies in `data`, from `start` up to `end`. From `rest` on lie the frames of `further` packets that continue
 * it: of the same SSRC, payload type, timestamp and receive time, with the next sequence numbers and nothing in their headers that need
 * not be there. Only the last of them may have the marker.
 */
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
  further = 0;
  rest = 0;
  /** Whether the last of the further packets has the marker. */
  lastMarker = false;
  /** Position of the first byte of `data`. */
  origin = 0;

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

  /** Goes on to the next packet; false if there is none. */
  next(): boolean {
    if (this.further === 0) return false;
    const { data, rest } = this;
    this.skip(1, rest, rest + FRAME_HEADER + ((data[rest + 2]! << 8) | data[rest + 3]!));
    return true;
  }

  /** Goes on to the last of so many further packets, whose frame is `at` up to `end`. */
  skip(packets: number, at: number, end: number): void {
    this.sequenceNumber = (this.sequenceNumber + packets) & 0xffff;
    this.further -= packets;
    this.marker = this.further === 0 && this.lastMarker;
    this.lost = 0;
    this.position = this.origin + at;
    this.start = at + FURTHER_HEADERS;
    this.end = end;
    this.rest = end;
  }
}

/** What may be given to the next stage in place of an item. */
export type InPlace = FrameInPlace | PacketInPlace;

/** Which of them a stage takes, and its method that does with it what `handle` does with the item. */
export type InPlaceHandler =
  | { readonly kind: 'interleaved'; readonly handle: (this: never, frame: FrameInPlace) => void }
  | { readonly kind: 'rtp'; readonly handle: (this: never, packet: PacketInPlace) => void };
