import type { OnReadOpts, Socket } from 'node:net';
import { viewOf } from '../buffer-view.js';

/** Bytes asked of the kernel at a time, as many as Node asks for by itself. */
export const READ_SIZE = 64 * 1024;
/** Bytes of a block that several reads share. */
const BLOCK_SIZE = 16 * READ_SIZE;

/**
 * How to read a TCP socket whose bytes are kept. By itself Node takes 64 KiB of memory for each read and has them cut to what came,
 * which for a camera that sends a picture at a time is most of what a read costs. Here each read goes behind the one before, into
 * blocks, and nothing is written to these twice.
 *
 * @param socket emits what has been read as `data`, as it would otherwise
 */
export function readIntoBlocks(socket: () => Socket): OnReadOpts {
  let block = Buffer.allocUnsafeSlow(BLOCK_SIZE).buffer;
  let used = 0;
  return {
    /** Is asked for the memory of the next read. */
    buffer() {
      if (used + READ_SIZE > BLOCK_SIZE) {
        block = Buffer.allocUnsafeSlow(BLOCK_SIZE).buffer;
        used = 0;
      }
      return viewOf(block, used, READ_SIZE);
    },
    callback(length) {
      const data = viewOf(block, used, length);
      used += length;
      const reader = socket();
      // Where nobody listens yet it waits with what the socket holds for its reader.
      if (!reader.emit('data', data)) reader.unshift(data);
      return true;
    },
  };
}
