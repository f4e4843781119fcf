import type { ByteQueue } from './byte-queue.js';
import { type CapturedPacket, type CaptureFormat, MAX_PACKET } from './captured-packet.js';
import { type ByteOrder, fileHeader, recordHeader } from './layouts.js';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;

/** Byte order and length of a fraction's unit, by the first four bytes; undefined if this is no classic capture. */
export function classicMagic(start: Buffer): { order: ByteOrder; unitNs: number } | undefined {
  for (const order of ['little', 'big'] as const) {
    const magic = order === 'little' ? start.readUInt32LE(0) : start.readUInt32BE(0);
    if (magic === MICROSECONDS) return { order, unitNs: 1000 };
    if (magic === NANOSECONDS) return { order, unitNs: 1 };
  }
  return undefined;
}

/** Classic capture (draft-ietf-opsawg-pcap): one link type, records without padding. The magic has been taken already. */
export class ClassicFormat implements CaptureFormat {
  damage: string | undefined;
  private linkType = -1;
  private record: { timestamp: bigint; capturedLength: number; originalLength: number } | undefined;
  private recordPosition = 0;

  constructor(
    private readonly queue: ByteQueue,
    private readonly order: ByteOrder,
    private readonly unitNs: number,
  ) {}

  next(): CapturedPacket | undefined {
    if (this.damage !== undefined) return undefined;
    if (this.linkType < 0) {
      const rest = this.queue.take(fileHeader.little.span - 4);
      if (rest === undefined) return undefined;
      // The upper half of the field tells the length of the frame check sequence.
      this.linkType = fileHeader[this.order].decode(Buffer.concat([Buffer.alloc(4), rest])).linkType & 0xffff;
    }
    this.record ??= this.nextRecord();
    const { record } = this;
    if (record === undefined) return undefined;
    const data = this.queue.take(record.capturedLength);
    if (data === undefined) return undefined;
    this.record = undefined;
    return { timestamp: record.timestamp, linkType: this.linkType, data, originalLength: record.originalLength };
  }

  truncation(): string | undefined {
    if (this.linkType < 0) return 'the capture ends inside its file header';
    if (this.record === undefined) {
      return this.queue.length === 0
        ? undefined
        : `the capture ends inside a record header at byte ${this.queue.position}`;
    }
    const { length } = this.queue;
    return `the capture ends inside the packet at byte ${this.recordPosition}: ${length} of ${this.record.capturedLength} bytes`;
  }

  private nextRecord(): typeof this.record {
    this.recordPosition = this.queue.position;
    const bytes = this.queue.take(recordHeader.little.span);
    if (bytes === undefined) return undefined;
    const { seconds, fraction, capturedLength, originalLength } = recordHeader[this.order].decode(bytes);
    if (capturedLength > MAX_PACKET) {
      this.damage =
        `the record at byte ${this.recordPosition} claims ${capturedLength} bytes, above the cap of ${MAX_PACKET}: ` +
        'the rest of the capture is left out';
      return undefined;
    }
    const timestamp = BigInt(seconds) * 1_000_000_000n + BigInt(fraction * this.unitNs);
    return { timestamp, capturedLength, originalLength };
  }
}
