import type { ByteQueue } from './byte-queue.js';
import { type CapturedPacket, type CaptureFormat, MAX_PACKET } from './captured-packet.js';
import { type ByteOrder, blockHeader, enhancedPacket, interfaceDescription, optionHeader } from './layouts.js';

/** Type of the Section Header Block, the same in both byte orders: every pcapng file begins with it. */
export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION_TSRESOL = 9;
const OPTION_TSOFFSET = 14;
/** Header and the length repeated at the end. */
const BLOCK_FRAME = 12;
/** Largest block that is looked into: a packet with its options. */
const MAX_BLOCK = MAX_PACKET + 64 * 1024;
/** Interfaces that one section may describe. */
const MAX_INTERFACES = 4096;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerSecond: bigint;
  readonly offsetNs: bigint;
}

/**
 * Next generation capture (draft-ietf-opsawg-pcapng): blocks, each framed by its length. Reads section headers, interface
 * descriptions, enhanced and simple packet blocks; passes over all others. A simple packet has no time: it gets the last one's.
 */
export class PcapngFormat implements CaptureFormat {
  damage: string | undefined;
  private order: ByteOrder = 'little';
  private interfaces: Interface[] = [];
  private timestamp = 0n;
  private block: { type: number; totalLength: number; position: number } | undefined;
  private sectionStart: { lengthBytes: Buffer } | undefined;
  /** True until the first block's header is complete: its type had to be read to recognize the format. */
  private typeTaken = true;

  /** @param queue stands behind the four bytes of the first block's type */
  constructor(private readonly queue: ByteQueue) {}

  next(): CapturedPacket | undefined {
    while (this.damage === undefined) {
      this.block ??= this.nextBlock();
      const { block } = this;
      if (block === undefined) return undefined;
      const bodyLength = block.totalLength - BLOCK_FRAME;
      const isKnown =
        block.type === INTERFACE_DESCRIPTION || block.type === ENHANCED_PACKET || block.type === SIMPLE_PACKET;
      if (!isKnown) {
        // The section header's magic is part of its body and has been taken.
        this.queue.skip(bodyLength + 4 - (block.type === SECTION_HEADER ? 4 : 0));
        this.block = undefined;
        continue;
      }
      if (bodyLength > MAX_BLOCK) {
        this.fail(block.position, `claims ${block.totalLength} bytes, above the cap of ${MAX_BLOCK}`);
        return undefined;
      }
      const body = this.queue.take(bodyLength + 4);
      if (body === undefined) return undefined;
      this.block = undefined;
      const packet = this.read(block.type, body.subarray(0, bodyLength), block.position);
      if (packet !== undefined) return packet;
    }
    return undefined;
  }

  truncation(): string | undefined {
    const missing = this.queue.pendingSkip;
    const isMidway = this.block !== undefined || this.sectionStart !== undefined || this.typeTaken;
    if (!isMidway && missing === 0 && this.queue.length === 0) return undefined;
    return `the capture ends inside a block, at byte ${this.queue.position + this.queue.length}`;
  }

  private nextBlock(): typeof this.block {
    if (this.sectionStart === undefined) {
      const bytes = this.queue.take(this.typeTaken ? 4 : 8);
      if (bytes === undefined) return undefined;
      const header = this.typeTaken ? Buffer.concat([SECTION_HEADER_BYTES, bytes]) : bytes;
      this.typeTaken = false;
      const { type, totalLength } = blockHeader[this.order].decode(header);
      if (type !== SECTION_HEADER) return this.checked(type, totalLength);
      this.sectionStart = { lengthBytes: header };
    }
    // Only the magic tells in which order the length in front of it is.
    const magic = this.queue.take(4);
    if (magic === undefined) return undefined;
    const { lengthBytes } = this.sectionStart;
    this.sectionStart = undefined;
    if (magic.readUInt32LE(0) === BYTE_ORDER_MAGIC) this.order = 'little';
    else if (magic.readUInt32BE(0) === BYTE_ORDER_MAGIC) this.order = 'big';
    else {
      this.fail(this.queue.position - 12, 'is a section header without byte order');
      return undefined;
    }
    this.interfaces = [];
    return this.checked(SECTION_HEADER, blockHeader[this.order].decode(lengthBytes).totalLength);
  }

