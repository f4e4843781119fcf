import { BitReader, BitstreamEnd } from '../codec/bit-reader.js';
import { NAL } from '../codec/h264-nal.js';
import { FU_A, FU_START, STAP_A } from './h264-packetizer.js';

const RECOVERY_POINT = 6;

/**
 * Whether decoding can start at the access unit that this NAL unit belongs to: it is an IDR slice, or an SEI with a recovery
 * point message (ISO/IEC 14496-10 sections 7.4.1.2.4, D.2.8).
 *
 * @param nal NAL unit with header byte; of an IDR slice its beginning is enough
 */
export function isRandomAccessNal(nal: Buffer): boolean {
  const type = (nal[0] ?? 0) & 0x1f;
  return type === NAL.idr || (type === NAL.sei && hasRecoveryPoint(nal));
}

/** Walks the messages of an SEI NAL unit (section 7.3.2.3.1). */
function hasRecoveryPoint(sei: Buffer): boolean {
  const reader = new BitReader(sei, 1);
  try {
    for (;;) {
      if (codedNumber(reader) === RECOVERY_POINT) return true;
      reader.skip(8 * codedNumber(reader));
    }
  } catch (error) {
    if (error instanceof BitstreamEnd) return false;
    throw error;
  }
}

/** payloadType and payloadSize: each ff adds 255. */
function codedNumber(reader: BitReader): number {
  let value = 0;
  for (;;) {
    const byte = reader.bits(8);
    value += byte;
    if (byte !== 0xff) return value;
  }
}

/**
 * Whether an RTP payload (RFC 6184) holds, or begins, a NAL unit at which decoding can start: on its own, in a STAP-A, or cut into
 * FU-A. The aggregations and fragments that nobody sends (STAP-B, MTAP, FU-B) count as holding none.
 */
export function isRandomAccessPayload(payload: Buffer): boolean {
  switch ((payload[0] ?? 0) & 0x1f) {
    case STAP_A:
      for (let offset = 1; offset + 3 <= payload.length; ) {
        const end = offset + 2 + payload.readUInt16BE(offset);
        if (isRandomAccessNal(payload.subarray(offset + 2, end))) return true;
        offset = end;
      }
      return false;
    case FU_A:
      // An SEI long enough to be cut is not looked into.
      return ((payload[1] ?? 0) & 0x9f) === (FU_START | NAL.idr);
    default:
      return isRandomAccessNal(payload);
  }
}
