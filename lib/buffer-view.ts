/**
 * Views of a Buffer as `subarray` makes them, in a third of its time, for what is done with every packet.
 *
 * Most of what `subarray` takes is asking the typed array for its memory and for its place there. Packets are taken apart from the
 * outside in, each view at once after the one around it, and one packet after another out of the same read: so what was said of the last
 * view is kept, and of what it was taken from.
 */

type ViewConstructor = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;

/** What makes a Buffer's views, in `subarray` too (ECMA-262 sections 23.2.2.4, 23.2.4.1). */
const View = (Buffer as unknown as { readonly [Symbol.species]: ViewConstructor })[Symbol.species];

let last: Buffer = Buffer.alloc(0);
let lastMemory: ArrayBufferLike = last.buffer;
let lastOffset = last.byteOffset;
/** What a view was made of last that was not the last view: the bytes of a read, of which many packets are taken. */
let base = last;
let baseMemory = lastMemory;
let baseOffset = lastOffset;

/** A view of `length` bytes of `memory` from its byte `offset` on. */
export function viewOf(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  last = new View(memory, offset, length);
  lastMemory = memory;
  lastOffset = offset;
  return last;
}

/** The same as `data.subarray(start, end)`, where 0 ≤ start ≤ end ≤ length. */
export function subview(data: Buffer, start: number, end: number): Buffer {
  if (data !== last) {
    if (data !== base) {
      base = data;
      baseMemory = data.buffer;
      baseOffset = data.byteOffset;
    }
    return viewOf(baseMemory, baseOffset + start, end - start);
  }
  lastOffset += start;
  last = new View(lastMemory, lastOffset, end - start);
  return last;
}

/** The same as `data.buffer`. */
export function memoryOf(data: Buffer): ArrayBufferLike {
  return data === last ? lastMemory : data.buffer;
}

/** The same as `data.byteOffset`. */
export function offsetOf(data: Buffer): number {
  return data === last ? lastOffset : data.byteOffset;
}
