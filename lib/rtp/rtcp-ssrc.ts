import { RetinaRecordError } from '../errors.js';
import type { MediaDescription, RtcpPacket } from '../items.js';
import { formatSsrc } from './format-ssrc.js';

/** What to do with a sender report whose SSRC is not the stream's. */
export const RTCP_SSRC_POLICIES = ['default', 'drop-packets', 'abort-session', 'process-packets'] as const;
export type RtcpSsrcPolicy = (typeof RTCP_SSRC_POLICIES)[number];

/**
 * Knows each stream's SSRC, from SETUP, overridden by RTP-Info, overridden by the packets, and judges sender reports by it.
 */
export class SsrcCheck {
  private readonly known = new Map<number, number>();
  private lastMedia: MediaDescription | undefined;
  private lastSsrc = -1;

  constructor(private readonly policy: RtcpSsrcPolicy) {}

  /** An RTP packet of the stream carries this SSRC. */
  learn(media: MediaDescription, ssrc: number): void {
    if (media === this.lastMedia && ssrc === this.lastSsrc) return; // as for nearly every packet
    this.lastMedia = media;
    this.lastSsrc = ssrc;
    this.known.set(media.index, ssrc);
  }

  /**
   * Undefined if the report is to be used, else why not.
   *
   * @throws RetinaRecordError `rtcp-ssrc` with the policy `abort-session`
   */
  judge(media: MediaDescription, ssrc: number, { position, recv }: RtcpPacket): string | undefined {
    const expected = this.expected(media);
    if (this.policy === 'process-packets' || expected === ssrc) return undefined;
    if (expected === undefined) {
      this.learn(media, ssrc);
      return undefined;
    }
    const message = `sender report of SSRC ${formatSsrc(ssrc)}, the stream's is ${formatSsrc(expected)}`;
    if (this.policy === 'abort-session') {
      throw new RetinaRecordError('rtcp-ssrc', message, { stream: media.control, position, recv });
    }
    return `${message}: dropped`;
  }

  /** Whether none of the SSRCs that a BYE names is the stream's. */
  isForeign(media: MediaDescription, ssrcs: readonly number[]): boolean {
    const expected = this.expected(media);
    return this.policy !== 'process-packets' && expected !== undefined && !ssrcs.includes(expected);
  }

  private expected({ index, rtpInfo, setup }: MediaDescription): number | undefined {
    const announced = rtpInfo?.ssrc ?? (setup?.ssrc === 0 ? undefined : setup?.ssrc);
    return this.known.get(index) ?? announced;
  }
}
