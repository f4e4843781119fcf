import { ZERO_PAIR } from './h264-nal.js';

/** Bytes between two fragments in one chunk of a connection: framing, RTP header with some extension, FU header. */
const MAX_GAP = 64;

/**
 * Whether bytes hold a zero pair that is not surely an emulation prevention's (00 00 03): a start code, a forbidden sequence, or
 * one of them cut off.
 */
export function hasStartCode(data: Buffer): boolean {
  for (let at = data.indexOf(ZERO_PAIR); at >= 0; at = data.indexOf(ZERO_PAIR, at + 3)) {
    if (data[at + 2] !== 3) return true;
  }
  return false;
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
    if (fragment[inside + 2] !== 3) return true;
  }
  return false;
}
