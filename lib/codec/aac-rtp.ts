import type { AudioFrame, Fault, MediaDescription, RtpPacket } from '../items.js';
import { parseAdts, startsAsAdts } from './aac-adts.js';
import { parseAuHeaders } from './aac-au-headers.js';
import { AacFrameSink, type CollectedFrame } from './aac-frame-sink.js';
import type { AacConfig } from './audio-config.js';

/** Largest frame in bytes: what the 13 bits of a size can say, and more than AAC of eight channels needs. */
const MAX_FRAME = 8191;

/** A frame that is not known to be complete. */
interface Pending extends CollectedFrame {
  readonly parts: Buffer[];
  byteLength: number;
  recvLast: bigint;
  waited: boolean;
  /** Size of the whole, where the AU headers say it; undefined where they say each fragment's. */
  readonly size: number | undefined;
  /** Packets are missing right before it, so that its start may be. */
  readonly afterLoss: boolean;
}

/**
 * Collects one stream's AAC frames (RFC 3640 sections 3.2, 3.3.6), without copying them. Several frames a packet; frames over several packets,
 * in both ways of counting them (Q140); frames with ADTS headers (Q141).
 *
 * With loss, only frames that may be damaged are left out, silently; the next one delivered counts the packets.
 */
export class AacReceiver {
  private pending: Pending | undefined;
  /** What the stream does with packets that hold a whole frame by their header, but have no marker. */
  private unmarked: 'unknown' | 'frame' | 'fragment' = 'unknown';
  /** Fragments of this timestamp are passed over, up to the marker. */
  private skipping: number | undefined;
  /** Packets are missing since the last frame or marker. */
  private afterLoss = false;
  private readonly sink: AacFrameSink;

  /**
   * @param indexOmitted see `AacFmtp`
   * @param emit called for each frame, and for what is wrong
   */
  constructor(
    media: MediaDescription,
    config: AacConfig,
    private readonly indexOmitted: boolean,
    emit: (item: AudioFrame | Fault) => void,
  ) {
    this.sink = new AacFrameSink(media, config, emit);
    const { channels, clockRate } = media;
    if (channels !== undefined && channels !== config.channels) {
      this.sink.oddity(
        'channels',
        `the SDP says ${channels} channels, the AAC config ${config.channels}: the config counts`,
      );
    }
    // With SBR the clock may be the decoder's rate, twice the core's.
    if (clockRate !== config.sampleRate && clockRate !== 2 * config.sampleRate) {
      this.sink.oddity(
        'rate',
        `the RTP clock has ${clockRate} Hz, AAC ${config.sampleRate} Hz: each counts for its own`,
      );
    }
  }

  /** Takes the stream's next packet. */
  take(packet: RtpPacket): void {
    this.sink.at(packet);
    if (packet.lost > 0) {
      this.interrupt(packet.timestamp);
      this.sink.lose(packet.lost);
    }
    if (startsAsAdts(packet.payload)) {
      // As a length this would be that of 4095 frames.
      this.settle();
      this.takeAdts(packet);
      return;
    }
    const headers = parseAuHeaders(packet.payload, this.indexOmitted);
    if (typeof headers === 'string') {
      this.interrupt(packet.timestamp);
      this.sink.malformed(`packet left out: ${headers}`);
    } else if (headers.sizes.length === 1) {
      this.takeOne(packet, headers.sizes[0]!, headers.offset);
    } else {
      this.settle();
      this.takeSeveral(packet, headers.sizes, headers.offset);
    }
    if (packet.marker) {
      this.afterLoss = false;
      this.skipping = undefined;
    }
  }

  /** The end of the stream: a frame that only waits to see what follows is emitted, what is incomplete is dropped. */
  end(): void {
    const { pending } = this;
    if (pending?.size === undefined && pending?.parts.length === 1 && this.unmarked !== 'fragment')
      this.deliver(pending);
    this.pending = undefined;
  }

  private takeSeveral(packet: RtpPacket, sizes: readonly number[], offset: number): void {
    sizes.forEach((size, i) => {
      this.deliver(begin(packet, packet.payload.subarray(offset, offset + size), undefined, false), i);
      offset += size;
    });
  }

