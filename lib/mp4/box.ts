import type { Layout } from 'buffer-layout';

/** What a box holds: bytes, or something that is written only when everything is put together. */
export type Content = Uint8Array | Deferred;

/** Bytes of a known number that are written to where they belong, so that large tables are made but once. */
export interface Deferred {
  readonly length: number;
  /** Writes itself to `target` from `offset` on. */
  writeTo(target: Buffer, offset: number): void;
}

/**
 * A box (ISO/IEC 14496-12 section 4.2): 32-bit size, type, then its content.
 *
 * @param type four Latin-1 characters
 */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  return assemble(deferredBox(type, ...content));
}

/** A full box: a box that begins with a version byte and 24 bits of flags. */
export function fullBox(type: string, version: number, flags: number, ...content: readonly Uint8Array[]): Buffer {
  return box(type, versionAndFlags(version, flags), ...content);
}

/** {@link box}, to be written later. */
export function deferredBox(type: string, ...content: readonly Content[]): Deferred {
  const length = content.reduce((sum, part) => sum + part.length, BOX_HEADER);
  return {
    length,
    writeTo(target, offset) {
      target.writeUInt32BE(length, offset);
      target.write(type, offset + 4, 4, 'latin1');
      let at = offset + BOX_HEADER;
      for (const part of content) {
        if (part instanceof Uint8Array) target.set(part, at);
        else part.writeTo(target, at);
        at += part.length;
      }
    },
  };
}

/** {@link fullBox}, to be written later. */
export function deferredFullBox(
  type: string,
  version: number,
  flags: number,
  ...content: readonly Content[]
): Deferred {
  return deferredBox(type, versionAndFlags(version, flags), ...content);
}

/** The bytes of what was deferred. */
export function assemble(content: Deferred): Buffer {
  const data = Buffer.allocUnsafe(content.length);
  content.writeTo(data, 0);
  return data;
}

const BOX_HEADER = 8;

function versionAndFlags(version: number, flags: number): Buffer {
  return u32((version << 24) | flags);
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
