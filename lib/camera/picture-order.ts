import { BitReader, BitstreamEnd } from '../codec/bit-reader.js';
import { isVcl, NAL, nalBytes } from '../codec/h264-nal.js';
import { parseSps, type SpsInfo } from '../codec/h264-sps.js';
import type { NalUnit } from '../items.js';

/** Bytes of a slice that are sure to hold the header up to pic_order_cnt_lsb. */
const HEADER_BYTES = 64;

/**
 * The order in which access units are shown: entry i is the position of the i-th one among all, counted from 0.
 *
 * Follows pic_order_cnt_type 0 (ISO/IEC 14496-10 section 8.2.1.1), the one that encoders with reordering use; with the other
 * types, or where a parameter set is missing or damaged, pictures count as shown in the order sent.
 *
 * @param parameterSets NAL units among which the sequence and picture parameter sets are; the last of each id counts
 */
export function presentationOrder(
  accessUnits: readonly (readonly NalUnit[])[],
  parameterSets: readonly NalUnit[],
): number[] {
  const spsOf = spsByPps(parameterSets);
  const keys: { index: number; sequence: number; order: number }[] = [];
  let sequence = 0;
  let previousLsb = 0;
  let previousMsb = 0;
  accessUnits.forEach((unit, index) => {
    const slice = unit.find((nal) => isVcl(nal.type));
    const idr = slice?.type === NAL.idr;
    if (idr) {
      sequence++;
      previousLsb = 0;
      previousMsb = 0;
    }
    const found = slice && orderLsb(slice, spsOf);
    if (found === undefined) {
      // Not told: right behind everything before it.
      sequence++;
      keys.push({ index, sequence, order: 0 });
      return;
    }
    const { lsb, range } = found;
    let msb = previousMsb;
    if (lsb < previousLsb && previousLsb - lsb >= range / 2) msb += range;
    else if (lsb > previousLsb && lsb - previousLsb > range / 2) msb -= range;
    if (slice!.refIdc !== 0) {
      previousLsb = lsb;
      previousMsb = msb;
    }
    keys.push({ index, sequence, order: msb + lsb });
  });
  keys.sort((a, b) => a.sequence - b.sequence || a.order - b.order || a.index - b.index);
  const positions = new Array<number>(keys.length);
  keys.forEach(({ index }, position) => {
    positions[index] = position;
  });
  return positions;
}

/** The sequence parameter set that applies to each pic_parameter_set_id. */
function spsByPps(nalUnits: readonly NalUnit[]): Map<number, SpsInfo> {
  const bySps = new Map<number, SpsInfo>();
  const spsOfPps = new Map<number, number>();
  for (const nal of nalUnits) {
    if (nal.type === NAL.sps) {
      const sps = parseSps(nalBytes(nal));
      if (sps !== undefined) bySps.set(sps.id, sps);
    } else if (nal.type === NAL.pps) {
      const reader = new BitReader(nalBytes(nal), 1);
      readOrNothing(() => spsOfPps.set(reader.ue(), reader.ue()));
    }
  }
  const byPps = new Map<number, SpsInfo>();
  for (const [pps, id] of spsOfPps) {
    const sps = bySps.get(id);
    if (sps !== undefined) byPps.set(pps, sps);
  }
  return byPps;
}

/** The slice header's pic_order_cnt_lsb and its range (section 7.3.3); undefined if it has none. */
function orderLsb(
  slice: NalUnit,
  parameterSets: ReadonlyMap<number, SpsInfo>,
): { lsb: number; range: number } | undefined {
  const reader = new BitReader(nalBytes(slice).subarray(0, HEADER_BYTES), 1);
  return readOrNothing(() => {
    reader.ue(); // first_mb_in_slice
    reader.ue(); // slice_type
    const sps = parameterSets.get(reader.ue());
    if (sps === undefined || sps.picOrderCntLsbBits === 0) return undefined;
    if (sps.separateColourPlanes) reader.skip(2);
    reader.skip(sps.frameNumBits);
    if (!sps.frameMbsOnly && reader.flag()) reader.skip(1); // field_pic_flag, bottom_field_flag
    if (slice.type === NAL.idr) reader.ue(); // idr_pic_id
    return { lsb: reader.bits(sps.picOrderCntLsbBits), range: 2 ** sps.picOrderCntLsbBits };
  });
}

function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BitstreamEnd) return undefined;
    throw error;
  }
}
