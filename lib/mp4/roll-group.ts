import { fullBox, u16, u32 } from './box.js';

const ROLL = Buffer.from('roll');
/** A frame of AAC is right only behind the decoded one before it. */
const ROLL_DISTANCE = -1;

/**
 * `sgpd` of AAC (ISO/IEC 14496-12 sections 8.9.3, 10.1): the one description, of which group 1 is: decode one frame ahead. For `stbl`,
 * also where all samples are in fragments.
 */
export function rollDescription(): Buffer {
  return fullBox('sgpd', 1, 0, ROLL, u32(2, 1), u16(ROLL_DISTANCE & 0xffff));
}

/**
 * `sbgp` that puts samples into that group (section 8.9.2). For `stbl` behind {@link rollDescription}, and for each `traf`.
 *
 * @param samples all samples of the track or of the fragment, at least 1
 */
export function rollSamples(samples: number): Buffer {
  return fullBox('sbgp', 0, 0, ROLL, u32(1, samples, 1));
}