  /** ADTS frames one after another, without AU headers (Q141). */
  private takeAdts(packet: RtpPacket): void {
    const { payload } = packet;
    for (let offset = 0, i = 0; offset < payload.length; i++) {
      const length = parseAdts(payload.subarray(offset))?.frameLength;
      if (length === undefined || offset + length > payload.length) {
        this.sink.malformed(`rest of a packet left out: no whole ADTS frame at its byte ${offset}`);
        return;
      }
      this.deliver(begin(packet, payload.subarray(offset, offset + length), undefined, false), i);
      offset += length;
    }
  }

  /** A frame, or a part of one. */
  private takeOne(packet: RtpPacket, size: number, offset: number): void {
    const { payload, marker, timestamp } = packet;
    const isWhole = size <= payload.length - offset;
    const { pending } = this;
    if (pending !== undefined) {
      if (pending.timestamp === timestamp && (pending.size === undefined ? isWhole : pending.size === size)) {
        this.append(pending, packet, payload.subarray(offset, offset + size));
        return;
      }
      this.settle();
    }
    if (this.skipping === timestamp) return;
    this.skipping = undefined;
    const { afterLoss } = this;
    const frame = begin(packet, payload.subarray(offset, offset + size), isWhole ? undefined : size, afterLoss);
    if (!marker) this.pending = frame;
    else if (isWhole) this.deliver(frame);
    else this.incomplete(frame);
  }

  private append(pending: Pending, { recv, waited, marker, timestamp }: RtpPacket, data: Buffer): void {
    const { size } = pending;
    if (size === undefined) {
      this.unmarked = 'fragment';
      this.sink.oddity('fragments', 'AU headers say the size of each fragment of a frame, not of the frame');
      if (pending.byteLength + data.length > MAX_FRAME) {
        this.pending = undefined;
        this.skipping = timestamp;
        this.sink.malformed(`frame of RTP time ${timestamp} left out: it is larger than the cap of ${MAX_FRAME} bytes`);
        return;
      }
    }
    const part = size === undefined ? data : data.subarray(0, size - pending.byteLength);
    if (part.length > 0) pending.parts.push(part);
    pending.byteLength += part.length;
    pending.recvLast = recv;
    pending.waited ||= waited;
    if (size === undefined ? !marker : pending.byteLength < size && !marker) return;
    this.pending = undefined;
    if (size !== undefined && pending.byteLength < size) this.incomplete(pending);
    else this.deliverFragments(pending);
  }

  /** No more comes for what is pending, and nothing is missing. */
  private settle(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    if (pending.size !== undefined) {
      this.incomplete(pending);
    } else if (pending.parts.length > 1) {
      this.deliverFragments(pending);
    } else {
      this.unmarked = 'frame';
      this.sink.oddity('marker', 'whole AAC frames without the marker: each is held until the next packet');
      this.deliver(pending);
    }
  }

  /** Packets are missing, or one is unusable: what was begun cannot be finished. */
  private interrupt(timestamp: number): void {
    if (this.pending?.size === undefined && this.unmarked === 'frame') this.settle();
    // Fragments that say their own size do not show that others are missing before them.
    if (this.unmarked === 'fragment' || this.pending?.timestamp === timestamp) this.skipping = timestamp;
    this.pending = undefined;
    this.afterLoss = true;
  }

  /** All fragments up to the end; if packets are missing before the first, that may not be the first. */
  private deliverFragments(frame: Pending): void {
    if (frame.size !== undefined || !frame.afterLoss) this.deliver(frame);
  }

  private incomplete({ byteLength, size, timestamp, afterLoss }: Pending): void {
    if (afterLoss) return;
    this.sink.malformed(`frame of RTP time ${timestamp} left out: ${byteLength} of its ${size} bytes came`);
  }

  /** @param n frames before it in its packet */
  private deliver(frame: Pending, n = 0): void {
    this.afterLoss = false;
    this.sink.deliver(frame, n);
  }
}

/** A frame of which a packet holds the first bytes, or all. */
function begin(packet: RtpPacket, data: Buffer, size: number | undefined, afterLoss: boolean): Pending {
  const { timestamp, extendedTimestamp, recv, waited } = packet;
  const times = { timestamp, extendedTimestamp, recvFirst: recv, recvLast: recv, waited };
  return { parts: data.length > 0 ? [data] : [], byteLength: data.length, size, ...times, afterLoss };
}
