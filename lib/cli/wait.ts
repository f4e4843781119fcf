import { abortError } from '../net/abort.js';
import { systemTimers, type Timers } from '../net/timers.js';

/** The clock is looked at this often, so that it may be set meanwhile, and the computer may sleep. */
const STEP_MS = 1000;

/** What {@link waitUntil} may be given. */
export interface WaitOptions {
  /** Ends the waiting with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Unix time in ms. Default the system's. */
  readonly now?: (() => number) | undefined;
  readonly timers?: Timers | undefined;
}

/** Waits until the system's clock shows a moment. */
export function waitUntil(moment: Date, options: WaitOptions = {}): Promise<void> {
  const { signal, now = Date.now, timers = systemTimers } = options;
  return new Promise((resolve, reject) => {
    let handle: unknown;
    const onAbort = (): void => {
      timers.clearTimeout(handle);
      reject(abortError(signal!));
    };
    const check = (): void => {
      const leftMs = moment.getTime() - now();
      if (leftMs > 0) {
        handle = timers.setTimeout(check, Math.max(1, Math.min(leftMs, STEP_MS)));
        return;
      }
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    check();
  });
}
