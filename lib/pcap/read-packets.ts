import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { RetinaRecordError } from '../errors.js';
import { ByteQueue } from './byte-queue.js';
import type { CapturedPacket, CaptureFormat } from './captured-packet.js';
import { ClassicFormat, classicMagic } from './classic.js';
import { PcapngFormat, SECTION_HEADER } from './pcapng.js';

/** A capture file's path, or its bytes. */
export type CaptureInput = string | Readable;

/** Options of {@link readPackets}. */
export interface ReadPacketsOptions {
  /** Stands for the input in errors. Default: its path, if it is one. */
  readonly name?: string | undefined;
  /** Called with one line if the capture is cut short or damaged; the packets before that are given all the same. */
  readonly onDamage?: ((message: string) => void) | undefined;
}

/** The bytes of a capture; a file is read in pieces of 256 KiB. */
export function openCapture(input: CaptureInput): Readable {
  return typeof input === 'string' ? createReadStream(input, { highWaterMark: 256 * 1024 }) : input;
}

/** Packets that are handed on at once at most. */
const MAX_BATCH = 256;

/**
 * Reads the packets of a capture, classic or pcapng, in file order. Memory is bounded by one packet, however long the file is.
 *
 * @throws RetinaRecordError `pcap-format` if this is no capture, `pcap-read` (with its cause) if the bytes cannot be read
 */
export async function* readPackets(
  input: CaptureInput,
  options: ReadPacketsOptions = {},
): AsyncGenerator<CapturedPacket, void, undefined> {
  for await (const batch of readPacketBatches(input, options)) yield* batch;
}

/** As {@link readPackets}, several packets at a time: a promise for each would cost more than reading it. */
export async function* readPacketBatches(
  input: CaptureInput,
  options: ReadPacketsOptions = {},
): AsyncGenerator<CapturedPacket[], void, undefined> {
  const connection = options.name ?? (typeof input === 'string' ? input : undefined);
  const queue = new ByteQueue();
  let format: CaptureFormat | undefined;
  for await (const chunk of readChunks(input, connection)) {
    queue.push(chunk);
    format ??= recognize(queue, connection);
    if (format !== undefined) yield* batches(format);
    if (format?.damage !== undefined) break;
  }
  if (format === undefined) {
    throw new RetinaRecordError('pcap-format', 'not a capture: it ends before its first header', { connection });
  }
  const damage = format.damage ?? format.truncation();
  if (damage !== undefined) options.onDamage?.(damage);
}

function* batches(format: CaptureFormat): Generator<CapturedPacket[], void, undefined> {
  let batch: CapturedPacket[] = [];
  for (let packet = format.next(); packet !== undefined; packet = format.next()) {
    batch.push(packet);
    if (batch.length < MAX_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* readChunks(
  input: CaptureInput,
  connection: string | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of openCapture(input)) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('the capture has to come as Buffers');
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (cause) {
    throw new RetinaRecordError('pcap-read', `cannot read the capture: ${describe(cause)}`, { connection }, { cause });
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function recognize(queue: ByteQueue, connection: string | undefined): CaptureFormat | undefined {
  const start = queue.take(4);
  if (start === undefined) return undefined;
  if (start.readUInt32BE(0) === SECTION_HEADER) return new PcapngFormat(queue);
  const magic = classicMagic(start);
  if (magic !== undefined) return new ClassicFormat(queue, magic.order, magic.unitNs);
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  const hint = isGzip ? 'compressed with gzip: decompress it first' : 'expected pcap or pcapng';
  throw new RetinaRecordError('pcap-format', `not a capture (begins with ${start.toString('hex')}), ${hint}`, {
    connection,
  });
}
