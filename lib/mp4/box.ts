import type { Layout } from 'buffer-layout';

/**
 * A box (ISO/IEC 14496-12 section 4.2): 32-bit size, type, then its content.
 *
 * @param type four Latin-1 characters
 */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  let size = 8;
  for (const part of content) size += part.length;
  const data = Buffer.allocUnsafe(size);
  data.writeUInt32BE(size, 0);
  data.write(type, 4, 4, 'latin1');
  let offset = 8;
  for (const part of content) {
    data.set(part, offset);
    offset += part.length;
  }
  return data;
}

/** A full box: a box that begins with a version byte and 24 bits of flags. */
export function fullBox(type: string, version: number, flags: number, ...content: readonly Uint8Array[]): Buffer {
  return box(type, u32((version << 24) | flags), ...content);
}

/** The bytes of a value by its layout. */
export function encode<T>(layout: Layout<T>, value: T): Buffer {
  const data = Buffer.alloc(layout.span);
  layout.encode(value, data);
  return data;
}

/** A 32-bit number, big-endian; negative ones in two's complement. */
export function u32(...values: readonly number[]): Buffer {
  const data = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, i) => {
    data.writeUInt32BE(value >>> 0, 4 * i);
  });
  return data;
}

/** A 16-bit number, big-endian. */
export function u16(...values: readonly number[]): Buffer {
  const data = Buffer.allocUnsafe(2 * values.length);
  values.forEach((value, i) => {
    data.writeUInt16BE(value, 2 * i);
  });
  return data;
}

/** A zero-terminated string. */
export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}
