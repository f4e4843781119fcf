/**
 * An interleaved frame where it lies among the bytes that were received with it: what an `interleaved` item says, without an item and a
 * view made for each. One object serves for frame after frame, so that it tells of one only during the call that it is given to.
 */
export interface FrameInPlace {
  channel: number;
  /** What the frame's payload lies in, from `start` up to `end`. */
  data: Buffer;
  start: number;
  end: number;
  /** Offset of the frame's first byte (`$`) in the connection. */
  position: number;
  /** Unix time in ns. */
  recv: bigint;
  waited: boolean;
}

const NOTHING = Buffer.alloc(0);

/** One that tells of nothing yet. */
export function frameInPlace(): FrameInPlace {
  return { channel: 0, data: NOTHING, start: 0, end: 0, position: 0, recv: 0n, waited: false };
}
