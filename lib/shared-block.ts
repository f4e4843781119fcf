import { markAsUntransferable } from 'node:worker_threads';

/**
 * Memory, not cleared, of which many views will be made. As with the pool of `Buffer.allocUnsafe`, whoever has one of them can post it to
 * another thread, but not take the memory away from all the others by that: naming it as to be transferred makes a copy (Node 20) or fails.
 */
export function allocateBlock(bytes: number): ArrayBufferLike {
  const block = Buffer.allocUnsafeSlow(bytes).buffer;
  markAsUntransferable(block);
  return block;
}
