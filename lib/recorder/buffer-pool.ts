/** Buffers kept for reuse; as many as may wait to be written and a few more. */
const MAX_FREE = 8;

/**
 * Lends the memory of fragments and takes it back when they have been written. A megabyte a second of fresh memory would cost the
 * garbage collector, and the kernel that has to clear it, more than the muxing.
 */
export class BufferPool {
  private readonly free: Buffer[] = [];
  /** Weak, so that what is never given back is not kept either. */
  private readonly lent = new WeakMap<ArrayBufferLike, Buffer>();

  /** Memory of at least `bytes` bytes. */
  readonly take = (bytes: number): Buffer => {
    const at = this.free.findIndex(({ length }) => length >= bytes);
    const buffer = at < 0 ? Buffer.allocUnsafeSlow(bytes) : this.free.splice(at, 1)[0]!;
    this.lent.set(buffer.buffer, buffer);
    return buffer;
  };

  /** Takes back what `data` is a view of; of anything else nothing becomes. */
  give(data: Buffer): void {
    const buffer = this.lent.get(data.buffer);
    if (buffer === undefined) return;
    this.lent.delete(data.buffer);
    this.free.push(buffer);
    // The oldest go first: fragments that grow leave smaller ones behind.
    if (this.free.length > MAX_FREE) this.free.shift();
  }
}
