import type { AccessUnit, NalUnit } from '../items.js';
import { isVcl, startsPicture } from './h264-nal.js';

/** How long a random access point is waited for, in ns of receive time. */
const PATIENCE_NS = 10_000_000_000n;

/** Answer of {@link StartGate.admit}. */
export type Admission = 'no' | 'yes' | 'gave-up-waiting';

/**
 * Decides which access units are recorded: from the start on all that have a picture, since delimiters and fillers alone are no
 * sample. The start is the first access unit with known parameter sets at which decoding can start, whole from its first slice on;
 * if none comes within 10 s, the next unit that has parameter sets. Depends on the units alone, so that two stages that see the
 * same units decide alike.
 */
export class StartGate {
  private started = false;
  private since: bigint | undefined;

  admit(unit: AccessUnit): Admission {
    const slice = firstSlice(unit.nalUnits);
    if (this.started) return slice === undefined ? 'no' : 'yes';
    const isFirst = this.since === undefined;
    this.since ??= unit.recvLast;
    if (unit.parameters === undefined || slice === undefined) return 'no';
    // Only the stream's first unit can lack its beginning unnoticed: the server may have joined us in mid-picture.
    if (unit.randomAccess !== 'none' && !(isFirst && !startsPicture(slice))) {
      this.started = true;
      return 'yes';
    }
    if (unit.recvLast - this.since! < PATIENCE_NS) return 'no';
    this.started = true;
    return 'gave-up-waiting';
  }
}

function firstSlice(nalUnits: readonly NalUnit[]): NalUnit | undefined {
  for (const nal of nalUnits) if (isVcl(nal.type)) return nal;
  return undefined;
}
