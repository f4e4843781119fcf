import { EXIT } from './exit-code.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Hands the signals that end a recording to `onSignal`, numbered from 1; the third ends the process at once.
 *
 * @returns gives the signals back
 */
export function handleSignals(onSignal: (nth: number) => void): () => void {
  let nth = 0;
  const listener = (): void => {
    nth++;
    if (nth > 2) process.exit(EXIT.killed);
    onSignal(nth);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
