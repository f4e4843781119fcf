import { isVcl, NAL, startsPicture } from '../codec/h264-nal.js';
import type { NalUnit } from '../items.js';

/** NAL unit types that end the access unit before them when they follow a slice (ISO/IEC 14496-10 section 7.4.1.2.3). */
const OPENING_TYPES: ReadonlySet<number> = new Set([NAL.sei, NAL.sps, NAL.pps, NAL.aud, NAL.prefix, 15, 16, 17, 18]);

/**
 * Groups the NAL units of a byte stream into access units (ISO/IEC 14496-10 section 7.4.1.2.3). Each field of a field pair is one
 * of its own. A slice whose first macroblock is 0 begins a picture, so arbitrary slice order (Baseline profile only) is not
 * understood. Units before the first slice belong to the first picture, units behind the last slice to the last.
 */
export function groupAccessUnits(nalUnits: readonly NalUnit[]): NalUnit[][] {
  const accessUnits: NalUnit[][] = [];
  let current: NalUnit[] = [];
  let hasSlice = false;
  for (const nal of nalUnits) {
    const slice = isVcl(nal.type);
    const begins = slice ? isPictureStart(nal) : OPENING_TYPES.has(nal.type);
    if (hasSlice && begins) {
      accessUnits.push(current);
      current = [];
      hasSlice = false;
    }
    current.push(nal);
    hasSlice ||= slice;
  }
  if (hasSlice) accessUnits.push(current);
  else accessUnits.at(-1)?.push(...current);
  return accessUnits;
}

/** Partitions B and C start with a slice id instead of a macroblock address, and never begin a picture. */
function isPictureStart(nal: NalUnit): boolean {
  return nal.type !== 3 && nal.type !== NAL.partitionC && startsPicture(nal);
}
