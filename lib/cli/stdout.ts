import { Writable } from 'node:stream';

/**
 * The standard output as a sink of its own: process.stdout itself is never ended by pipe(), and has to be left open.
 */
export function stdoutSink(): Writable {
  const { stdout } = process;
  const sink = new Writable({
    highWaterMark: stdout.writableHighWaterMark,
    write: (data: Buffer, _encoding, callback) => {
      stdout.write(data, callback);
    },
  });
  stdout.on('error', (error) => sink.destroy(error));
  return sink;
}
