/** Receives what {@link TcpReassembler} puts in order. Positions are bytes since the direction's first. */
export interface ReassemblySink {
  /** The next bytes; `data` is a view of the segment that carried them, or a copy of its own. */
  data(data: Buffer, position: number, recv: bigint): void;
  /** `length` bytes from `position` on are not in the capture. */
  gap(position: number, length: number, reason: string): void;
}

/** Default of how many bytes of segments wait for one that is missing: more than a usual receive window. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;
/** What a waiting segment counts beside its payload. */
const SEGMENT_OVERHEAD = 256;
/** Largest window that TCP can announce (RFC 7323 section 2.3): a segment further ahead belongs to something else. */
const MAX_WINDOW = 2 ** 30;
/** Segments that wait before bytes count as lost that the other end acknowledged; captures of several queues mix that far. */
const GRACE_SEGMENTS = 8;

interface Held {
  position: number;
  data: Buffer;
  readonly recv: bigint;
}

/**
 * One direction of a TCP connection, put in order (RFC 9293 section 3.4). Sequence numbers wrap, repeated bytes are dropped, of
 * overlapping segments the first bytes win. Segments ahead of a hole wait for it to be filled, at most `maxHeldBytes`. A
 * hole that the other end acknowledged is a loss of the capture, not of the network: it is given up once eight segments wait.
 */
export class TcpReassembler {
  /** Segments so far ahead that no window could hold them; they are left out. */
  outsideWindow = 0;
  private nextSequence: number | undefined;
  private nextPosition = 0;
  /** Sorted by position, without overlaps. */
  private held: Held[] = [];
  private heldBytes = 0;
  private acknowledged = 0;

  constructor(
    private readonly sink: ReassemblySink,
    /** Cap of what waits, in bytes. */
    public maxHeldBytes: number = MAX_HELD_BYTES,
  ) {}

  /** Sets the sequence number of the first byte. Without it the first segment's counts. */
  start(sequenceNumber: number): void {
    this.nextSequence ??= sequenceNumber >>> 0;
  }

  /** Takes a segment's payload as it was captured, at `recv` in Unix ns. */
  push(sequenceNumber: number, payload: Buffer, recv: bigint): void {
    if (payload.length === 0) return;
    this.nextSequence ??= sequenceNumber;
    const ahead = (sequenceNumber - this.nextSequence) | 0;
    if (ahead > MAX_WINDOW) {
      this.outsideWindow++;
      return;
    }
    if (ahead > 0) {
      this.hold(this.nextPosition + ahead, payload, recv);
      this.giveUpIfDue();
      return;
    }
    if (ahead + payload.length <= 0) return;
    this.deliver(ahead === 0 ? payload : payload.subarray(-ahead), recv);
    if (this.held.length > 0) this.drain(recv);
  }

  /** The other end has everything before `acknowledgmentNumber`. */
  acknowledge(acknowledgmentNumber: number): void {
    if (this.nextSequence === undefined) return;
    const ahead = (acknowledgmentNumber - this.nextSequence) | 0;
    if (ahead > 0 && ahead <= MAX_WINDOW) this.acknowledged = Math.max(this.acknowledged, this.nextPosition + ahead);
  }

  /** Nothing more comes: what waited is delivered, its holes reported. */
  end(): void {
    while (this.held.length > 0) this.skipHole('never captured');
  }

  /** Forgets what waited. */
  discard(): void {
    this.held = [];
    this.heldBytes = 0;
  }

  private deliver(data: Buffer, recv: bigint): void {
    // Bytes of held segments came first.
    const first = this.held[0];
    if (first !== undefined && this.nextPosition + data.length > first.position) {
      data = this.cutAtHeld(data, recv);
    }
    const position = this.nextPosition;
    this.nextPosition += data.length;
    this.nextSequence = (this.nextSequence! + data.length) >>> 0;
    this.sink.data(data, position, recv);
  }

  /** Cuts `data` at the first byte that is held already; the rest of it is put aside for the holes behind. */
  private cutAtHeld(data: Buffer, recv: bigint): Buffer {
    const start = this.held[0]!.position;
    const cut = start - this.nextPosition;
    this.hold(start, data.subarray(cut), recv);
    return data.subarray(0, cut);
  }

  /** Delivers held segments that have become the next; they could be read when the hole was filled, not before. */
  private drain(filledAt: bigint | undefined): void {
    let count = 0;
    for (; count < this.held.length; count++) {
      const { position, data, recv } = this.held[count]!;
      if (position !== this.nextPosition) break;
      this.nextPosition += data.length;
      this.nextSequence = (this.nextSequence! + data.length) >>> 0;
      this.heldBytes -= data.length + SEGMENT_OVERHEAD;
      this.sink.data(data, position, filledAt === undefined || recv > filledAt ? recv : filledAt);
    }
    if (count > 0) this.held.splice(0, count);
  }

  /** Keeps what of `data` is not held yet. */
  private hold(position: number, data: Buffer, recv: bigint): void {
    const { held } = this;
    let at = held.length;
    while (at > 0 && held[at - 1]!.position > position) at--;
    const before = held[at - 1];
    const covered = before === undefined ? 0 : before.position + before.data.length - position;
    if (covered > 0) {
      if (covered >= data.length) return;
      data = data.subarray(covered);
      position += covered;
    }
    while (data.length > 0) {
      const after = held[at];
      const free = after === undefined ? data.length : Math.min(data.length, after.position - position);
      if (free > 0) {
        // A copy: the view would keep a whole piece of the file alive.
        held.splice(at++, 0, { position, data: Buffer.from(data.subarray(0, free)), recv });
        this.heldBytes += free + SEGMENT_OVERHEAD;
      }
      if (after === undefined) return;
      const passed = free + after.data.length;
      data = data.subarray(Math.min(passed, data.length));
      position += passed;
      at++;
    }
  }

  private giveUpIfDue(): void {
    while (this.heldBytes > this.maxHeldBytes) {
      this.skipHole(`more than the cap of ${this.maxHeldBytes} bytes waited for it`);
    }
    while (this.held.length >= GRACE_SEGMENTS && this.acknowledged >= this.held[0]!.position) {
      this.skipHole('received, but not captured');
    }
  }

  private skipHole(reason: string): void {
    const length = this.held[0]!.position - this.nextPosition;
    if (length > 0) {
      this.sink.gap(this.nextPosition, length, reason);
      this.nextPosition += length;
      this.nextSequence = (this.nextSequence! + length) >>> 0;
    }
    this.drain(undefined);
  }
}
