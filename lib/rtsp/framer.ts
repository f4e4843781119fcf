import { RetinaRecordError } from '../errors.js';
import { contentLength, parseHead, type RtspHead, type RtspMessage, withBody } from './message.js';

/** Receives what {@link InterleaveFramer} finds, in the order of the bytes. `position` is the first byte's offset. */
export interface FramerSink {
  /** `data` is a view of the pushed bytes where the frame lay in one piece, else a copy of its own. */
  frame(channel: number, data: Buffer, position: number): void;
  /** `end` is the offset right behind the message. */
  message(message: RtspMessage, position: number, end: number): void;
  /** `length` bytes from `position` on were neither frame nor message and have been skipped. */
  junk(position: number, length: number): void;
}

/** Longest head (start line and header fields) in bytes. */
const MAX_HEAD = 64 * 1024;
/** Bytes of junk after which the framing counts as lost for good (Q13). */
export const MAX_JUNK = 64 * 1024;
/** Above this length a frame found among junk has to look like RTP or RTCP, version 2. */
const UNSUSPICIOUS_LENGTH = 2048;

const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

const MESSAGE_STARTS = [
  'RTSP/1.',
  'ANNOUNCE ',
  'DESCRIBE ',
  'GET_PARAMETER ',
  'OPTIONS ',
  'PAUSE ',
  'PLAY ',
  'RECORD ',
  'REDIRECT ',
  'SETUP ',
  'SET_PARAMETER ',
  'TEARDOWN ',
].map((text) => Buffer.from(text, 'latin1'));

const EMPTY = Buffer.alloc(0);

/** What the bytes at a position are, as far as they have arrived. */
enum Start {
  Frame,
  Message,
  Junk,
  /** More bytes are needed to tell. */
  Unknown,
}

/**
 * Splits one direction of an RTSP connection into interleaved frames (RFC 2326 section 10.12) and messages.
 *
 *     0        1         2        3        4 …
 *     +--------+---------+--------+--------+----------+
 *     | '$'    | channel | length (16 bit) | payload… |
 *     +--------+---------+--------+--------+----------+
 *
 * Restartable at every byte: what comes out depends on the bytes alone, never on how they were cut. Memory is bounded by
 * one frame (64 KiB), one head (64 KiB) and one body (128 KiB).
 */
export class InterleaveFramer {
  private readonly channels = new Set<number>();
  /** Bytes that could not be told yet: the start of a frame header or a message's head. */
  private held = EMPTY;
  private heldScanned = 0;
  /** A frame's payload or a message's body that is still arriving. */
  private partial:
    | {
        buffer: Buffer;
        filled: number;
        position: number;
        channel: number;
        head: RtspHead | undefined;
        headLength: number;
      }
    | undefined;
  private junkStart = 0;
  private junkLength = 0;

  constructor(private readonly sink: FramerSink) {}

  /** Names the channels on which frames are expected; until then 0–15 count as expected. Used to find frames in junk. */
  assignChannels(channels: Iterable<number>): void {
    for (const channel of channels) this.channels.add(channel);
  }

  /** True if the bytes so far end inside a frame, a message or junk. */
  get isMidway(): boolean {
    return this.partial !== undefined || this.held.length > 0;
  }

  /**
   * Takes the next bytes.
   *
   * @param position offset of `data` in the connection
   * @throws RetinaRecordError `rtsp-framing` if a cap is passed, `rtsp-syntax` if a message announces an impossible length
   */
  push(data: Buffer, position: number): void {
    let offset = this.partial === undefined ? 0 : this.fill(data, 0);
    if (this.partial !== undefined) return;
    if (this.held.length > 0) {
      position += offset - this.held.length;
      data = Buffer.concat([this.held, offset === 0 ? data : data.subarray(offset)]);
      offset = 0;
      this.held = EMPTY;
    }
    const base = position;
    const length = data.length;
    while (offset < length) {
      const byte = data[offset]!;
      // The shape of nearly all data: a whole frame where one is expected.
      if (byte === DOLLAR && this.junkLength === 0 && offset + 4 <= length) {
        const end = offset + 4 + ((data[offset + 2]! << 8) | data[offset + 3]!);
        if (end <= length) {
          this.sink.frame(data[offset + 1]!, data.subarray(offset + 4, end), base + offset);
          offset = end;
          continue;
        }
      }
      if ((byte === CR || byte === LF) && this.junkLength === 0) {
        offset++;
        continue;
      }
      const next = this.step(data, offset, base);
      if (next < 0) return;
      offset = next;
    }
  }

  /** Ends the input; tells whether and where it was cut short. Junk not yet reported is. */
  end(): { truncated: boolean; bytes: number } {
    this.flushJunk();
    const bytes = this.partial?.filled ?? this.held.length;
    const truncated = this.isMidway;
    this.partial = undefined;
    this.held = EMPTY;
    return { truncated, bytes };
  }

