import { viewOf } from './buffer-view.js';
import { allocateBlock } from './shared-block.js';

/** Bytes of a block, as of a read of the socket. */
const BLOCK = 65_536;
/** Above this size memory is allocated by itself. */
const LARGEST = BLOCK / 4;
const ALIGNMENT = 8;

let block: ArrayBufferLike = new ArrayBuffer(0);
let used = 0;

/**
 * Memory that is not cleared, out of blocks of 64 KiB. `Buffer.allocUnsafe` does the same with blocks of 8 KiB (Node 20), which hold
 * five packets, and each of which costs as much as five packets' whole way through the stages.
 */
export function allocateSmall(bytes: number): Buffer {
  if (bytes > LARGEST) return Buffer.allocUnsafeSlow(bytes);
  if (used + bytes > block.byteLength) {
    block = allocateBlock(BLOCK);
    used = 0;
  }
  const data = viewOf(block, used, bytes);
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return data;
}
