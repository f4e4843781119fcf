import { BitReader } from './bit-reader.js';
import { NAL } from './h264-nal.js';
import { parseSps, type SpsInfo } from './h264-sps.js';

/** The H.264 parameter sets in force. Replaced as a whole when one changes, so that identity tells a change. */
export interface H264Parameters {
  /** Sequence parameter sets by id, NAL header included, no trailing zeros; the active one is `info`'s. At least one. */
  readonly sps: readonly Buffer[];
  /** Picture parameter sets by id; at least one. */
  readonly pps: readonly Buffer[];
  /** The sequence parameter set that came last, parsed. */
  readonly info: SpsInfo;
}

/** What {@link ParameterSets.update} found. */
export interface ParameterUpdate {
  readonly changed: boolean;
  /** What was wrong with a set that was therefore left out. */
  readonly problems: readonly string[];
}

/** Largest SPS or PPS in bytes: what the 16-bit length in avcC can say. */
const MAX_PARAMETER_SET = 0xffff;

/**
 * Collects a stream's parameter sets: one of each id, the last wins (Q128, Q129). A new SPS of a known id voids the picture
 * parameter sets only if new ones come along with it.
 */
export class ParameterSets {
  private sps = new Map<number, Buffer>();
  private pps = new Map<number, Buffer>();
  private info: SpsInfo | undefined;
  private value: H264Parameters | undefined;
  private warnedTrailing = false;

  /** The sets in force; undefined until an SPS and a PPS are known. */
  get current(): H264Parameters | undefined {
    return this.value;
  }

  private isKnown(unit: Buffer): boolean {
    return this.value !== undefined && [...this.value.sps, ...this.value.pps].some((known) => known.equals(unit));
  }

  /**
   * Takes the parameter sets of one access unit, or of the SDP.
   *
   * @param units NAL units of type 7 and 8 in order; others are passed over
   */
  update(units: readonly Buffer[]): ParameterUpdate {
    const problems: string[] = [];
    const newSps: [SpsInfo, Buffer][] = [];
    const newPps: [number, Buffer][] = [];
    const repeatedPps: [number, Buffer][] = [];
    for (const unit of units) {
      const type = unit[0]! & 0x1f;
      if (unit.length > MAX_PARAMETER_SET) {
        problems.push(`parameter set of ${unit.length} bytes is longer than the cap of ${MAX_PARAMETER_SET}: ignored`);
      } else if (this.isKnown(unit)) {
        // Most cameras repeat their sets at every key frame.
        if (type === NAL.pps) repeatedPps.push([ppsId(unit)!, unit]);
      } else if (type === NAL.sps) {
        const info = parseSps(unit);
        if (info === undefined) problems.push('SPS cannot be decoded: ignored');
        else newSps.push([info, Buffer.from(unit)]);
        if (info?.trailingBytes && !this.warnedTrailing) {
          this.warnedTrailing = true;
          problems.push('SPS has bytes behind its end: passed over (said once)');
        }
      } else if (type === NAL.pps) {
        const id = ppsId(unit);
        if (id === undefined) problems.push('PPS cannot be decoded: ignored');
        else newPps.push([id, Buffer.from(unit)]);
      }
    }
    if (newSps.length === 0 && newPps.length === 0) return { changed: false, problems };
    const knownPps = new Set(this.pps.keys());
    if (newSps.some(([info]) => this.sps.has(info.id)) && newPps.length > 0) {
      this.pps.clear();
      for (const [id, unit] of repeatedPps) this.pps.set(id, Buffer.from(unit));
    }
    for (const [info, unit] of newSps) {
      this.sps.set(info.id, unit);
      this.info = info;
    }
    for (const [id, unit] of newPps) {
      if (this.pps.size > 0 && !this.pps.has(id) && !knownPps.has(id))
        problems.push(`another PPS, with id ${id}: both are kept`);
      this.pps.set(id, unit);
    }
    if (this.info === undefined || this.pps.size === 0) return { changed: false, problems };
    this.value = { sps: byId(this.sps), pps: byId(this.pps), info: this.info };
    return { changed: true, problems };
  }
}

function byId(sets: ReadonlyMap<number, Buffer>): Buffer[] {
  return [...sets].sort(([a], [b]) => a - b).map(([, unit]) => unit);
}

/** pic_parameter_set_id, 0–255 (ISO/IEC 14496-10 section 7.3.2.2). */
function ppsId(pps: Buffer): number | undefined {
  try {
    const id = new BitReader(pps, 1).ue();
    return id <= 255 ? id : undefined;
  } catch {
    return undefined;
  }
}
