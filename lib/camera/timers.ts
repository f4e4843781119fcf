/** The timers of a camera, replaceable in tests. */
export interface CameraTimers {
  /** Calls back once after `ms` milliseconds, 1 to 2^31 - 1. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** A clock in ns that never steps; only differences count. */
  monotonicNs(): bigint;
}

/** Node's own timers. */
export const systemTimers: CameraTimers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  monotonicNs: () => process.hrtime.bigint(),
};
