/** The timers of sessions and connections, replaceable in tests. */
export interface Timers {
  /** Calls back once after `ms` milliseconds, 1 to 2^31 - 1. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** Node's own timers. */
export const systemTimers: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
