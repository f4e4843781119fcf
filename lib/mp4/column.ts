/** Numbers in a block; a power of two. */
const BLOCK = 4096;

type Block = Uint8Array | Uint32Array | Int32Array;

/** A list of numbers of one width that grows without copying what it holds. Blocks of zeros take no room. */
export class Column {
  private readonly blocks: (Block | undefined)[] = [];
  private count = 0;

  /** @param BlockType what the numbers are kept in */
  constructor(private readonly BlockType: new (length: number) => Block) {}

  get length(): number {
    return this.count;
  }

  /** The number at `index`, which is below {@link length}. */
  get(index: number): number {
    return this.blocks[Math.floor(index / BLOCK)]?.[index % BLOCK] ?? 0;
  }

  push(value: number): void {
    const index = this.count++;
    if (value === 0) return;
    const at = Math.floor(index / BLOCK);
    let block = this.blocks[at];
    if (block === undefined) {
      block = new this.BlockType(BLOCK);
      this.blocks[at] = block;
    }
    block[index % BLOCK] = value;
  }
}
