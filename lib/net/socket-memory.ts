import type { OnReadOpts } from 'node:net';
import { viewOf } from '../buffer-view.js';
import { allocateBlock } from '../shared-block.js';
import type { KeptReads } from './kept-reads.js';

/** Bytes asked of the kernel at a time, twice as many as Node asks for by itself. */
export const READ_SIZE = 128 * 1024;
/**
 * A read of so many bytes belongs to a burst, for which the processor stays awake: nothing is gained by keeping it, nor the read behind it,
 * which may be the end of the burst.
 */
export const LONG_READ = 64 * 1024;
/** Bytes of a block that several reads share. */
const BLOCK_SIZE = 8 * READ_SIZE;

/** Takes bytes as they are read. */
export type DataListener = (data: Buffer) => void;

/** Takes bytes that were kept, and when they were read, in Unix ns. */
export type KeptListener = (data: Buffer, recv: bigint) => void;

/**
 * Reads a TCP socket whose bytes are kept. By itself Node takes 64 KiB of memory for each read and has them cut to what came, and takes
 * the bytes through a stream's machinery: that costs much where a camera sends a picture at a time. Here each read goes behind the one
 * before, into blocks, nothing is written to these twice, and the listener is called at once, or after a while: see {@link keep}.
 */
export class BlockReader {
  private block = allocateBlock(BLOCK_SIZE);
  private used = 0;
  private early: Buffer[] = [];
  private listener: DataListener | undefined;
  private kept: KeptReads | undefined;
  private onDue: () => void = () => {};
  private wasLong = false;
  /** Where in the block what is kept begins. */
  private keptFrom = 0;

  /** For `net.connect`: the socket emits no `data` then. */
  readonly onread: OnReadOpts = {
    /** Is asked for the memory of the next read. */
    buffer: () => {
      if (this.used + READ_SIZE > BLOCK_SIZE) {
        this.block = allocateBlock(BLOCK_SIZE);
        this.used = 0;
        this.keptFrom = 0;
      }
      return viewOf(this.block, this.used, READ_SIZE);
    },
    callback: (length) => {
      const { kept, used } = this;
      this.used = used + length;
      if (kept !== undefined) {
        const { wasLong } = this;
        this.wasLong = length >= LONG_READ;
        // What is kept lies in one block.
        if (kept.add(length) || wasLong || this.wasLong || this.used + READ_SIZE > BLOCK_SIZE) this.onDue();
        return true;
      }
      const data = viewOf(this.block, used, length);
      this.keptFrom = this.used;
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

  /** Bytes that are kept. */
  get keptBytes(): number {
    return this.used - this.keptFrom;
  }

  /** From now on the listener is not called, but what is read is kept for {@link takeKept}, which has to be called when `onDue` is. */
  keep(reads: KeptReads, onDue: () => void): void {
    this.kept = reads;
    this.onDue = onDue;
  }

  /** Gives out what is kept, in order. */
  takeKept(listener: KeptListener): void {
    this.kept?.take((length, recv) => {
      const data = viewOf(this.block, this.keptFrom, length);
      this.keptFrom += length;
      listener(data, recv);
    });
  }

  /** The listener is called again. What is kept has to be taken before. */
  stopKeeping(): void {
    this.kept = undefined;
  }
}
