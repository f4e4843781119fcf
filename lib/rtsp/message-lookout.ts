import { RetinaRecordError } from '../errors.js';
import type { Chunk } from '../items.js';
import type { FramerSink, InterleaveFramer } from './framer.js';
import type { RtspMessage } from './message.js';

/** A framer that is ahead of the stage's, and the offset of the byte that it expects next. */
interface Ahead {
  /** Undefined once it has lost the framing: what is wrong is said by the stage when it gets there. */
  framer: InterleaveFramer | undefined;
  position: number;
}

/**
 * Finds RTSP messages in bytes that have been written to a stage but wait there, because nobody reads what comes before them: an answer
 * must not have to wait for a disk. Tells of each message once, whether it is found here or by the stage's framer.
 */
export class MessageLookout {
  private ahead: Ahead | undefined;
  /** Messages that begin before this offset have been told of. */
  private told = 0;

  constructor(private readonly tell: (message: RtspMessage, position: number) => void) {}

  /** The stage's framer has found a message that begins at `position`. */
  found(message: RtspMessage, position: number): void {
    if (position < this.told) return;
    this.told = position + 1;
    this.tell(message, position);
  }

  /** What comes now is another connection's. */
  restart(): void {
    this.told = 0;
    this.ahead = undefined;
  }

  /**
   * A chunk has been written.
   *
   * @param before offset behind the bytes that the stage's framer had been given by then
   * @param taken the same now
   * @param framer the stage's; undefined while it is being given some
   */
  written({ data, position }: Chunk, before: number, taken: number, framer: InterleaveFramer | undefined): void {
    if (this.ahead !== undefined && this.ahead.position <= before) this.ahead = undefined;
    const start = position ?? this.ahead?.position ?? before;
    if (start + data.length <= taken) return;
    if (this.ahead === undefined || this.ahead.position !== start) {
      this.ahead = { framer: start === taken ? framer?.fork(this.sink) : undefined, position: start };
    }
    const { ahead } = this;
    ahead.position += data.length;
    try {
      ahead.framer?.push(data, start);
    } catch (error) {
      // Not what a listener throws.
      if (!(error instanceof RetinaRecordError)) throw error;
      ahead.framer = undefined;
    }
  }

  private readonly sink: FramerSink = {
    frame: () => {},
    junk: () => {},
    message: (message, position) => this.found(message, position),
  };
}
