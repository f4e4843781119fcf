import { RetinaRecordError } from '../errors.js';
import { messageStart, nextCandidate, Start } from './message-start.js';

/** Bytes of junk after which the framing counts as lost for good (Q13). */
export const MAX_JUNK = 64 * 1024;
/** Above this length a frame found among junk has to look like RTP or RTCP, version 2. */
const UNSUSPICIOUS_LENGTH = 2048;
const DOLLAR = 0x24;

/** Counts bytes that are neither frame nor message, and tells where behind them the next one begins. */
export class Resynchronizer {
  /** Bytes of junk right before the next byte that are still to be told of. */
  junk = 0;
  private junkStart = 0;
  private readonly channels = new Set<number>();

  /**
   * @param fromClient whether the messages are a client's
   * @param tell takes the first byte's position and the length of junk that has ended
   */
  constructor(
    private readonly fromClient: boolean,
    private readonly tell: (position: number, length: number) => void,
  ) {}

  /** Another one in the same state. */
  fork(tell: (position: number, length: number) => void): Resynchronizer {
    const fork = new Resynchronizer(this.fromClient, tell);
    fork.assignChannels(this.channels);
    fork.junk = this.junk;
    fork.junkStart = this.junkStart;
    return fork;
  }

  /** Names the channels on which frames are expected; until then 0–15 count as expected. */
  assignChannels(channels: Iterable<number>): void {
    for (const channel of channels) this.channels.add(channel);
  }

  /** What begins at `offset`; behind junk not everything that looks like a frame counts as one. */
  startAt(data: Buffer, offset: number): Start {
    const available = data.length - offset;
    if (data[offset] !== DOLLAR) return messageStart(data, offset, this.fromClient);
    if (this.junk === 0) return available < 4 ? Start.Unknown : Start.Frame;
    if (available >= 2 && !this.isExpected(data[offset + 1]!)) return Start.Junk;
    if (available < 4) return Start.Unknown;
    if (data.readUInt16BE(offset + 2) <= UNSUSPICIOUS_LENGTH) return Start.Frame;
    if (available < 5) return Start.Unknown;
    return data[offset + 4]! >> 6 === 2 ? Start.Frame : Start.Junk;
  }

  /**
   * Counts the byte at `offset` as junk, and all behind it at which nothing can begin. Returns the offset behind them.
   *
   * @param base position of the first byte of `data`
   * @throws RetinaRecordError `rtsp-framing`
   */
  skip(data: Buffer, offset: number, base: number): number {
    if (this.junk === 0) this.junkStart = base + offset;
    const next = nextCandidate(data, offset + 1, this.fromClient);
    this.junk += next - offset;
    if (this.junk > MAX_JUNK) {
      throw new RetinaRecordError(
        'rtsp-framing',
        `more than the cap of ${MAX_JUNK} bytes are neither RTSP nor interleaved data`,
        { position: this.junkStart },
      );
    }
    return next;
  }

  /** The junk has ended, if there was any. */
  found(): void {
    if (this.junk === 0) return;
    const length = this.junk;
    this.junk = 0;
    this.tell(this.junkStart, length);
  }

  private isExpected(channel: number): boolean {
    return this.channels.size === 0 ? channel < 16 : this.channels.has(channel) || this.channels.has(channel ^ 1);
  }
}
