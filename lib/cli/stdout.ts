import { Writable } from 'node:stream';
import { outputError } from '../recorder/output-file.js';

/**
 * The standard output as a sink of its own: process.stdout itself is never ended by pipe(), and has to be left open.
 */
export function stdoutSink(): Writable {
  const { stdout } = process;
  const sink = new Writable({
    highWaterMark: stdout.writableHighWaterMark,
    write: (data: Buffer, _encoding, callback) => {
      stdout.write(data, (error) => callback(error ? explained(error) : error));
    },
  });
  stdout.on('error', (error) => sink.destroy(explained(error)));
  return sink;
}

/** A reader that goes away is known by its code; what else goes wrong is said in words. */
function explained(error: NodeJS.ErrnoException): Error {
  return isReaderGone(error) ? error : outputError('stdout', error);
}

function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE';
}

/**
 * Writes text to stdout. A reader that has gone away has read enough: that is no error.
 *
 * @throws RetinaRecordError `output-failed`
 */
export function print(text: string): Promise<void> {
  const { stdout } = process;
  return new Promise((resolve, reject) => {
    // The callback tells as well, and without a listener the process would end.
    const ignore = (): void => {};
    stdout.on('error', ignore);
    stdout.write(text, (error) => {
      if (!error) stdout.off('error', ignore);
      if (!error || isReaderGone(error)) resolve();
      else reject(outputError('stdout', error));
    });
  });
}
