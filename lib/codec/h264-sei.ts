import type { NalUnit } from '../items.js';
import { NAL, nalBytes } from './h264-nal.js';

/** SEI payload types (ISO/IEC 14496-10 section D.1). */
export const SEI_USER_DATA_UNREGISTERED = 5;
const SEI_RECOVERY_POINT = 6;
const EMULATED = Buffer.of(0, 0, 3);

/** One SEI message; `payload` is without emulation prevention bytes. */
export interface SeiMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/**
 * The messages of an SEI NAL unit (section 7.3.2.3.1): type and size in ff-coding (each 0xff adds 255), then the payload. A
 * message cut short ends the list.
 */
export function parseSei(nalUnit: Buffer): SeiMessage[] {
  const nal = withoutEmulation(nalUnit);
  const messages: SeiMessage[] = [];
  let offset = 1;
  // The last byte is rbsp_trailing_bits.
  while (offset + 2 < nal.length) {
    let type = 0;
    let size = 0;
    while (nal[offset] === 0xff) {
      type += 255;
      offset++;
    }
    type += nal[offset++] ?? 0;
    while (nal[offset] === 0xff) {
      size += 255;
      offset++;
    }
    size += nal[offset++] ?? 0;
    if (offset + size > nal.length) break;
    messages.push({ type, payload: nal.subarray(offset, offset + size) });
    offset += size;
  }
  return messages;
}

/** The bytes without emulation prevention (section 7.4.1), which sizes do not count; the same buffer if there is none. */
function withoutEmulation(data: Buffer): Buffer {
  const first = data.indexOf(EMULATED);
  if (first < 0) return data;
  const result = Buffer.allocUnsafe(data.length);
  let length = 0;
  let from = 0;
  for (let at = first; at >= 0; at = data.indexOf(EMULATED, from)) {
    length += data.copy(result, length, from, at + 2);
    from = at + EMULATED.length;
  }
  length += data.copy(result, length, from);
  return result.subarray(0, length);
}

/** Whether an SEI NAL unit says that decoding can start here (section D.2.8). */
export function hasRecoveryPoint(nal: NalUnit): boolean {
  return nal.type === NAL.sei && parseSei(nalBytes(nal)).some((message) => message.type === SEI_RECOVERY_POINT);
}
