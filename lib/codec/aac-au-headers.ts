/** The frames in an RTP payload of AAC. */
export interface AuHeaders {
  /** Bytes of each frame, in order; a single one may be more than the packet holds. */
  readonly sizes: readonly number[];
  /** Where the first one begins. */
  readonly offset: number;
}

/** Bits of an AU header: size and index. */
const HEADER_BITS = 16;
/** Bits of an AU header without index. */
const BARE_BITS = 13;

/**
 * Reads the AU header section (RFC 3640 sections 3.2.1, 3.3.6, Q139).
 *
 *     |AU-headers-length 16| AU-size 13 |index 3| AU-size 13 |index-delta 3| … | to the byte | frames
 *
 * @param indexOmitted headers of 13 bits may occur: where the length in bits is that of such and not of whole ones
 * @returns or what is wrong with it
 */
export function parseAuHeaders(payload: Buffer, indexOmitted: boolean): AuHeaders | string {
  if (payload.length < 2) return `payload of ${payload.length} bytes`;
  const bits = payload.readUInt16BE(0);
  const isBare = indexOmitted && bits % HEADER_BITS !== 0 && bits % BARE_BITS === 0;
  if (bits % 8 !== 0 && !isBare) return `AU headers of ${bits} bits`;
  const count = Math.floor(bits / (isBare ? BARE_BITS : HEADER_BITS));
  if (count === 0) return `AU headers of ${bits} bits, which hold none`;
  const offset = 2 + Math.ceil(bits / 8);
  if (offset > payload.length) return `AU headers of ${bits} bits in ${payload.length} bytes of payload`;
  const sizes: number[] = [];
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let size: number;
    if (isBare) {
      size = bareSize(payload, i);
    } else {
      const header = payload.readUInt16BE(2 + 2 * i);
      if ((header & 7) !== 0) return `AU header ${i} has index ${header & 7}: interleaved frames are not supported`;
      size = header >> 3;
    }
    if (size === 0) return `AU header ${i} says 0 bytes`;
    sum += size;
    sizes.push(size);
  }
  // A single frame may go on in the next packets.
  if (count > 1 && offset + sum > payload.length) {
    return `${count} frames of ${sum} bytes in a packet of ${payload.length - offset}`;
  }
  return { sizes, offset };
}

/** The n-th of headers of 13 bits without padding between them. */
function bareSize(payload: Buffer, n: number): number {
  const bit = 16 + BARE_BITS * n;
  const at = bit >> 3;
  // 13 bits touch at most three bytes.
  const window = (payload[at]! << 16) | ((payload[at + 1] ?? 0) << 8) | (payload[at + 2] ?? 0);
  return (window >> (24 - BARE_BITS - (bit & 7))) & 0x1fff;
}
