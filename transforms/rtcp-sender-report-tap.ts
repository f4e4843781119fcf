import type { InPlaceHandler, PacketInPlace } from '../lib/in-place.js';
import type { Bye, Fault, FaultCode, Item, MediaDescription, RtcpPacket, SenderReport } from '../lib/items.js';
import { parseCompound } from '../lib/rtp/rtcp.js';
import { type RtcpSsrcPolicy, SsrcCheck } from '../lib/rtp/rtcp-ssrc.js';
import { Stage } from '../lib/stage.js';

/** Options of {@link RtcpSenderReportTap}. */
export interface RtcpSenderReportTapOptions {
  /** What to do with a sender report of another SSRC than the stream's. Default `default`, the same as `drop-packets`. */
  readonly unknownSsrc?: RtcpSsrcPolicy | undefined;
}

/** Events of {@link RtcpSenderReportTap} beside those of a Transform. */
export interface RtcpSenderReportTapEvents {
  /** A sender report, as it is put into the stream. */
  senderReport: [report: SenderReport];
}

/**
 * Reads compound RTCP packets (RFC 3550 section 6.1) and lets all other items pass.
 *
 * Each `rtcp` item is followed by a `senderReport` item for every sender report in it, also announced as an event
 * `senderReport`, and by a `bye`. A compound is read up to its first malformed packet and dropped if that is its first; malformed
 * RTCP never stops a recording. A compound with a sender report that `unknownSsrc` refuses is dropped whole. A `presentation` begins
 * a new session, whose SSRCs are others. Fails with `rtcp-ssrc` only with `abort-session`.
 */
export class RtcpSenderReportTap extends Stage {
  private static readonly ownHandle = RtcpSenderReportTap.prototype.handle;
  private check: SsrcCheck;
  private readonly warned = new Set<string>();

  constructor(private readonly options: RtcpSenderReportTapOptions = {}) {
    super();
    this.check = this.newCheck();
  }

  protected override handle(item: Item): void {
    if (item.kind === 'rtp') this.check.learn(item.media, item.ssrc);
    else if (item.kind === 'presentation') this.check = this.newCheck();
    if (item.kind === 'rtcp') this.open(item);
    else this.push(item);
  }

  /** Not where a subclass, or a patch, sees to items itself. */
  protected override get inPlaceHandler(): InPlaceHandler | undefined {
    return this.handle === RtcpSenderReportTap.ownHandle ? { kind: 'rtp', handle: this.pass } : undefined;
  }

  private pass(packet: PacketInPlace): void {
    this.check.learn(packet.media, packet.ssrc);
    this.pushInPlace(packet);
  }

  private newCheck(): SsrcCheck {
    return new SsrcCheck(this.options.unknownSsrc ?? 'default');
  }

  private open(packet: RtcpPacket): void {
    const { media, position, recv } = packet;
    const { packets, senderReports, byes, malformed } = parseCompound(packet.data);
    if (malformed !== undefined) this.faultOnce('rtcp-malformed', `malformed RTCP: ${malformed}`, packet);
    if (packets === 0) return;
    for (const { ssrc } of senderReports) {
      const refusal = this.check.judge(media, ssrc, packet);
      if (refusal === undefined) continue;
      this.faultOnce('rtcp-ssrc', refusal, packet);
      return;
    }
    this.push(packet);
    for (const info of senderReports) {
      const report: SenderReport = { kind: 'senderReport', media, ...info, position, recv };
      this.emit('senderReport', report);
      this.push(report);
    }
    if (byes.length === 0) return;
    const foreign = this.check.isForeign(media, byes);
    this.push({ kind: 'bye', media, ssrcs: byes, ...(foreign ? { foreign } : {}), recv } satisfies Bye);
  }

  private faultOnce(code: FaultCode, message: string, { media, position, recv }: RtcpPacket): void {
    const key = warningKey(code, media);
    if (this.warned.has(key)) return;
    this.warned.add(key);
    this.push({ kind: 'fault', code, message: `${message} (said once)`, media, position, recv } satisfies Fault);
  }
}

function warningKey(code: FaultCode, media: MediaDescription): string {
  return `${code} ${media.index}`;
}
