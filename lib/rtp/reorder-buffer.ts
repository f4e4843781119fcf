import type { InterleavedFrame } from '../items.js';

/** Why a packet is not handed on: it came before; it came too late; its number is far from all others. */
export type ReorderDrop = 'duplicate' | 'late' | 'astray';

/** Takes what comes out of a {@link ReorderBuffer}. */
export interface ReorderSink {
  /** The next packet in order. */
  packet(frame: InterleavedFrame): void;
  dropped(why: ReorderDrop, frame: InterleavedFrame): void;
}

/** Packets that may be held, and the largest step in sequence numbers that is believed at once. A power of two. */
const WINDOW = 64;
/** Numbers behind the newest that are remembered, so that a packet that comes twice is known. A power of two. */
const HISTORY = 512;
/** Packets in a row from behind after which the sender counts as having gone back. */
const LATE_RUN = 16;
const RTP_HEADER = 12;

/**
 * Puts one stream's RTP packets in order by their sequence numbers (RFC 3550 section 5.1) and takes out those that came twice (Q149).
 *
 * A packet in order passes at once. Behind a missing one up to 64 wait, or until one comes that was received `maxDelayNs` after the
 * first of them; then the missing ones are given up. A number far away is believed when a second packet confirms it: the sender
 * has begun anew, or much was lost. What is no RTP passes at once.
 */
export class ReorderBuffer {
  /** Packets that came out of order and in time. */
  reordered = 0;

  /** The sequence number to come next; -1 before the first packet. */
  private expected = -1;
  /** The newest one received. */
  private highest = 0;
  private readonly waiting: (InterleavedFrame | undefined)[] = new Array(WINDOW).fill(undefined);
  private count = 0;
  /** Receive time of the packet that has waited longest. */
  private since = 0n;
  private readonly seen = new Int32Array(HISTORY).fill(-1);
  private astray: InterleavedFrame | undefined;
  private lateNext = -1;
  private lateRun = 0;

  /**
   * @param maxDelayNs of receive time
   * @param first the sequence number that the stream is said to begin with
   */
  constructor(
    private readonly sink: ReorderSink,
    private readonly maxDelayNs: bigint,
    private readonly first?: number | undefined,
  ) {}

  /** Packets wait for a missing one. */
  get isHolding(): boolean {
    return this.count > 0;
  }

  /** Takes the next packet as it was received. */
  push(frame: InterleavedFrame): void {
    const { data } = frame;
    if (data.length < RTP_HEADER || data[0]! >> 6 !== 2) {
      this.sink.packet(frame);
      return;
    }
    const sequence = (data[2]! << 8) | data[3]!;
    if (this.expected < 0) this.begin(sequence);
    if (sequence === this.expected && this.count === 0 && this.astray === undefined) {
      this.pass(frame, sequence);
      return;
    }
    const step = (sequence - this.highest) & 0xffff;
    if (step <= WINDOW || step >= 0x10000 - HISTORY) this.place(frame, sequence);
    else this.stray(frame, sequence);
  }

  /** Time goes on: gives up what is missing if the others have waited long enough. @param recv Unix time in ns */
  tick(recv: bigint): void {
    while (this.count > 0 && recv - this.since >= this.maxDelayNs) this.skipGap();
  }

  /** Hands on all that waits. */
  flush(): void {
    while (this.count > 0) this.skipGap();
    this.forgetStray();
  }

  private begin(sequence: number): void {
    const ahead = this.first === undefined ? WINDOW : (sequence - this.first) & 0xffff;
    this.expected = ahead < WINDOW ? this.first! : sequence;
    this.highest = (this.expected - 1) & 0xffff;
  }

  /** The packet is the next one. */
  private pass(frame: InterleavedFrame, sequence: number): void {
    this.expected = (sequence + 1) & 0xffff;
    this.highest = sequence;
    this.seen[sequence % HISTORY] = sequence;
    this.lateRun = 0;
    this.sink.packet(frame);
  }

  /** The packet is near the others. */
  private place(frame: InterleavedFrame, sequence: number): void {
    this.forgetStray();
    if (((sequence - this.expected) & 0xffff) >= 0x8000) {
      this.tooLate(frame, sequence);
      return;
    }
    if (this.seen[sequence % HISTORY] === sequence) {
      this.sink.dropped('duplicate', frame);
      return;
    }
    if (((sequence - this.highest) & 0xffff) >= 0x8000) this.reordered++;
    else this.highest = sequence;
    if (((sequence - this.expected) & 0xffff) >= WINDOW) this.makeRoom(sequence);
    this.seen[sequence % HISTORY] = sequence;
    this.lateRun = 0;
    this.waiting[sequence % WINDOW] = frame;
    if (this.count++ === 0) this.since = frame.recv;
    this.drain();
  }

  /** The packet has been given up, or handed on before. */
  private tooLate(frame: InterleavedFrame, sequence: number): void {
    this.lateRun = sequence === this.lateNext ? this.lateRun + 1 : 1;
    this.lateNext = (sequence + 1) & 0xffff;
    if (this.lateRun < LATE_RUN) {
      this.sink.dropped(this.seen[sequence % HISTORY] === sequence ? 'duplicate' : 'late', frame);
      return;
    }
    this.flush();
    this.seen.fill(-1);
    this.pass(frame, sequence);
  }

  /** The packet is far from the others: one alone has a damaged number, or is somebody else's. */
  private stray(frame: InterleavedFrame, sequence: number): void {
    const { astray } = this;
    const before = astray === undefined ? 0 : (astray.data[2]! << 8) | astray.data[3]!;
    const step = (sequence - before) & 0xffff;
    if (astray === undefined || (step >= WINDOW && step <= 0x10000 - WINDOW) || step === 0) {
      this.forgetStray();
      this.astray = frame;
      return;
    }
    this.astray = undefined;
    this.flush();
    this.seen.fill(-1);
    this.expected = step < WINDOW ? before : sequence;
    this.highest = (this.expected - 1) & 0xffff;
    this.place(astray, before);
    this.place(frame, sequence);
  }

  private forgetStray(): void {
    const { astray } = this;
    if (astray === undefined) return;
    this.astray = undefined;
    this.sink.dropped('astray', astray);
  }

  /** Gives up the missing packets before the first that waits. */
  private skipGap(): void {
    while (this.waiting[this.expected % WINDOW] === undefined) this.expected = (this.expected + 1) & 0xffff;
    this.drain();
  }

  /** Hands on what has no gap before it. */
  private drain(): void {
    if (this.waiting[this.expected % WINDOW] === undefined) return;
    while (this.waiting[this.expected % WINDOW] !== undefined) this.advance();
    this.lookForLongest();
  }

  /** Gives up the oldest numbers, so that this one fits into the window. */
  private makeRoom(sequence: number): void {
    while (((sequence - this.expected) & 0xffff) >= WINDOW) this.advance();
    this.lookForLongest();
  }

  private lookForLongest(): void {
    let longest: bigint | undefined;
    for (const frame of this.waiting) {
      if (frame !== undefined && (longest === undefined || frame.recv < longest)) longest = frame.recv;
    }
    this.since = longest ?? 0n;
  }

  /** One number on, with or without its packet. */
  private advance(): void {
    const slot = this.expected % WINDOW;
    const frame = this.waiting[slot];
    this.expected = (this.expected + 1) & 0xffff;
    if (frame === undefined) return;
    this.waiting[slot] = undefined;
    this.count--;
    this.sink.packet(frame);
  }
}
