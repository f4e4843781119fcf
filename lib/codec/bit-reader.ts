/** Thrown when a bit string ends before its syntax does; never leaves the codec modules. */
export class BitstreamEnd extends Error {
  constructor() {
    super('bit string ended early');
  }
}

/**
 * Reads an RBSP bit by bit (ISO/IEC 14496-10 sections 7.2, 9.1), dropping emulation prevention bytes (7.4.1) on the way.
 */
export class BitReader {
  private byte = 0;
  private bitsLeft = 0;
  private zeros = 0;

  /** @param data NAL unit; @param offset first byte to read, behind the NAL header */
  constructor(
    private readonly data: Uint8Array,
    private offset: number,
  ) {}

  /** One bit. */
  bit(): number {
    if (this.bitsLeft === 0) this.load();
    this.bitsLeft--;
    return (this.byte >> this.bitsLeft) & 1;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** u(n), n ≤ 32. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    for (let i = 0; i < count; i++) this.bit();
  }

  /** ue(v), at most 2^32 - 2. */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      if (++zeros > 32) throw new BitstreamEnd();
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  private load(): void {
    let byte = this.data[this.offset++];
    if (byte === 3 && this.zeros >= 2) {
      byte = this.data[this.offset++];
      this.zeros = 0;
    }
    if (byte === undefined) throw new BitstreamEnd();
    this.zeros = byte === 0 ? this.zeros + 1 : 0;
    this.byte = byte;
    this.bitsLeft = 8;
  }
}
