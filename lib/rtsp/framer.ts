import { RetinaRecordError } from '../errors.js';
import { allocateSmall } from '../small-memory.js';
import { contentLength, isStartLine, parseHead, type RtspHead, type RtspMessage, withBody } from './message.js';
import { headEnd, MAX_HEAD, MAX_METHOD, Start } from './message-start.js';
import { Resynchronizer } from './resynchronizer.js';

/** Receives what {@link InterleaveFramer} finds, in the order of the bytes. `position` is the first byte's offset. */
export interface FramerSink {
  /**
   * The payload lies in `data` from `start` up to `end`: in the pushed bytes if they hold all of it, else in a copy of its own. Empty
   * with `skipFrames`.
   *
   * @param until with `runs`: from `end` up to here lie further frames of the channel, each behind its header, that are not told of
   */
  frame(channel: number, data: Buffer, start: number, end: number, position: number, until: number): void;
  /** `end` is the offset right behind the message. */
  message(message: RtspMessage, position: number, end: number): void;
  /** `length` bytes from `position` on were neither frame nor message and have been skipped. */
  junk(position: number, length: number): void;
}

/** Options of {@link InterleaveFramer}. */
export interface InterleaveFramerOptions {
  /**
   * The bytes are a client's, read by a server: any upper-case word and a blank begin a request, so that unknown methods can
   * be refused, and a head that is none is an error, so that it can be answered. Default false.
   */
  readonly fromClient?: boolean | undefined;
  /** Only the messages are wanted: frames are told of with no data, and none of their bytes is touched. Default false. */
  readonly skipFrames?: boolean | undefined;
  /** Frames of one channel that lie whole behind each other are told of together; without effect with `skipFrames`. Default false. */
  readonly runs?: boolean | undefined;
}

const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

const EMPTY = Buffer.alloc(0);

/**
 * Splits one direction of an RTSP connection into interleaved frames (RFC 2326 section 10.12) and messages.
 *
 *     0        1         2        3        4 …
 *     +--------+---------+--------+--------+----------+
 *     | '$'    | channel | length (16 bit) | payload… |
 *     +--------+---------+--------+--------+----------+
 *
 * Restartable at every byte: what comes out depends on the bytes alone, never on how they were cut. Memory is bounded by
 * one frame (64 KiB), one head (64 KiB) and one body (128 KiB). After an error it is of no more use.
 *
 * | Error code     | Means |
 * |----------------|-------|
 * | `rtsp-framing` | more than 64 KiB in a row are neither frame nor message |
 * | `rtsp-limit`   | a head, its lines, a value or a body is longer than its cap, which the message names |
 * | `rtsp-syntax`  | with `fromClient` only: a head that cannot be parsed; else it counts as junk |
 */
export class InterleaveFramer {
  /** Whole frames so far, told of or not. */
  frames = 0;
  private resync: Resynchronizer;
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
  /** A frame whose payload is being passed over. */
  private skipped: { channel: number; position: number; size: number; filled: number } | undefined;

  private readonly fromClient: boolean;
  private readonly skipFrames: boolean;
  private readonly runs: boolean;
  private tellsFrames = true;

  constructor(
    private readonly sink: FramerSink,
    options: InterleaveFramerOptions = {},
  ) {
    this.fromClient = options.fromClient ?? false;
    this.skipFrames = options.skipFrames ?? false;
    this.runs = (options.runs ?? false) && !this.skipFrames;
    this.resync = new Resynchronizer(this.fromClient, tellJunk(sink));
  }

  /** From now on frames are not told of. */
  ignoreFrames(): void {
    this.tellsFrames = false;
  }

  /** Names the channels on which frames are expected; until then 0–15 count as expected. Used to find frames in junk. */
  assignChannels(channels: Iterable<number>): void {
    this.resync.assignChannels(channels);
  }

