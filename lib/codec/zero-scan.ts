import { ZERO_PAIR } from './h264-nal.js';

/** Bytes between two fragments in one chunk of a connection: framing, RTP header with some extension, FU header. */
const MAX_GAP = 64;

/** Whether bytes hold a start code, a forbidden sequence, or the beginning of one of them at their end. */
export function hasStartCode(data: Buffer): boolean {
  for (let at = data.indexOf(ZERO_PAIR); at >= 0; at = data.indexOf(ZERO_PAIR, at + 3)) {
    if (!isHarmless(data[at + 2])) return true;
  }
  return false;
}

/**
 * Whether a zero pair can stand in a NAL unit, by what follows: 3, which is an emulation prevention's, or more, before which none is
 * needed (7.4.1).
 *
 * @param after undefined if that is not known
 */
function isHarmless(after: number | undefined): boolean {
  return after !== undefined && after >= 3;
}

/**
 * The same for a NAL unit in fragments, across their borders too, and whether it ends in zero.
 *
 * A native search costs as much to call as to search a packet's bytes. The fragments of one chunk lie close together in its memory,
 * so a whole run of them is searched at once; what is found between two fragments is passed over.
 */
export function needsSplitting(fragments: readonly Buffer[]): boolean {
  let endsInZero = false;
  for (let from = 0; from < fragments.length; ) {
    const { buffer, byteOffset } = fragments[from]!;
    let to = from;
    let end = byteOffset;
    while (to < fragments.length) {
      const fragment = fragments[to]!;
      const gap = fragment.byteOffset - end;
      if (fragment.buffer !== buffer || gap < 0 || gap > MAX_GAP) break;
      if (endsInZero && fragment[0] === 0) return true;
      endsInZero = fragment[fragment.length - 1] === 0;
      end += gap + fragment.length;
      to++;
    }
    if (runNeedsSplitting(fragments, from, Buffer.from(buffer, byteOffset, end - byteOffset))) return true;
    from = to;
  }
  return endsInZero;
}

/** @param run memory from the first byte of fragment `at` on */
function runNeedsSplitting(fragments: readonly Buffer[], at: number, run: Buffer): boolean {
  const origin = run.byteOffset;
  for (let pair = run.indexOf(ZERO_PAIR); pair >= 0; pair = run.indexOf(ZERO_PAIR, pair + 1)) {
    const position = origin + pair;
    while (fragments[at]!.byteOffset + fragments[at]!.length <= position) at++;
    const fragment = fragments[at]!;
    const inside = position - fragment.byteOffset;
    if (inside < 0 || inside + 1 >= fragment.length) continue; // reaches into the gap
    if (!isHarmless(fragment[inside + 2])) return true;
  }
  return false;
}
