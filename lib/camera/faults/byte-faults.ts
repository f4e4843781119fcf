import { FRAME_PREFIX } from '../wire-loop.js';
import type { SeededRandom } from './random.js';

const DOLLAR = 0x24;
const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** Changes single bytes of everything that is sent, framing and answers included, on average one in `every`. */
export class Garbling {
  private untilNext: number;

  constructor(
    private readonly every: number,
    private readonly random: SeededRandom,
  ) {
    this.untilNext = this.distance();
  }

  /** The bytes as they leave; `data` itself is not written to. */
  take(data: Buffer): Buffer {
    let changed: Buffer | undefined;
    while (this.untilNext < data.length) {
      changed ??= Buffer.from(data);
      changed[this.untilNext]! ^= 1 + this.random.below(255);
      this.untilNext += this.distance();
    }
    this.untilNext -= data.length;
    return changed ?? data;
  }

  private distance(): number {
    return 1 + this.random.below(2 * this.every - 1);
  }
}

/** Cuts data into pieces of 1 to `most` bytes. */
export function cutPieces(data: Buffer, most: number, random: SeededRandom): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < data.length; ) {
    const end = offset + 1 + random.below(most);
    pieces.push(data.subarray(offset, end));
    offset = end;
  }
  return pieces;
}

/** Cuts data within each frame's four bytes before the packet, and a message within its start line and its blank line. */
export function cutHeaders(data: Buffer, random: SeededRandom): readonly Buffer[] {
  const cuts: number[] = [];
  if (data[0] === DOLLAR) {
    for (let offset = 0; offset + FRAME_PREFIX <= data.length; ) {
      cuts.push(offset + 1 + random.below(FRAME_PREFIX - 1));
      offset += FRAME_PREFIX + data.readUInt16BE(offset + 2);
    }
  } else {
    cuts.push(Math.min(data.length, 1 + random.below(8)));
    const end = data.indexOf(EMPTY_LINE, cuts[0]);
    if (end >= 0) cuts.push(end + 1 + random.below(3));
  }
  return cuts.map((cut, i) => data.subarray(cuts[i - 1] ?? 0, cut)).concat(data.subarray(cuts.at(-1) ?? 0));
}
