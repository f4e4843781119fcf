/** What to do with a packet after looking at its SSRC. */
export type SsrcVerdict = 'accept' | 'adopt' | 'switch' | 'drop';

/** Consecutive packets of one foreign SSRC after which the sender counts as restarted. */
const PROBATION = 50;
/** Largest step in sequence numbers that still counts as a continuation. */
const PLAUSIBLE_GAP = 1000;

/**
 * Decides which SSRC a stream's packets carry (RFC 3550 section 8.2, Q90). An announced SSRC is only a hint: the first
 * packet's wins. A later change is followed if sequence number and time go on (Uniview changes it at every key frame), or
 * once so many packets in a row came from the new source that the old one must be gone; everything else is dropped.
 */
export class SsrcFilter {
  private seenPacket = false;
  private candidate: number | undefined;
  private candidateSequence = 0;
  private candidateRun = 0;

  /** @param ssrc as announced by SETUP or RTP-Info; undefined if unknown */
  constructor(public ssrc: number | undefined) {}

  /** A packet carries the known SSRC: it is the stream's, and what else came was none that took over. */
  confirm(): void {
    this.seenPacket = true;
    this.candidateRun = 0;
  }

  /**
   * Judges a packet of another SSRC.
   *
   * @param sequenceGap (sequence number − expected one) mod 65536
   * @param timeGoesOn whether the timestamp is a legal successor of the last one
   * @returns `accept`: the first one of all; `adopt`: another one that the stream goes on with; `switch`: the sender has
   *   restarted, sequence and time begin anew; `drop`: foreign
   */
  judge(ssrc: number, sequenceNumber: number, sequenceGap: number, timeGoesOn: boolean): SsrcVerdict {
    if (this.ssrc === undefined) {
      this.ssrc = ssrc;
      return 'accept';
    }
    if (!this.seenPacket || (sequenceGap < PLAUSIBLE_GAP && timeGoesOn)) {
      this.ssrc = ssrc;
      return 'adopt';
    }
    const continues =
      this.candidateRun > 0 && this.candidate === ssrc && sequenceNumber === ((this.candidateSequence + 1) & 0xffff);
    this.candidateRun = continues ? this.candidateRun + 1 : 1;
    this.candidate = ssrc;
    this.candidateSequence = sequenceNumber;
    if (this.candidateRun < PROBATION) return 'drop';
    this.ssrc = ssrc;
    return 'switch';
  }
}
