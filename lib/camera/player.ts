import type { Clock } from '../time/clock.js';
import { LoopReader, type NextPacket, type WireStream } from './loop-reader.js';
import type { FrameSink } from './outlet.js';
import { senderReportCompound } from './rtcp-writer.js';
import type { CameraTimers } from './timers.js';
import { MAX_FRAME, type WireLoop } from './wire-loop.js';

/** What a {@link Player} plays, and how. */
export interface PlayerOptions {
  readonly loop: WireLoop;
  /** One for each of the media that `loop` was compiled for. */
  readonly streams: readonly WireStream[];
  readonly outlet: FrameSink;
  /** `realtime`: when a packet is due; `fast`: when the client has read enough. */
  readonly pacing: 'realtime' | 'fast';
  /** How often the loop is played, Infinity for ever. */
  readonly turns: number;
  /** 0: no sender reports. */
  readonly senderReportIntervalMs: number;
  readonly cname: string;
  readonly clock: Clock;
  readonly timers: CameraTimers;
  /** Behind the last packet, how long a `fast` player waits with the goodbye, in ms. */
  readonly settleMs: number;
  /** Called once the last packet and the goodbye have been handed to the outlet. */
  readonly ended: () => void;
  /** Called once they have left, or never will. */
  readonly drained: () => void;
}

/** Bytes handed to the outlet at a time: few large writes, and small enough to stay in the cache. */
const BATCH_BYTES = 128 * 1024;
/** Batches under way at a time, so that the next is ready when one has left. */
const BATCHES = 2;
/** Media time of the first sender report: early, and behind the first packets, from which some clients learn the SSRC. */
const FIRST_REPORT_NS = 100e6;
/** Node's timers fire at once beyond this. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Plays a script to one client. Memory is bounded: batches lie in buffers that are used again once they have left.
 *
 * Media time runs in ns since the first PLAY. In `realtime` it is the monotonic clock, and goes on during a pause as a live camera's
 * does; a client that reads too slowly gets its packets late, none is left out. In `fast` it is the time of the next packet.
 */
export class Player {
  private readonly reader: LoopReader;
  private readonly free: Buffer[] = [];
  private readonly realtime: boolean;
  private readonly reportIntervalNs: number;
  private playing = false;
  private startMonotonicNs: bigint | undefined;
  private startUnixNs = 0n;
  private pausedAtNs = 0;
  private nextReportNs: number;
  private timer: unknown;
  private immediate: NodeJS.Immediate | undefined;

  constructor(private readonly options: PlayerOptions) {
    this.reader = new LoopReader(options.loop, options.streams, options.turns);
    this.realtime = options.pacing === 'realtime';
    for (let i = 0; i < BATCHES; i++) this.free.push(Buffer.allocUnsafeSlow(Math.max(BATCH_BYTES, MAX_FRAME)));
    this.reportIntervalNs = options.senderReportIntervalMs * 1e6;
    this.nextReportNs =
      this.reportIntervalNs > 0 ? Math.min(FIRST_REPORT_NS, this.reportIntervalNs) : Number.POSITIVE_INFINITY;
  }

  /** Position in the script in ns. */
  get positionNs(): number {
    return this.reader.positionNs;
  }

  /** Sets the media time; what {@link nextPackets} tells holds from here on. Has no effect while playing. */
  prepare(): void {
    if (this.playing) return;
    if (this.reader.done) this.reader.rewind();
    if (this.startMonotonicNs === undefined) {
      this.startMonotonicNs = this.options.timers.monotonicNs();
      this.startUnixNs = this.options.clock.now();
    } else if (this.realtime) {
      const nowNs = this.mediaTimeNs();
      this.reader.delay(nowNs - this.pausedAtNs);
      this.pausedAtNs = nowNs;
    }
  }

  /** What RTP-Info tells of each stream. */
  nextPackets(): NextPacket[] {
    return this.reader.next();
  }

