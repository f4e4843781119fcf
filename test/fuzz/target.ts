import fc from 'fast-check';
import { RetinaRecordError } from '../../lib/errors.js';

/** How long a target is run. */
interface FuzzRun {
  readonly timeMs: number;
  /** Default: another one each time. */
  readonly seed?: number | undefined;
}

/** Something to fuzz. `run` rejects with fast-check's report, which has seed and path, if it finds anything. */
export interface Target {
  readonly name: string;
  /** Returns how many inputs were tried. */
  run(options: FuzzRun): Promise<number>;
}

/** A single input that takes longer has not ended. */
const HANG_MS = 20_000;

/** A target that tries inputs; `check` throws if one of them breaks something. */
export function target<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => void | Promise<void>): Target {
  return {
    name,
    async run({ timeMs, seed }) {
      const property = fc.asyncProperty(inputs, async (input) => check(input));
      const details = await fc.check(property, {
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: timeMs,
        markInterruptAsFailure: false,
        timeout: HANG_MS,
        ...(seed === undefined ? {} : { seed }),
      });
      if (details.failed && details.counterexample !== null) {
        throw new Error(`${name}: ${fc.defaultReportMessage(details)}`, { cause: details.errorInstance });
      }
      return details.numRuns;
    },
  };
}

/** Calls something that may refuse its input, but only in the way it is documented; undefined then. */
export function survives<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RetinaRecordError) return undefined;
    throw error;
  }
}
