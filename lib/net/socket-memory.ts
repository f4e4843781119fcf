import type { OnReadOpts } from 'node:net';
import { viewOf } from '../buffer-view.js';
import { allocateBlock } from '../shared-block.js';

/** Bytes asked of the kernel at a time, twice as many as Node asks for by itself. */
export const READ_SIZE = 128 * 1024;
/** Bytes of a block that several reads share. */
const BLOCK_SIZE = 8 * READ_SIZE;

/** Takes bytes as they are read. */
export type DataListener = (data: Buffer) => void;

/**
 * Reads a TCP socket whose bytes are kept. By itself Node takes 64 KiB of memory for each read and has them cut to what came, and takes
 * the bytes through a stream's machinery: that costs much where a camera sends a picture at a time. Here each read goes behind the one
 * before, into blocks, nothing is written to these twice, and the listener is called at once.
 */
export class BlockReader {
  private block = allocateBlock(BLOCK_SIZE);
  private used = 0;
  private early: Buffer[] = [];
  private listener: DataListener | undefined;

  /** For `net.connect`: the socket emits no `data` then. */
  readonly onread: OnReadOpts = {
    /** Is asked for the memory of the next read. */
    buffer: () => {
      if (this.used + READ_SIZE > BLOCK_SIZE) {
        this.block = allocateBlock(BLOCK_SIZE);
        this.used = 0;
      }
      return viewOf(this.block, this.used, READ_SIZE);
    },
    callback: (length) => {
      const data = viewOf(this.block, this.used, length);
      this.used += length;
      if (this.listener === undefined) this.early.push(data);
      else this.listener(data);
      return true;
    },
  };

  /** Names who takes what is read, and hands over what has come before. */
  listen(listener: DataListener): void {
    this.listener = listener;
    for (const data of this.early.splice(0)) listener(data);
  }
}
