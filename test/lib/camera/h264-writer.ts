/** Writes RBSP syntax bit by bit, with emulation prevention (ISO/IEC 14496-10 sections 7.3.1, 9.1). */
class BitWriter {
  private bits = '';

  u(value: number, count: number): this {
    if (count > 0) this.bits += value.toString(2).padStart(count, '0');
    return this;
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    return this.u(0, code.length - 1).u(value + 1, code.length);
  }

  private u0(): string {
    return `${this.bits}1`.padEnd(Math.ceil((this.bits.length + 1) / 8) * 8, '0');
  }

  nal(header: number): Buffer {
    const bytes = [header];
    let zeros = 0;
    for (const octet of this.u0().match(/.{8}/g)!) {
      const byte = Number.parseInt(octet, 2);
      if (zeros >= 2 && byte <= 3) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Buffer.from(bytes);
  }
}

/** What varies in an SPS and the slices that refer to it. */
export interface SyntaxOptions {
  readonly orderType?: 0 | 2;
  /** 4:4:4 with separately coded colour planes. */
  readonly separatePlanes?: boolean;
  /** Field pictures are possible. */
  readonly fields?: boolean;
}

/** An SPS of 64×64 with a 4-bit frame_num and, with type 0, a 4-bit picture order. */
export function sps(options: SyntaxOptions & { id?: number; frameNumBits?: number } = {}): Buffer {
  const { id = 0, orderType = 0, frameNumBits = 4, separatePlanes = false, fields = false } = options;
  const writer = new BitWriter()
    .u(separatePlanes ? 244 : 77, 8)
    .u(0, 8)
    .u(30, 8)
    .ue(id);
  if (separatePlanes) writer.ue(3).u(1, 1).ue(0).ue(0).u(0, 1).u(0, 1);
  writer.ue(frameNumBits - 4).ue(orderType);
  if (orderType === 0) writer.ue(0);
  writer
    .ue(4)
    .u(0, 1)
    .ue(3)
    .ue(fields ? 1 : 3);
  if (fields) writer.u(0, 1).u(0, 1);
  else writer.u(1, 1);
  return writer.u(1, 1).u(0, 1).u(0, 1).nal(0x67);
}

export function pps(id = 0, spsId = 0): Buffer {
  return new BitWriter().ue(id).ue(spsId).u(0b00, 2).ue(0).ue(0).ue(0).u(0, 3).nal(0x68);
}

/** The start of a slice, with what follows it filled up to `size` bytes. */
export function slice(
  kind: 'idr' | 'ref' | 'disposable',
  order: number,
  options: SyntaxOptions & { firstMb?: number; size?: number } = {},
): Buffer {
  const { firstMb = 0, size = 12, orderType = 0, separatePlanes = false, fields = false } = options;
  const writer = new BitWriter().ue(firstMb).ue(7).ue(0);
  if (separatePlanes) writer.u(2, 2);
  writer.u(0, 4);
  if (fields) writer.u(0b11, 2);
  if (kind === 'idr') writer.ue(0);
  if (orderType === 0) writer.u(order & 15, 4);
  const start = writer.nal(kind === 'idr' ? 0x65 : kind === 'ref' ? 0x41 : 0x01);
  return Buffer.concat([start, Buffer.alloc(Math.max(0, size - start.length), 0xaa)]);
}

export const AUD = Buffer.from('09f0', 'hex');
/** A recovery point behind another message. */
export const RECOVERY_SEI = Buffer.from('06' + '0401ff' + '060184' + '80', 'hex');
export const OTHER_SEI = Buffer.from('0605020606' + '80', 'hex');

/** Joins NAL units with start codes of three and four bytes. */
export function annexB(...nalUnits: Buffer[]): Buffer {
  return Buffer.concat(nalUnits.flatMap((nal, i) => [Buffer.from(i % 2 ? '000001' : '00000001', 'hex'), nal]));
}