  /** Handles everything but the plain case; returns the next offset, or -1 if the rest has been put aside. */
  private step(data: Buffer, offset: number, base: number): number {
    switch (this.startAt(data, offset)) {
      case Start.Junk:
        if (this.junkLength++ === 0) this.junkStart = base + offset;
        if (this.junkLength > MAX_JUNK) {
          throw new RetinaRecordError(
            'rtsp-framing',
            `more than ${MAX_JUNK} bytes are neither RTSP nor interleaved data`,
            {
              position: this.junkStart,
            },
          );
        }
        return offset + 1;
      case Start.Unknown:
        return this.hold(data, offset, 0);
      case Start.Frame: {
        this.flushJunk();
        const size = data.readUInt16BE(offset + 2);
        return this.begin(data, offset + 4, size, base + offset, data[offset + 1]!, undefined, 4);
      }
      default:
        this.flushJunk();
        return this.message(data, offset, base);
    }
  }

  private startAt(data: Buffer, offset: number): Start {
    const available = data.length - offset;
    if (data[offset] === DOLLAR) {
      if (this.junkLength === 0) return available < 4 ? Start.Unknown : Start.Frame;
      if (available >= 2 && !this.isExpected(data[offset + 1]!)) return Start.Junk;
      if (available < 5) return Start.Unknown;
      const plausible = data.readUInt16BE(offset + 2) <= UNSUSPICIOUS_LENGTH || data[offset + 4]! >> 6 === 2;
      return plausible ? Start.Frame : Start.Junk;
    }
    let start = Start.Junk;
    for (const text of MESSAGE_STARTS) {
      const common = Math.min(text.length, available);
      if (data.compare(text, 0, common, offset, offset + common) !== 0) continue;
      if (common === text.length) return Start.Message;
      start = Start.Unknown;
    }
    return start;
  }

  private isExpected(channel: number): boolean {
    return this.channels.size === 0 ? channel < 16 : this.channels.has(channel) || this.channels.has(channel ^ 1);
  }

  private message(data: Buffer, offset: number, base: number): number {
    const end = headEnd(data, offset + this.heldScanned, offset);
    if (end < 0) {
      if (data.length - offset > MAX_HEAD) {
        throw new RetinaRecordError('rtsp-framing', `an RTSP head is longer than the cap of ${MAX_HEAD} bytes`, {
          position: base + offset,
        });
      }
      // The last three bytes may be the beginning of the blank line.
      return this.hold(data, offset, Math.max(0, data.length - offset - 3));
    }
    this.heldScanned = 0;
    const head = parseHead(data.toString('latin1', offset, end).replace(/\r?\n\r?\n$/, ''));
    return this.begin(data, end, contentLength(head), base + offset, -1, head, end - offset);
  }

  private hold(data: Buffer, offset: number, scanned: number): number {
    this.held = Buffer.from(data.subarray(offset));
    this.heldScanned = scanned;
    return -1;
  }

  private begin(
    data: Buffer,
    offset: number,
    size: number,
    position: number,
    channel: number,
    head: RtspHead | undefined,
    headLength: number,
  ): number {
    if (offset + size <= data.length) {
      this.deliver(channel, data.subarray(offset, offset + size), position, head, headLength);
      return offset + size;
    }
    this.partial = { buffer: Buffer.allocUnsafeSlow(size), filled: 0, position, channel, head, headLength };
    this.fill(data, offset);
    return -1;
  }

  private fill(data: Buffer, offset: number): number {
    const partial = this.partial!;
    const copied = data.copy(partial.buffer, partial.filled, offset);
    partial.filled += copied;
    if (partial.filled === partial.buffer.length) {
      this.partial = undefined;
      this.deliver(partial.channel, partial.buffer, partial.position, partial.head, partial.headLength);
    }
    return offset + copied;
  }

  private deliver(
    channel: number,
    data: Buffer,
    position: number,
    head: RtspHead | undefined,
    headLength: number,
  ): void {
    if (head === undefined) this.sink.frame(channel, data, position);
    else this.sink.message(withBody(head, data), position, position + headLength + data.length);
  }

  private flushJunk(): void {
    if (this.junkLength === 0) return;
    const length = this.junkLength;
    this.junkLength = 0;
    this.sink.junk(this.junkStart, length);
  }
}

/** Offset behind the blank line that ends a head, or -1. Lines end at LF with or without CR (Q7). */
function headEnd(data: Buffer, from: number, start: number): number {
  for (let at = data.indexOf(LF, from); at >= 0; at = data.indexOf(LF, at + 1)) {
    const next = data[at + 1] === CR ? at + 2 : at + 1;
    if (data[next] === LF) return next + 1;
    if (at - start > MAX_HEAD) return -1;
  }
  return -1;
}