  /** Starts or goes on. {@link prepare} has to be called first. */
  play(): void {
    if (this.playing) return;
    this.playing = true;
    this.pump();
  }

  /** Stops sending, until {@link play}. What was handed to the outlet still leaves. */
  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.pausedAtNs = this.mediaTimeNs();
    this.cancel();
  }

  private mediaTimeNs(): number {
    if (!this.realtime) return Math.min(this.reader.nextDueNs, this.reader.turnEndNs);
    return Number(this.options.timers.monotonicNs() - this.startMonotonicNs!);
  }

  private pump(): void {
    this.cancel();
    while (this.playing && this.free.length > 0) {
      const nowNs = this.mediaTimeNs();
      if (this.reader.done && (!this.realtime || nowNs >= this.reader.endNs)) {
        this.conclude(nowNs);
        return;
      }
      if (nowNs >= this.nextReportNs) {
        const atNs = this.realtime ? nowNs : this.nextReportNs;
        this.report(atNs, false, () => {});
        this.nextReportNs = atNs + this.reportIntervalNs;
      }
      const batch = this.free.pop()!;
      const beforeNs = this.realtime ? nowNs + 1 : Number.POSITIVE_INFINITY;
      const bytes = this.reader.read(batch, Math.min(this.nextReportNs, beforeNs));
      if (bytes > 0) {
        this.options.outlet.frames(batch.subarray(0, bytes), () => this.release(batch));
        continue;
      }
      this.free.push(batch);
      if (this.realtime) {
        this.sleep(nowNs);
        return;
      }
    }
  }

  /** Not at once: a client that keeps up would leave nobody else a turn. */
  private release(batch: Buffer): void {
    this.free.push(batch);
    if (this.playing) this.immediate ??= setImmediate(() => this.pump());
  }

  private sleep(nowNs: number): void {
    const nextNs = this.reader.done ? this.reader.endNs : this.reader.nextDueNs;
    const waitNs = Math.min(nextNs, this.nextReportNs) - nowNs;
    const waitMs = Math.min(Math.max(1, Math.ceil(waitNs / 1e6)), MAX_TIMEOUT_MS);
    this.timer = this.options.timers.setTimeout(() => this.pump(), waitMs);
  }

  /** Comes to the end, at once or once everything has left and settled. */
  private conclude(nowNs: number): void {
    const { settleMs, timers } = this.options;
    if (this.realtime || settleMs === 0) this.finish(nowNs);
    else if (this.free.length === BATCHES) this.timer = timers.setTimeout(() => this.finish(nowNs), settleMs);
  }

  /** The end of a script that is not repeated: the last picture has been there for as long as the others. */
  private finish(nowNs: number): void {
    this.pause();
    this.report(nowNs, true, this.options.drained);
    this.options.ended();
  }

  /** Sends each stream's sender report. Wall clock and RTP time are those of the same moment. */
  private report(atNs: number, goodbye: boolean, flushed: () => void): void {
    const { streams, outlet, clock, cname } = this.options;
    const unixNs = this.realtime ? clock.now() : this.startUnixNs + BigInt(Math.round(atNs));
    const frames = streams.map(({ ssrc, rtcpChannel }, stream) => {
      const packetCount = this.reader.packetCounts[stream]!;
      const octetCount = this.reader.octetCounts[stream]!;
      const rtpTimestamp = this.reader.timestampAt(stream, atNs);
      const packet = senderReportCompound({ ssrc, unixNs, rtpTimestamp, packetCount, octetCount }, cname, goodbye);
      const prefix = Buffer.from([0x24, rtcpChannel, packet.length >> 8, packet.length & 0xff]);
      return Buffer.concat([prefix, packet]);
    });
    outlet.frames(Buffer.concat(frames), flushed);
  }

  private cancel(): void {
    if (this.timer !== undefined) this.options.timers.clearTimeout(this.timer);
    if (this.immediate !== undefined) clearImmediate(this.immediate);
    this.timer = undefined;
    this.immediate = undefined;
  }
}
