import { FRAME_PREFIX, RTP_HEADER, type WireLoop } from './wire-loop.js';

/** What makes a medium's packets a session's own. */
export interface WireStream {
  /** Interleaved channels, 0–255. */
  readonly rtpChannel: number;
  readonly rtcpChannel: number;
  readonly ssrc: number;
  /** Sequence number of the script's packet 0, 0–65535. */
  readonly firstSequence: number;
  /** RTP timestamp of the script's start, unsigned 32 bits. */
  readonly firstTimestamp: number;
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
}

/** What RTP-Info tells of a stream (RFC 2326 section 12.33). */
export interface NextPacket {
  /** Of the stream's next packet. */
  readonly sequence: number;
  /** RTP time of the moment that the earliest of all streams' next packets has: the same moment for all of them. */
  readonly timestamp: number;
}

/** Ticks of `clockRate` in a time, modulo 2^32; exact for whole nanoseconds up to 2^53. */
export function ticksOf(timeNs: number, clockRate: number): number {
  return Number(BigInt.asUintN(32, (BigInt(Math.round(timeNs)) * BigInt(clockRate)) / 1_000_000_000n));
}

/**
 * Walks a loop again and again and writes its frames, made a session's own: each turn continues sequence numbers, timestamps and due
 * times where the one before ended. All times are in ns since the start of the first turn.
 */
export class LoopReader {
  /** Packets and payload bytes written so far, per stream (for sender reports). */
  readonly packetCounts: number[];
  readonly octetCounts: number[];
  private index = 0;
  /** From 1. */
  private turn = 1;
  private turnNs = 0;
  private readonly turnSequences: number[];
  private readonly turnTimestamps: number[];

  /**
   * @param streams one for each of the media that `loop` was compiled for
   * @param turns how often to go through it, at least once; Infinity for ever
   */
  constructor(
    private readonly loop: WireLoop,
    private readonly streams: readonly WireStream[],
    private readonly turns: number,
  ) {
    this.packetCounts = streams.map(() => 0);
    this.octetCounts = streams.map(() => 0);
    this.turnSequences = streams.map((stream) => stream.firstSequence);
    this.turnTimestamps = streams.map((stream) => stream.firstTimestamp);
  }

  /** True at the end of the last turn. */
  get done(): boolean {
    return this.turn >= this.turns && this.index === this.loop.streams.length;
  }

  /** When the current turn ends. */
  get turnEndNs(): number {
    return this.turnNs + this.loop.durationNs;
  }

  /** When the next turn's first frame is or would be due. */
  get endNs(): number {
    return this.turnEndNs + this.loop.dueNs[0]!;
  }

  /** When the next frame is due; Infinity at the end of the last turn. */
  get nextDueNs(): number {
    if (this.index < this.loop.streams.length) return this.turnNs + this.loop.dueNs[this.index]!;
    return this.turn < this.turns ? this.endNs : Number.POSITIVE_INFINITY;
  }

  /** Position within the loop in ns. */
  get positionNs(): number {
    return this.loop.dueNs[this.index] ?? this.loop.durationNs;
  }

  /** Where each stream stands, as RTP-Info tells it. */
  next(): NextPacket[] {
    const packets = this.streams.map((_, stream) => this.nextPacket(stream));
    const earliestNs = Math.min(...packets.map(({ timeNs }) => timeNs));
    return packets.map(({ sequence, timestamp, timeNs }, stream) => {
      const ahead = Math.round(((timeNs - earliestNs) * this.streams[stream]!.clockRate) / 1e9);
      return { sequence, timestamp: (timestamp - ahead) >>> 0 };
    });
  }

  /** A stream's RTP time at `timeNs`, unsigned 32 bits. */
  timestampAt(stream: number, timeNs: number): number {
    const { firstTimestamp, clockRate } = this.streams[stream]!;
    return (firstTimestamp + ticksOf(timeNs, clockRate)) >>> 0;
  }