  /** Another framer, which goes on from here and tells of messages and junk alone. */
  fork(sink: FramerSink): InterleaveFramer {
    const { fromClient, partial, skipped } = this;
    const fork = new InterleaveFramer(sink, { fromClient, skipFrames: true });
    fork.tellsFrames = false;
    fork.resync = this.resync.fork(tellJunk(sink));
    fork.held = this.held;
    fork.heldScanned = this.heldScanned;
    if (skipped !== undefined) fork.skipped = { ...skipped };
    if (partial?.head !== undefined) fork.partial = { ...partial, buffer: Buffer.from(partial.buffer) };
    else if (partial !== undefined) fork.skipped = { ...partial, size: partial.buffer.length };
    return fork;
  }

  /** True if the bytes so far end inside a frame, a message or junk. */
  get isMidway(): boolean {
    return this.partial !== undefined || this.skipped !== undefined || this.held.length > 0;
  }

  /**
   * Takes the next bytes.
   *
   * @param position offset of `data` in the connection
   * @throws RetinaRecordError `rtsp-framing`, `rtsp-limit`, `rtsp-syntax`
   */
  push(data: Buffer, position: number): void {
    let offset = 0;
    if (this.partial !== undefined) offset = this.fill(data, 0);
    else if (this.skipped !== undefined) offset = this.passOver(data.length);
    if (this.partial !== undefined || this.skipped !== undefined) return;
    if (this.held.length > 0) {
      position += offset - this.held.length;
      data = Buffer.concat([this.held, offset === 0 ? data : data.subarray(offset)]);
      offset = 0;
      this.held = EMPTY;
    }
    const base = position;
    const { length } = data;
    const { resync } = this;
    while (offset < length) {
      let byte = data[offset]!;
      // The shape of nearly all data: a whole frame where one is expected.
      while (byte === DOLLAR && resync.junk === 0 && offset + 4 <= length) {
        const end = offset + 4 + ((data[offset + 2]! << 8) | data[offset + 3]!);
        if (end > length) break;
        this.frames++;
        const until = this.runs ? this.runEnd(data, end, data[offset + 1]!) : end;
        if (this.tellsFrames) this.tell(data[offset + 1]!, data, offset + 4, end, base + offset, until);
        offset = until;
        byte = until < length ? data[until]! : 0;
      }
      if (offset === length) return;
      if ((byte === CR || byte === LF) && resync.junk === 0) {
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
    this.resync.found();
    const bytes = (this.partial ?? this.skipped)?.filled ?? this.held.length;
    const truncated = this.isMidway;
    this.partial = undefined;
    this.skipped = undefined;
    this.held = EMPTY;
    this.heldScanned = 0;
    return { truncated, bytes };
  }

  /** The end of the whole frames of a channel that lie from `offset` on. */
  private runEnd(data: Buffer, offset: number, channel: number): number {
    const { length } = data;
    let frames = 0;
    while (offset + 4 <= length && data[offset] === DOLLAR && data[offset + 1] === channel) {
      const end = offset + 4 + ((data[offset + 2]! << 8) | data[offset + 3]!);
      if (end > length) break;
      frames++;
      offset = end;
    }
    this.frames += frames;
    return offset;
  }

  /** Handles everything but the plain case; returns the next offset, or -1 if the rest has been put aside. */
  private step(data: Buffer, offset: number, base: number): number {
    switch (this.resync.startAt(data, offset)) {
      case Start.Junk:
        return this.resync.skip(data, offset, base);
      case Start.Unknown:
        return this.hold(data, offset, 0);
      case Start.Frame: {
        this.resync.found();
        const size = data.readUInt16BE(offset + 2);
        return this.begin(data, offset + 4, size, base + offset, data[offset + 1]!, undefined, 4);
      }
      default:
        return this.message(data, offset, base);
    }
  }

  private message(data: Buffer, offset: number, base: number): number {
    const scanned = this.heldScanned;
    this.heldScanned = 0;
    const position = base + offset;
    const available = data.length - offset;
    const lineEnd = data.indexOf(LF, offset);
    const hasLine = lineEnd >= 0 && lineEnd - offset < MAX_HEAD;
    // Judged as soon as it is there: what only looks like a head may have no end.
    if (hasLine && scanned <= lineEnd - offset && !isStartLine(data, offset, lineEnd)) {
      return this.unparsable(data, offset, base);
    }
    const end = hasLine ? headEnd(data, Math.max(lineEnd, offset + scanned), offset) : -1;
    if (end < 0) {
      if (available >= MAX_HEAD) {
        throw new RetinaRecordError('rtsp-limit', `an RTSP head is longer than the cap of ${MAX_HEAD} bytes`, {
          position,
        });
      }
      // The last three bytes may be the beginning of the blank line.
      return this.hold(data, offset, Math.max(0, available - 3));
    }
    const head = parseHead(data.toString('latin1', offset, end).replace(/\r?\n\r?\n$/, ''));
    // A body length that makes no sense counts as absent, as elsewhere (Q10); a server can refuse such a request instead.
    const size = head && (contentLength(head) ?? (this.fromClient ? undefined : 0));
    if (size === undefined) return this.unparsable(data, offset, base);
    this.resync.found();
    return this.begin(data, end, size, position, -1, head, end - offset);
  }

  /** A head that is none: junk, behind whose first byte the search goes on. */
  private unparsable(data: Buffer, offset: number, base: number): number {
    if (!this.fromClient) return this.resync.skip(data, offset, base);
    // Only its first word: what follows may hold credentials.
    const word = data.toString('latin1', offset, offset + MAX_METHOD).split(/\s/, 1)[0];
    throw new RetinaRecordError('rtsp-syntax', `not an RTSP head: what begins with ${JSON.stringify(word)}`, {
      position: base + offset,
    });
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
      this.deliver(channel, data, offset, offset + size, position, head, headLength);
      return offset + size;
    }
    if (this.skipFrames && head === undefined) {
      this.skipped = { channel, position, size, filled: 0 };
      this.passOver(data.length - offset);
    } else {
      this.partial = { buffer: allocateSmall(size), filled: 0, position, channel, head, headLength };
      this.fill(data, offset);
    }
    return -1;
  }

  /** @returns how many of the `available` bytes belong to the frame that is being passed over */
  private passOver(available: number): number {
    const skipped = this.skipped!;
    const taken = Math.min(available, skipped.size - skipped.filled);
    skipped.filled += taken;
    if (skipped.filled === skipped.size) {
      this.skipped = undefined;
      this.frames++;
      if (this.tellsFrames) this.sink.frame(skipped.channel, EMPTY, 0, 0, skipped.position, 0);
    }
    return taken;
  }

  private fill(data: Buffer, offset: number): number {
    const partial = this.partial!;
    const copied = data.copy(partial.buffer, partial.filled, offset);
    partial.filled += copied;
    if (partial.filled === partial.buffer.length) {
      this.partial = undefined;
      const { buffer, channel, position, head, headLength } = partial;
      this.deliver(channel, buffer, 0, buffer.length, position, head, headLength);
    }
    return offset + copied;
  }

  private deliver(
    channel: number,
    data: Buffer,
    start: number,
    end: number,
    position: number,
    head: RtspHead | undefined,
    headLength: number,
  ): void {
    if (head !== undefined) {
      this.sink.message(withBody(head, data.subarray(start, end)), position, position + headLength + end - start);
    } else {
      this.frames++;
      if (this.tellsFrames) this.tell(channel, data, start, end, position, end);
    }
  }

  private tell(channel: number, data: Buffer, start: number, end: number, position: number, until: number): void {
    if (this.skipFrames) this.sink.frame(channel, EMPTY, 0, 0, position, 0);
    else this.sink.frame(channel, data, start, end, position, until);
  }
}

function tellJunk(sink: FramerSink): (position: number, length: number) => void {
  return (position, length) => sink.junk(position, length);
}
