import type { Timers } from '../net/timers.js';

/** The longest delay that setTimeout takes; it would fire at once beyond. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Calls back once after any number of ms, however large.
 *
 * @returns cancels it
 */
export function longTimeout(timers: Timers, callback: () => void, ms: number): () => void {
  let handle: unknown;
  const arm = (left: number): void => {
    const step = Math.min(left, MAX_TIMEOUT_MS);
    handle = timers.setTimeout(() => (left > step ? arm(left - step) : callback()), Math.max(1, step));
  };
  arm(ms);
  return () => timers.clearTimeout(handle);
}