  /** Moves everything that has not been read yet to a later time. */
  delay(byNs: number): void {
    this.startTurn(this.turnNs + byNs);
  }

  /** Starts the next turn. */
  rewind(): void {
    this.loop.sequencesPerLoop.forEach((count, stream) => {
      this.turnSequences[stream] = (this.turnSequences[stream]! + count) & 0xffff;
    });
    this.index = 0;
    this.turn++;
    this.startTurn(this.turnEndNs);
  }

  /** Writes the frames that are due before `beforeNs` and fit into `target`; returns how many bytes it wrote. */
  read(target: Buffer, beforeNs: number): number {
    let written = 0;
    while (this.nextDueNs < beforeNs) {
      if (this.index === this.loop.streams.length) this.rewind();
      const bytes = this.readTurn(target, written, beforeNs - this.turnNs);
      if (bytes === 0) break;
      written += bytes;
    }
    return written;
  }

  private nextPacket(stream: number): NextPacket & { readonly timeNs: number } {
    let at = this.loop.streams.indexOf(stream, this.index);
    const isInThisTurn = at >= 0;
    if (!isInThisTurn) at = this.loop.streams.indexOf(stream);
    const turnNs = isInThisTurn ? this.turnNs : this.turnEndNs;
    const turnTicks = isInThisTurn ? this.turnTimestamps[stream]! : this.timestampAt(stream, turnNs);
    const skipped = isInThisTurn ? 0 : this.loop.sequencesPerLoop[stream]!;
    // Signed again: where pictures are reordered a timestamp may lie before the loop's start.
    const ticks = this.loop.timestamps[at]! | 0;
    return {
      sequence: (this.turnSequences[stream]! + skipped + this.loop.sequences[at]!) & 0xffff,
      timestamp: (turnTicks + ticks) >>> 0,
      timeNs: turnNs + (ticks * 1e9) / this.streams[stream]!.clockRate,
    };
  }

  /** Copies a run of frames in one go, then puts each one's fields in place. */
  private readTurn(target: Buffer, at: number, beforeNs: number): number {
    const { data, offsets, dueNs, streams } = this.loop;
    const from = this.index;
    const start = offsets[from]!;
    const room = target.length - at;
    let to = from;
    while (to < streams.length && offsets[to + 1]! - start <= room && dueNs[to]! < beforeNs) to++;
    const size = offsets[to]! - start;
    data.copy(target, at, start, start + size);
    this.index = to;
    this.patch(target, at - start, from, to);
    return size;
  }

  /** @param shift where offset 0 of the loop's data would be in `target` */
  private patch(target: Buffer, shift: number, from: number, to: number): void {
    const { turnSequences, turnTimestamps, packetCounts, octetCounts } = this;
    const { offsets, sequences, timestamps, streams } = this.loop;
    for (let i = from; i < to; i++) {
      const at = offsets[i]! + shift;
      const stream = streams[i]!;
      const { rtpChannel, ssrc } = this.streams[stream]!;
      const sequence = turnSequences[stream]! + sequences[i]!;
      const timestamp = turnTimestamps[stream]! + timestamps[i]!;
      target[at + 1] = rtpChannel;
      target[at + 6] = sequence >> 8;
      target[at + 7] = sequence;
      target[at + 8] = timestamp >>> 24;
      target[at + 9] = timestamp >>> 16;
      target[at + 10] = timestamp >>> 8;
      target[at + 11] = timestamp;
      target[at + 12] = ssrc >>> 24;
      target[at + 13] = ssrc >>> 16;
      target[at + 14] = ssrc >>> 8;
      target[at + 15] = ssrc;
      packetCounts[stream]! += 1;
      octetCounts[stream]! += offsets[i + 1]! - offsets[i]! - FRAME_PREFIX - RTP_HEADER;
    }
  }

  private startTurn(atNs: number): void {
    this.turnNs = atNs;
    this.streams.forEach((_, stream) => {
      this.turnTimestamps[stream] = this.timestampAt(stream, atNs);
    });
  }
}
