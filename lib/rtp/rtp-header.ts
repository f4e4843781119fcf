/**
 * RTP fixed header and what may follow it (RFC 3550 sections 5.1, 5.3.1):
 *
 *      0               1               2               3
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|X|  CC   |M|     PT      |        sequence number        |
 *     |                           timestamp                           |
 *     |                             SSRC                              |
 *     |                    CSRC list (0–15 words)                     |
 *     |   X: profile (16 bit)         |   length in words (16 bit)    |  then that many words
 *     |            payload, then padding if P (count in last byte)    |
 *
 * Read by hand and not through buffer-layout: this runs once per packet, and a layout's decode alone would take longer
 * than the packet's whole way through the pipeline.
 */
export interface PayloadRange {
  start: number;
  end: number;
}

/** Length of the fixed header in bytes. */
export const FIXED_HEADER = 12;
/** First byte of a packet without padding, extension and CSRC list. */
export const PLAIN = 0x80;

/**
 * Finds the payload of an RTP packet, which lies in `data` from `from` up to `to`. Padding with count 0 counts as no padding, as some
 * senders set P by mistake (Q87).
 *
 * @param range receives the payload's range; untouched on failure
 * @returns undefined, or what is wrong with the packet
 */
export function findPayload(data: Buffer, from: number, to: number, range: PayloadRange): string | undefined {
  const length = to - from;
  if (length < FIXED_HEADER) return `${length} bytes are shorter than the ${FIXED_HEADER} byte header`;
  const first = data[from]!;
  if (first >> 6 !== 2) return `version ${first >> 6} instead of 2`;
  let start = from + FIXED_HEADER + 4 * (first & 0x0f);
  let end = to;
  if ((first & 0x10) !== 0) {
    if (start + 4 > to) return 'header extension beyond the end';
    start += 4 + 4 * ((data[start + 2]! << 8) | data[start + 3]!);
  }
  if (start > to) return 'header beyond the end';
  if ((first & 0x20) !== 0) {
    end -= to > start ? data[to - 1]! : 0;
    if (end < start) return `padding of ${data[to - 1]} bytes is longer than the payload`;
  }
  range.start = start;
  range.end = end;
  return undefined;
}

/**
 * Whether a packet's second byte is an RTCP packet type, SR to XR (200–207), and not the stream's payload type with the marker bit.
 * No sender may use payload types 64–95 where the two could be confused (RFC 5761 section 4, Q97).
 */
export function looksLikeRtcp(second: number, payloadType: number): boolean {
  return second >= 200 && second <= 207 && (second & 0x7f) !== payloadType;
}
