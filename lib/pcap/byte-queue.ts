const EMPTY = Buffer.alloc(0);

/**
 * Bytes in the order they arrived, taken in pieces of any length. A piece that lies in one chunk is a view of it, others are
 * copied once. Holds what has not been taken, nothing else.
 */
export class ByteQueue {
  private chunks: Buffer[] = [];
  /** Index of the first chunk that has not been taken as a whole; those before it are empty. */
  private head = 0;
  private offset = 0;
  private toSkip = 0;
  private available = 0;
  private taken = 0;

  /** Bytes that can be taken now. */
  get length(): number {
    return this.available;
  }

  /** Bytes that {@link skip} has still to pass over once they arrive. */
  get pendingSkip(): number {
    return this.toSkip;
  }

  /** How many bytes have been taken or skipped since the beginning. */
  get position(): number {
    return this.taken;
  }

  /** Appends bytes; the queue keeps a view of them. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.available += chunk.length;
    if (this.toSkip > 0) this.skip(0);
  }

  /** The next `count` bytes, or undefined while fewer are there. */
  take(count: number): Buffer | undefined {
    if (this.toSkip > 0 || count > this.available) return undefined;
    const first = this.chunks[this.head];
    let data: Buffer;
    if (first === undefined || this.offset + count <= first.length) {
      data = first === undefined ? EMPTY : first.subarray(this.offset, this.offset + count);
      this.advance(count);
      return data;
    }
    data = Buffer.allocUnsafe(count);
    for (let filled = 0; filled < count; ) {
      const copied = this.chunks[this.head]!.copy(data, filled, this.offset, this.offset + count - filled);
      filled += copied;
      this.advance(copied);
    }
    return data;
  }

  /** Passes over `count` bytes, also those that have not arrived yet. */
  skip(count: number): void {
    this.toSkip += count;
    while (this.toSkip > 0 && this.available > 0) {
      const step = Math.min(this.toSkip, this.chunks[this.head]!.length - this.offset);
      this.advance(step);
      this.toSkip -= step;
    }
  }

  private advance(count: number): void {
    this.offset += count;
    this.available -= count;
    this.taken += count;
    if (this.offset !== this.chunks[this.head]?.length) return;
    this.chunks[this.head++] = EMPTY;
    this.offset = 0;
    // Shifting for every chunk would cost quadratic time where chunks are tiny.
    if (this.head * 2 < this.chunks.length) return;
    this.chunks = this.chunks.slice(this.head);
    this.head = 0;
  }
}
