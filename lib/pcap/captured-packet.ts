/** One packet as a capture file holds it. */
export interface CapturedPacket {
  /** Unix time in ns at which it was captured. */
  readonly timestamp: bigint;
  /** LINKTYPE_ value of the interface, which says how `data` begins. */
  readonly linkType: number;
  /** The bytes captured, a view of the file's. */
  readonly data: Buffer;
  /** Bytes on the wire; more than `data` has where the capture was limited to a length. */
  readonly originalLength: number;
}

/** Takes one capture format apart. */
export interface CaptureFormat {
  /** The next packet, or undefined if more bytes are needed or {@link damage} ended the reading. */
  next(): CapturedPacket | undefined;
  /** What made it impossible to read on, once it happened: one line. */
  readonly damage: string | undefined;
  /** Where the input ended inside a record: one line; undefined at the end of a whole one. */
  truncation(): string | undefined;
}

/** Largest packet that is believed, in bytes; the largest that tools write is 256 KiB. */
export const MAX_PACKET = 1024 * 1024;
