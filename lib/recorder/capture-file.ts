import { createWriteStream } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { RetinaRecordError } from '../errors.js';
import type { CaptureSink } from '../net/capture.js';
import { CaptureWriter, type CaptureWriterOptions } from '../pcap/capture-writer.js';
import { outputError } from './output-file.js';

/** Options of {@link openCaptureFile}. */
export interface CaptureFileOptions extends Pick<CaptureWriterOptions, 'maxWaitingBytes'> {
  /** Overwrite an existing file. Default false. */
  readonly overwrite?: boolean | undefined;
  /** Hears that the disk is too slow, or that the file cannot be written any more; the session goes on. */
  readonly onWarning?: ((warning: { readonly code: string; readonly message: string }) => void) | undefined;
}

/** A capture that is being written. */
export interface CaptureFile {
  /** For {@link ConnectOptions.capture}. */
  readonly sink: CaptureSink;
  /** Finishes the file; a file without any connection is removed. Never rejects. */
  close(): Promise<CaptureResult>;
}

/** What became of a capture. */
export interface CaptureResult {
  /** Absent where no connection came about or the file could not be written. */
  readonly path?: string | undefined;
  readonly bytes: number;
  /** Bytes of the connections that were left out because the disk was too slow or failed; the file shows holes in their place. */
  readonly droppedBytes: number;
}

/**
 * Opens a file that keeps a session's bytes in both directions, with receive times, as a classic pcap. Authorization values are
 * masked; all else is in it, pictures too.
 *
 * @throws RetinaRecordError `output-exists` unless `overwrite`; `output-failed` if the file cannot be made
 */
export async function openCaptureFile(path: string, options: CaptureFileOptions = {}): Promise<CaptureFile> {
  const { overwrite = false, maxWaitingBytes, onWarning = () => {} } = options;
  const handle = await open(path, overwrite ? 'w' : 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw outputError(path, error);
    throw new RetinaRecordError('output-exists', `${path} exists; choose another name, or allow --overwrite (-y)`);
  });
  // Devices and pipes are written to, but not removed.
  const isFile = (await handle.stat()).isFile();
  const stream = createWriteStream(path, { fd: handle, autoClose: true });
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure ??= error;
    onWarning({ code: 'capture', message: `the capture ends here: ${outputError(path, error).message}` });
  });
  const onDrop = (): void =>
    onWarning({ code: 'capture', message: `${path} cannot be written fast enough: the capture will have holes` });
  const writer = new CaptureWriter(stream, { maxWaitingBytes, onDrop });
  const close = async (): Promise<CaptureResult> => {
    if (failure === undefined) await new Promise<void>((resolve) => stream.once('close', resolve).end());
    const { connections, droppedBytes } = writer;
    if (connections === 0 && isFile) await unlink(path).catch(() => {});
    const kept = connections > 0 && failure === undefined;
    return { path: kept ? path : undefined, bytes: stream.bytesWritten, droppedBytes };
  };
  let closing: Promise<CaptureResult> | undefined;
  return {
    sink: writer,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
