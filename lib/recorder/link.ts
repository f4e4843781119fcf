import type { Readable, Writable } from 'node:stream';

/** A stream between two others. */
type Middle = Readable & Writable;

/**
 * Pipes streams so that a stage's failure ends what follows it in order, instead of destroying it: unlike `pipeline()`, which
 * would throw away a recording's last seconds. The last stream finishes in any case, and sees all that came before the fault.
 *
 * @param onError is told of each stage's error, the earliest stage's first
 */
export function linkStages(
  source: Readable,
  stages: readonly Middle[],
  sink: Writable,
  onError: (error: Error) => void,
): void {
  const chain = [...stages, sink];
  let upstream: Readable = source;
  for (const [i, stream] of chain.entries()) {
    const from = upstream;
    from.pipe(stream);
    if (i > 0) {
      from.once('error', (error) => {
        onError(error);
        stream.end();
      });
    }
    upstream = stream as Middle;
  }
  source.once('error', (error) => {
    onError(error);
    chain[0]!.end();
  });
}
