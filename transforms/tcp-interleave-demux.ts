import { RetinaRecordError } from '../lib/errors.js';
import { FrameInPlace } from '../lib/in-place.js';
import type { Chunk, Item, Presentation, RtspMessageItem } from '../lib/items.js';
import { type FramerSink, InterleaveFramer } from '../lib/rtsp/framer.js';
import type { RtspMessage } from '../lib/rtsp/message.js';
import { MessageLookout } from '../lib/rtsp/message-lookout.js';
import { Stage } from '../lib/stage.js';
import { type Clock, systemClock } from '../lib/time/clock.js';

/** Options of {@link TcpInterleaveDemux}. */
export interface TcpInterleaveDemuxOptions {
  /** Stamps bare Buffers when they are written; chunks carry their own time. Default: the system's real-time clock. */
  readonly clock?: Clock | undefined;
}

/** Events of {@link TcpInterleaveDemux} beside those of a Transform. */
export interface TcpInterleaveDemuxEvents {
  /** An RTSP message, at the moment its last byte was taken in, however long the readable side waits. */
  message: [message: RtspMessage, position: number];
}

/**
 * Splits an RTSP connection's bytes into interleaved frames and RTSP messages (RFC 2326 section 10.12).
 *
 * Takes `chunk` items, or bare Buffers that it stamps itself; emits `interleaved` and `rtsp` items with byte position and
 * receive time, and a `fault` (`junk`, `truncated`) for bytes that are neither. A `presentation` tells it which channels
 * to expect. Fails with `rtsp-framing` or `rtsp-limit` if the framing is lost for good.
 */
export class TcpInterleaveDemux extends Stage {
  private readonly clock: Clock;
  private readonly framer: InterleaveFramer;
  private readonly lookout: MessageLookout;
  private position = 0;
  private isFraming = false;
  /** The frame at hand; between frames its times are those of the chunk. */
  private readonly frame = new FrameInPlace();

  constructor(options: TcpInterleaveDemuxOptions = {}) {
    super();
    this.clock = options.clock ?? systemClock;
    this.lookout = new MessageLookout((message, position) => this.emit('message', message, position));
    const sink: FramerSink = {
      frame: (channel, data, start, end, position, until) => this.handOn(channel, data, start, end, position, until),
      message: (message, position) => {
        this.lookout.found(message, position);
        this.push({ kind: 'rtsp', message, position, recv: this.frame.recv } satisfies RtspMessageItem);
      },
      junk: (position, length) => {
        this.fault('junk', `${length} bytes between frames are neither frame nor message: skipped`, position);
      },
    };
    this.framer = new InterleaveFramer(sink, { runs: true });
  }

  /** Whatever has to wait here is stamped, and looked through for messages, all the same. */
  override write(chunk: unknown, ...rest: never[]): boolean {
    const item = Buffer.isBuffer(chunk) ? this.stamp(chunk) : chunk;
    const before = this.position;
    const hasRoom = super.write(item, ...rest);
    if ((item as Item | null)?.kind === 'chunk') {
      this.lookout.written(item as Chunk, before, this.position, this.isFraming ? undefined : this.framer);
    }
    return hasRoom;
  }

  protected override handle(item: Item | Buffer): void {
    if ((item as Item).kind === 'chunk') this.receive(item as Chunk);
    else if (Buffer.isBuffer(item)) this.receive(this.stamp(item));
    else {
      if (item.kind === 'presentation') this.assign(item);
      this.push(item);
    }
  }

  protected override finish(): void {
    const { truncated, bytes } = this.framer.end();
    if (truncated) {
      this.fault(
        'truncated',
        `the connection ended inside a frame or message, ${bytes} bytes of it had come`,
        this.position,
      );
    }
  }

  private stamp(data: Buffer): Chunk {
    return { kind: 'chunk', data, recv: this.clock.now() };
  }

  private receive(chunk: Chunk): void {
    if (chunk.position !== undefined && chunk.position !== this.position) {
      // Bytes are missing, as in a capture with holes: what was begun cannot be completed by what follows.
      this.finish();
      if (chunk.position < this.position) this.lookout.restart();
      this.position = chunk.position;
    }
    this.frame.recv = chunk.recv;
    this.frame.waited = chunk.waited === true;
    const position = this.position;
    this.position += chunk.data.length;
    this.isFraming = true;
    try {
      this.framer.push(chunk.data, position);
    } catch (error) {
      throw error instanceof RetinaRecordError ? error.within({ position, recv: chunk.recv }) : error;
    } finally {
      this.isFraming = false;
    }
  }

  private handOn(channel: number, data: Buffer, start: number, end: number, position: number, until: number): void {
    const { frame } = this;
    frame.channel = channel;
    frame.data = data;
    frame.start = start;
    frame.end = end;
    frame.until = until;
    frame.position = position;
    this.pushInPlace(frame);
  }

  private assign(presentation: Presentation): void {
    for (const { setup } of presentation.media) {
      if (setup !== undefined) this.framer.assignChannels([setup.rtpChannel, setup.rtcpChannel]);
    }
  }

  private fault(code: 'junk' | 'truncated', message: string, position: number): void {
    this.push({ kind: 'fault', code, message, position, recv: this.frame.recv });
  }
}
