/** What a report block says of one source (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Share of packets lost since the previous report, in 1/256; 0–255. */
  readonly fractionLost: number;
  /** Packets lost since the beginning, signed 24 bits; negative where some came twice. */
  readonly cumulativeLost: number;
  /** Highest sequence number received, behind the number of times that it wrapped; unsigned 32 bits. */
  readonly extendedHighest: number;
  /** Interarrival jitter in ticks, unsigned 32 bits. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP timestamp of the last sender report, 0 without one. */
  readonly lastSenderReport: number;
  /** Time since that came, in 1/65536 s, 0 without one. */
  readonly delaySinceLast: number;
}

/** A step forward of so many is still a loss, and one back of so many still a late packet (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCES = 0x10000;

/**
 * Statistics of the reception of one source (RFC 3550 appendices A.1, A.3, A.8). Takes the packets that were accepted, in the order
 * received, and reads no clock.
 */
export class ReceptionStats {
  private base: number;
  private highest: number;
  private cycles = 0;
  private received = 0;
  private badSequence = -1;
  private expectedBefore = 0;
  private receivedBefore = 0;
  /** Whether `timestamp` and `arrival` are those of a packet. */
  private hasArrival = false;
  private timestamp = 0;
  private arrival = 0n;
  private jitter = 0;
  private senderReport: { readonly ntpTimestamp: bigint; readonly recv: bigint } | undefined;

  /** @param sequenceNumber of the first packet, which is still to be given to {@link packet} */
  constructor(
    readonly ssrc: number,
    private readonly clockRate: number,
    sequenceNumber: number,
  ) {
    this.base = sequenceNumber;
    this.highest = sequenceNumber;
  }

  /** A packet was received. @param timestamp its 32-bit RTP timestamp @param recv Unix time in ns */
  packet(sequenceNumber: number, timestamp: number, recv: bigint): void {
    const step = (sequenceNumber - this.highest) & 0xffff;
    if (step < MAX_DROPOUT) {
      if (sequenceNumber < this.highest) this.cycles += SEQUENCES;
      this.highest = sequenceNumber;
    } else if (step <= SEQUENCES - MAX_MISORDER) {
      // Two in a row are believed: the source has begun anew.
      if (sequenceNumber !== this.badSequence) {
        this.badSequence = (sequenceNumber + 1) & 0xffff;
        return;
      }
      this.restart(sequenceNumber);
    }
    this.badSequence = -1;
    this.received++;
    // The other packets of a frame share its timestamp and follow at once: they would measure the camera's link, not the network.
    if (timestamp !== this.timestamp || !this.hasArrival) this.measure(timestamp, recv);
  }

  /** So many packets more were received, which have the next sequence numbers, and timestamp and receive time of the last one. */
  further(packets: number, sequenceNumber: number, timestamp: number, recv: bigint): void {
    if (this.highest === sequenceNumber && this.badSequence < 0) {
      const highest = this.highest + packets;
      this.received += packets;
      this.highest = highest & 0xffff;
      this.cycles += highest - this.highest;
      return;
    }
    for (let i = 1; i <= packets; i++) this.packet((sequenceNumber + i) & 0xffff, timestamp, recv);
  }

  /** A sender report of this source came. */
  report(ntpTimestamp: bigint, recv: bigint): void {
    this.senderReport = { ntpTimestamp, recv };
  }

  /** What there is to report at `now`, Unix time in ns. Begins the next interval of `fractionLost`. */
  block(now: bigint): ReportBlock {
    const extendedHighest = this.cycles + this.highest;
    const expected = extendedHighest - this.base + 1;
    const lost = expected - this.received;
    const expectedInterval = expected - this.expectedBefore;
    const lostInterval = expectedInterval - (this.received - this.receivedBefore);
    this.expectedBefore = expected;
    this.receivedBefore = this.received;
    const fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
    return {
      ssrc: this.ssrc,
      fractionLost,
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, lost)),
      extendedHighest: extendedHighest >>> 0,
      jitter: Math.floor(this.jitter) >>> 0,
      ...this.sinceReport(now),
    };
  }

  private restart(sequenceNumber: number): void {
    this.base = sequenceNumber;
    this.highest = sequenceNumber;
    this.cycles = 0;
    this.received = 0;
    this.expectedBefore = 0;
    this.receivedBefore = 0;
    this.hasArrival = false;
  }

  /** Appendix A.8, over the first packet of each frame. */
  private measure(timestamp: number, recv: bigint): void {
    if (this.hasArrival) {
      const ticks = (timestamp - this.timestamp) | 0;
      const elapsed = (Number(recv - this.arrival) * this.clockRate) / 1e9;
      this.jitter += (Math.abs(elapsed - ticks) - this.jitter) / 16;
    }
    this.hasArrival = true;
    this.timestamp = timestamp;
    this.arrival = recv;
  }

  private sinceReport(now: bigint): Pick<ReportBlock, 'lastSenderReport' | 'delaySinceLast'> {
    const { senderReport } = this;
    if (senderReport === undefined) return { lastSenderReport: 0, delaySinceLast: 0 };
    const { ntpTimestamp, recv } = senderReport;
    const delay = ((now > recv ? now - recv : 0n) * 65_536n) / 1_000_000_000n;
    return {
      lastSenderReport: Number((ntpTimestamp >> 16n) & 0xffffffffn),
      delaySinceLast: Number(delay < 0xffffffffn ? delay : 0xffffffffn),
    };
  }
}
