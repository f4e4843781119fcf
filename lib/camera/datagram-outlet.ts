import type { DatagramSender } from './datagram-ports.js';
import type { FrameSink } from './outlet.js';
import type { CameraTimers } from './timers.js';
import { FRAME_PREFIX } from './wire-loop.js';

/** Where the packets of a channel go. */
export interface DatagramRoute {
  readonly isRtcp: boolean;
  readonly address: string;
  readonly port: number;
}

/** What a {@link DatagramOutlet} needs. */
export interface DatagramOutletOptions {
  readonly sender: DatagramSender;
  /** By the channel that the frames name. */
  readonly routes: ReadonlyMap<number, DatagramRoute>;
  readonly timers: CameraTimers;
  /** Is told the size of each datagram that has left. */
  readonly sent: (bytes: number) => void;
}

interface Entry {
  readonly data: Buffer;
  /** Where the next frame begins. */
  offset: number;
  /** Datagrams that are being sent. */
  pending: number;
  readonly flushed: () => void;
}

/** What may leave within {@link BURST_MS}. Nothing tells a sender of datagrams that the receiver's buffer is full. */
const BURST_DATAGRAMS = 16;
const BURST_BYTES = 32 * 1024;
const BURST_MS = 1;

/**
 * Sends each frame's packet as a datagram. Large pictures and `fast` players leave in bursts, up to 16 000 packets a second, so that a
 * receiver with ordinary buffers (some 200 kB) may stay away for ten milliseconds. What waits is bounded by those who send: they wait
 * for `flushed`.
 */
export class DatagramOutlet implements FrameSink {
  private readonly queue: Entry[] = [];
  private burstStartNs: bigint | undefined;
  private datagrams = 0;
  private bytes = 0;
  private timer: unknown;
  private closed = false;

  constructor(private readonly options: DatagramOutletOptions) {}

  frames(data: Buffer, flushed: () => void): void {
    if (this.closed || data.length === 0) {
      setImmediate(flushed);
      return;
    }
    this.queue.push({ data, offset: 0, pending: 0, flushed });
    if (this.timer === undefined) this.next();
  }

  /** Drops what waits. What is sent later never leaves. */
  close(): void {
    this.closed = true;
    if (this.timer !== undefined) this.options.timers.clearTimeout(this.timer);
    for (const entry of this.queue.splice(0)) {
      entry.offset = entry.data.length;
      if (entry.pending === 0) setImmediate(entry.flushed);
    }
  }

  private next(): void {
    this.timer = undefined;
    // Only here: where sending takes longer than the burst may, a receiver of this process still gets its turn between two.
    this.renewBurst();
    for (let [entry] = this.queue; entry !== undefined; [entry] = this.queue) {
      while (entry.offset < entry.data.length) {
        if (this.datagrams >= BURST_DATAGRAMS || this.bytes >= BURST_BYTES) {
          this.timer = this.options.timers.setTimeout(() => this.next(), BURST_MS);
          return;
        }
        this.send(entry);
      }
      this.queue.shift();
    }
  }

  private renewBurst(): void {
    const nowNs = this.options.timers.monotonicNs();
    if (this.burstStartNs !== undefined && nowNs - this.burstStartNs < BigInt(BURST_MS * 1e6)) return;
    this.burstStartNs = nowNs;
    this.datagrams = 0;
    this.bytes = 0;
  }

  private send(entry: Entry): void {
    const { data, offset } = entry;
    const route = this.options.routes.get(data[offset + 1]!)!;
    const packet = data.subarray(offset + FRAME_PREFIX, offset + FRAME_PREFIX + data.readUInt16BE(offset + 2));
    entry.offset += FRAME_PREFIX + packet.length;
    entry.pending++;
    this.datagrams++;
    this.bytes += packet.length;
    this.options.sender.send(packet, route.isRtcp, route, (sent) => {
      if (sent) this.options.sent(packet.length);
      entry.pending--;
      if (entry.pending === 0 && entry.offset === entry.data.length) entry.flushed();
    });
  }
}
