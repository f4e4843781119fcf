/** Numbers in a block; a power of two. */
const BLOCK = 4096;

type Block = Uint8Array | Uint32Array | Int32Array;

/** A list of numbers of one width that grows without copying what it holds. Blocks of equal numbers take no room. */
export class Column {
  /** A block is a single number as long as all of its numbers are that one. */
  private readonly blocks: (Block | number)[] = [];
  private count = 0;

  /** @param BlockType what the numbers are kept in */
  constructor(private readonly BlockType: new (length: number) => Block) {}

  get length(): number {
    return this.count;
  }

  /** The number at `index`, which is below {@link length}. */
  get(index: number): number {
    const block = this.blocks[Math.floor(index / BLOCK)]!;
    return typeof block === 'number' ? block : block[index % BLOCK]!;
  }

  push(value: number): void {
    const index = this.count++;
    const within = index % BLOCK;
    if (within === 0) {
      this.blocks.push(value);
      return;
    }
    const at = this.blocks.length - 1;
    const block = this.blocks[at]!;
    if (typeof block !== 'number') {
      block[within] = value;
    } else if (block !== value) {
      const numbers = new this.BlockType(BLOCK).fill(block, 0, within);
      numbers[within] = value;
      this.blocks[at] = numbers;
    }
  }
}
