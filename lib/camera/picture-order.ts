import { BitReader, BitstreamEnd } from '../codec/bit-reader.js';
import { isVcl, NAL, nalBytes } from '../codec/h264-nal.js';
import type { NalUnit } from '../items.js';

/** What of an SPS the start of a slice header depends on. */
interface OrderSyntax {
  readonly separateColourPlanes: boolean;
  readonly frameNumBits: number;
  /** 0 where the picture order is not sent (types 1 and 2). */
  readonly orderBits: number;
  readonly frameMbsOnly: boolean;
}

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
  const syntaxes = orderSyntaxes(parameterSets);
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
    const found = slice && orderLsb(slice, syntaxes);
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

/** The syntax that applies to each pic_parameter_set_id. */
function orderSyntaxes(nalUnits: readonly NalUnit[]): Map<number, OrderSyntax> {
  const bySps = new Map<number, OrderSyntax>();
  const spsOfPps = new Map<number, number>();
  for (const nal of nalUnits) {
    if (nal.type !== NAL.sps && nal.type !== NAL.pps) continue;
    const reader = new BitReader(nalBytes(nal), 1);
    readOrNothing(() => {
      if (nal.type === NAL.pps) spsOfPps.set(reader.ue(), reader.ue());
      else bySps.set(...readSps(reader));
    });
  }
  const byPps = new Map<number, OrderSyntax>();
  for (const [pps, sps] of spsOfPps) {
    const syntax = bySps.get(sps);
    if (syntax !== undefined) byPps.set(pps, syntax);
  }
  return byPps;
}

/** The slice header's pic_order_cnt_lsb and its range (section 7.3.3); undefined if it has none. */
function orderLsb(
  slice: NalUnit,
  syntaxes: ReadonlyMap<number, OrderSyntax>,
): { lsb: number; range: number } | undefined {
  const reader = new BitReader(nalBytes(slice).subarray(0, HEADER_BYTES), 1);
  return readOrNothing(() => {
    reader.ue(); // first_mb_in_slice
    reader.ue(); // slice_type
    const syntax = syntaxes.get(reader.ue());
    if (syntax === undefined || syntax.orderBits === 0) return undefined;
    if (syntax.separateColourPlanes) reader.skip(2);
    reader.skip(syntax.frameNumBits);
    if (!syntax.frameMbsOnly && reader.flag()) reader.skip(1); // field_pic_flag, bottom_field_flag
    if (slice.type === NAL.idr) reader.ue(); // idr_pic_id
    return { lsb: reader.bits(syntax.orderBits), range: 2 ** syntax.orderBits };
  });
}

/** Section 7.3.2.1.1 up to frame_mbs_only_flag. */
function readSps(reader: BitReader): [id: number, OrderSyntax] {
  const profile = reader.bits(8);
  reader.skip(16); // constraint flags, level_idc
  const id = reader.ue();
  let separateColourPlanes = false;
  if (HIGH_PROFILES.has(profile)) {
    const chroma = reader.ue();
    if (chroma === 3) separateColourPlanes = reader.flag();
    reader.ue(); // bit depths
    reader.ue();
    reader.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) skipScalingLists(reader, chroma === 3 ? 12 : 8);
  }
  const frameNumBits = reader.ue() + 4;
  const type = reader.ue();
  const orderBits = type === 0 ? reader.ue() + 4 : 0;
  if (frameNumBits > 16 || orderBits > 16) throw new BitstreamEnd();
  if (type !== 0) return [id, { separateColourPlanes, frameNumBits, orderBits, frameMbsOnly: true }];
  reader.ue(); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  reader.ue(); // size in macroblocks
  reader.ue();
  return [id, { separateColourPlanes, frameNumBits, orderBits, frameMbsOnly: reader.flag() }];
}

const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 134, 135, 138, 139]);

/** Section 7.3.2.1.1.1. */
function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    for (let left = list < 6 ? 16 : 64; left > 0; left--) {
      last = (last + reader.se() + 256) % 256;
      if (last === 0) break;
    }
  }
}

function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BitstreamEnd) return undefined;
    throw error;
  }
}
