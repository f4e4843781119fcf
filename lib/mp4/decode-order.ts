/** Largest reorder depth that H.264 allows (ISO/IEC 14496-10 section A.3.1, MaxDpbFrames). */
const MAX_DEPTH = 16;

/**
 * Gives decode times to frames that come in decode order with presentation times: the i-th decode time is the i-th smallest
 * presentation time. It is final once as many further frames have come as may be reordered.
 *
 * The depth starts at what the SPS says, else at 0, and grows when time steps back further than that; the decode times around such
 * a step are then later than they would have been, never decreasing, and presentation times stay exact.
 */
export class DecodeOrder {
  /** Presentation times not yet given out as decode times, ascending. */
  private readonly pending: number[] = [];
  /** The presentation times of the last frames, newest last. */
  private readonly recent: number[] = [];
  private last = Number.NEGATIVE_INFINITY;

  constructor(private depth: number) {}

  /** Raises the depth; for a new SPS. */
  raise(depth: number): void {
    this.depth = Math.min(MAX_DEPTH, Math.max(this.depth, depth));
  }

  /**
   * Takes the next frame's presentation time.
   *
   * @returns the decode time of the oldest frame that has none yet, or undefined if more frames are needed
   */
  add(presentationTime: number): number | undefined {
    let ahead = 0;
    for (const time of this.recent) if (time > presentationTime) ahead++;
    if (ahead > 0) this.raise(ahead);
    if (this.recent.push(presentationTime) > MAX_DEPTH) this.recent.shift();
    const { pending } = this;
    let at = pending.push(presentationTime) - 1;
    for (; at > 0 && pending[at - 1]! > presentationTime; at--) pending[at] = pending[at - 1]!;
    pending[at] = presentationTime;
    return pending.length > this.depth ? this.next() : undefined;
  }

  /** The next decode time at the end of the stream; undefined when each frame has one. */
  flush(): number | undefined {
    return this.pending.length > 0 ? this.next() : undefined;
  }

  private next(): number {
    this.last = Math.max(this.last, this.pending.shift()!);
    return this.last;
  }
}
