import { randomBytes } from 'node:crypto';
import type { InPlaceHandler, PacketInfo, PacketInPlace } from '../lib/in-place.js';
import type { Item, MediaDescription, SenderReport } from '../lib/items.js';
import { serializeReceiverReport } from '../lib/rtp/receiver-report.js';
import { ReceptionStats } from '../lib/rtp/reception-stats.js';
import { Stage } from '../lib/stage.js';

/** Options of {@link ReceiverReporter}. */
export interface ReceiverReporterOptions {
  /** Time between two reports on a stream, in ms of receive time. Default 5000. */
  readonly intervalMs?: number | undefined;
  /** n random bytes, for the own SSRC and name. Default Node's. */
  readonly random?: ((bytes: number) => Buffer) | undefined;
}

/** Events of {@link ReceiverReporter} beside those of a Transform. */
export interface ReceiverReporterEvents {
  /** A compound RTCP packet for the sender of a stream: a receiver report and our name. */
  report: [data: Buffer, media: MediaDescription];
}

const DEFAULT_INTERVAL_MS = 5000;
const NS_PER_MS = 1_000_000n;

/** One stream's reception. */
interface Reception {
  readonly media: MediaDescription;
  stats: ReceptionStats;
  /** Receive time of the last report, or of the first packet. */
  since: bigint;
  lastRecv: bigint;
}

/**
 * Reports on the reception of each stream (RFC 3550 section 6.4.2): cameras take reports as a sign that somebody still listens (Q82).
 *
 * Lets everything pass. Looks at `rtp` items, and at `senderReport`s behind the `RtcpSenderReportTap`, and says by the event `report`
 * what is to be sent to the camera, first one interval after the first packet. It reads no clock: time is that of the items'
 * `recv`. The name in the reports is random (RFC 7022 section 4.2).
 */
export class ReceiverReporter extends Stage {
  private static readonly ownHandle = ReceiverReporter.prototype.handle;
  private readonly intervalNs: bigint;
  private readonly ssrc: number;
  private readonly cname: string;
  private readonly receptions = new Map<number, Reception>();
  private last: Reception | undefined;

  constructor({ intervalMs = DEFAULT_INTERVAL_MS, random = randomBytes }: ReceiverReporterOptions = {}) {
    super();
    this.intervalNs = BigInt(Math.round(intervalMs)) * NS_PER_MS;
    this.ssrc = random(4).readUInt32BE();
    this.cname = random(12).toString('base64');
  }

  protected override handle(item: Item): void {
    if (item.kind === 'rtp') this.packet(item);
    else if (item.kind === 'senderReport') this.senderReport(item);
    else if (item.kind === 'presentation') this.forget();
    this.push(item);
  }

  /** Not where a subclass, or a patch, sees to items itself. */
  protected override get inPlaceHandler(): InPlaceHandler | undefined {
    return this.handle === ReceiverReporter.ownHandle ? { kind: 'rtp', handle: this.pass } : undefined;
  }

  private pass(packet: PacketInPlace): void {
    this.packet(packet);
    const { further, sequenceNumber, timestamp, recv } = packet;
    if (further > 0) this.last!.stats.further(further, sequenceNumber, timestamp, recv);
    this.pushInPlace(packet);
  }

  private packet({ media, recv, sequenceNumber, ssrc, timestamp }: PacketInfo): void {
    // Nearly every packet is of the same stream as the one before.
    let reception = this.last?.media === media ? this.last : this.receptions.get(media.index);
    if (reception === undefined) {
      reception = {
        media,
        stats: new ReceptionStats(ssrc, media.clockRate, sequenceNumber),
        since: recv,
        lastRecv: recv,
      };
      this.receptions.set(media.index, reception);
    } else if (reception.stats.ssrc !== ssrc) {
      reception.stats = new ReceptionStats(ssrc, media.clockRate, sequenceNumber);
    }
    this.last = reception;
    reception.stats.packet(sequenceNumber, timestamp, recv);
    // Many packets come out of one read.
    if (recv === reception.lastRecv) return;
    reception.lastRecv = recv;
    const elapsed = recv - reception.since;
    if (elapsed >= this.intervalNs) this.report(reception, recv);
    else if (elapsed < 0n) reception.since = recv; // the clock was set back
  }

  private senderReport({ media, ssrc, ntpTimestamp, recv }: SenderReport): void {
    const stats = this.receptions.get(media.index)?.stats;
    if (stats?.ssrc === ssrc) stats.report(ntpTimestamp, recv);
  }

  private report(reception: Reception, now: bigint): void {
    reception.since = now;
    // Should the camera have chosen our number, any other will do (RFC 3550 section 8.2).
    const own = this.ssrc === reception.stats.ssrc ? (this.ssrc ^ 1) >>> 0 : this.ssrc;
    this.emit('report', serializeReceiverReport(own, reception.stats.block(now), this.cname), reception.media);
  }

  private forget(): void {
    this.receptions.clear();
    this.last = undefined;
  }
}
