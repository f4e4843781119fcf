import { memoryOf, offsetOf, viewOf } from '../buffer-view.js';
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

/** Fragments of one NAL unit that lie close together in memory. */
interface Run {
  readonly memory: ArrayBufferLike;
  readonly start: number;
  end: number;
  /** Which part of the NAL unit its first fragment is. */
  readonly first: number;
}

/**
 * Looks for what {@link hasStartCode} finds in a NAL unit in fragments, across their borders too, and for a zero at its end.
 *
 * A native search costs as much to call as to search a packet's bytes. The fragments of one chunk lie close together in its memory,
 * so a whole run of them is searched at once; what is found between two fragments is passed over.
 */
export class FragmentScan {
  private runs: Run[] = [];
  private last: Run | undefined;

  /** Tells of the next fragment, at least one byte, that will be the NAL unit's part number `index`. */
  add(fragment: Buffer, index: number): void {
    const { last } = this;
    const memory = memoryOf(fragment);
    const start = offsetOf(fragment);
    const end = start + fragment.length;
    if (last !== undefined && last.memory === memory && start >= last.end && start - last.end <= MAX_GAP) {
      last.end = end;
    } else {
      this.last = { memory, start, end, first: index };
      this.runs.push(this.last);
    }
  }

  /** Tells of the fragments behind the last one up to this one, each close behind the one before. */
  extend(fragment: Buffer): void {
    this.last!.end = offsetOf(fragment) + fragment.length;
  }

  /** Ends the NAL unit, whose parts are these, and begins the next. Tells whether it cannot be taken as it is. */
  finish(parts: readonly Buffer[]): boolean {
    const { runs } = this;
    this.reset();
    for (const run of runs) if (isSuspicious(run, parts)) return true;
    // Behind the search, which has fetched the bytes from memory one behind the other.
    return hasZeroBorder(parts);
  }

  /** Forgets what was added. */
  reset(): void {
    this.runs = [];
    this.last = undefined;
  }
}

function isSuspicious({ memory, start, end, first }: Run, parts: readonly Buffer[]): boolean {
  const bytes = viewOf(memory, start, end - start);
  let at = first;
  for (let pair = bytes.indexOf(ZERO_PAIR); pair >= 0; pair = bytes.indexOf(ZERO_PAIR, pair + 1)) {
    const position = start + pair;
    while (parts[at]!.byteOffset + parts[at]!.length <= position) at++;
    const fragment = parts[at]!;
    const inside = position - fragment.byteOffset;
    if (inside < 0 || inside + 1 >= fragment.length) continue; // reaches into the gap
    if (!isHarmless(fragment[inside + 2])) return true;
  }
  return false;
}

/** Whether a zero pair lies across a border, or a zero at the end. */
function hasZeroBorder(parts: readonly Buffer[]): boolean {
  let endsInZero = false;
  for (const part of parts) {
    if (endsInZero && part[0] === 0) return true;
    endsInZero = part[part.length - 1] === 0;
  }
  return endsInZero;
}
