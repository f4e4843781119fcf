/** The part of buffer-layout 1.2 that this package uses; the package ships no types. */
declare module 'buffer-layout' {
  /** Describes how a value lies in a buffer. */
  export class Layout<T> {
    /** Bytes, or -1 if that depends on the content. */
    readonly span: number;
    readonly property?: string;
    decode(buffer: Buffer, offset?: number): T;
    /** Returns the number of bytes written. */
    encode(value: T, buffer: Buffer, offset?: number): number;
    replicate(property: string): this;
  }
  // biome-ignore lint/suspicious/noExplicitAny: fields of differing types share one list
  type Fields = readonly Layout<any>[];
  export function struct<T>(fields: Fields, property?: string, decodePrefixes?: boolean): Layout<T>;
  export function u8(property?: string): Layout<number>;
  export function u16(property?: string): Layout<number>;
  export function u24(property?: string): Layout<number>;
  export function u32(property?: string): Layout<number>;
  export function u16be(property?: string): Layout<number>;
  export function u24be(property?: string): Layout<number>;
  export function u32be(property?: string): Layout<number>;
  export function s16be(property?: string): Layout<number>;
  export function s32be(property?: string): Layout<number>;
  export function s32(property?: string): Layout<number>;
  export function seq<T>(element: Layout<T>, count: number, property?: string): Layout<T[]>;
  export function blob(length: number, property?: string): Layout<Buffer>;
  export function cstr(property?: string): Layout<string>;
}