  private checked(type: number, totalLength: number): typeof this.block {
    const position = this.queue.position - (type === SECTION_HEADER ? 12 : 8);
    if (totalLength < BLOCK_FRAME + (type === SECTION_HEADER ? 16 : 0)) {
      this.fail(position, `claims only ${totalLength} bytes`);
      return undefined;
    }
    // Some writers do not count the padding to four bytes, but all write it.
    return { type, totalLength: totalLength + (-totalLength & 3), position };
  }

  private fail(position: number, what: string): void {
    this.damage = `the block at byte ${position} ${what}: the rest of the capture is left out`;
  }

  private read(type: number, body: Buffer, position: number): CapturedPacket | undefined {
    switch (type) {
      case INTERFACE_DESCRIPTION:
        if (body.length < interfaceDescription.little.span) this.fail(position, 'is too short');
        else if (this.interfaces.length >= MAX_INTERFACES) {
          this.fail(position, `passes the cap of ${MAX_INTERFACES} interfaces`);
        } else this.interfaces.push(readInterface(body, this.order));
        return undefined;
      case ENHANCED_PACKET:
        return this.readEnhanced(body, position);
      default:
        return this.readSimple(body, position);
    }
  }

  private readEnhanced(body: Buffer, position: number): CapturedPacket | undefined {
    const layout = enhancedPacket[this.order];
    if (body.length < layout.span) {
      this.fail(position, 'is too short');
      return undefined;
    }
    const header = layout.decode(body);
    const source = this.interfaces[header.interfaceId];
    if (source === undefined || header.capturedLength > body.length - layout.span) {
      this.fail(position, source === undefined ? `names no known interface` : 'is shorter than its packet');
      return undefined;
    }
    const ticks = (BigInt(header.timestampHigh) << 32n) | BigInt(header.timestampLow);
    this.timestamp = (ticks * 1_000_000_000n) / source.unitsPerSecond + source.offsetNs;
    const data = body.subarray(layout.span, layout.span + header.capturedLength);
    return { timestamp: this.timestamp, linkType: source.linkType, data, originalLength: header.originalLength };
  }

  private readSimple(body: Buffer, position: number): CapturedPacket | undefined {
    const source = this.interfaces[0];
    if (source === undefined || body.length < 4) {
      this.fail(position, source === undefined ? 'comes before any interface' : 'is too short');
      return undefined;
    }
    const originalLength = this.order === 'little' ? body.readUInt32LE(0) : body.readUInt32BE(0);
    const limit = source.snapLength === 0 ? originalLength : Math.min(originalLength, source.snapLength);
    const data = body.subarray(4, 4 + Math.min(limit, body.length - 4));
    return { timestamp: this.timestamp, linkType: source.linkType, data, originalLength };
  }
}

const SECTION_HEADER_BYTES = Buffer.from([0x0a, 0x0d, 0x0d, 0x0a]);

/** Reads an interface's link type and the unit of its times (if_tsresol, if_tsoffset; section 4.2). */
function readInterface(body: Buffer, order: ByteOrder): Interface {
  const { linkType, snapLength } = interfaceDescription[order].decode(body);
  let unitsPerSecond = 1_000_000n;
  let offsetNs = 0n;
  const header = optionHeader[order];
  for (let at = interfaceDescription.little.span; at + header.span <= body.length; ) {
    const { code, length } = header.decode(body, at);
    const value = body.subarray(at + header.span, at + header.span + length);
    if (code === 0 || value.length < length) break;
    if (code === OPTION_TSRESOL && length === 1) {
      const exponent = BigInt(value[0]! & 0x7f);
      unitsPerSecond = value[0]! >= 0x80 ? 2n ** exponent : 10n ** exponent;
    } else if (code === OPTION_TSOFFSET && length === 8) {
      offsetNs = (order === 'little' ? value.readBigInt64LE(0) : value.readBigInt64BE(0)) * 1_000_000_000n;
    }
    at += header.span + length + (-length & 3);
  }
  return { linkType, snapLength, unitsPerSecond, offsetNs };
}
