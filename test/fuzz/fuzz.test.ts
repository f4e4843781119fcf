import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { targets } from './targets.js';

/** Time for all targets together, in ms; the last one, the chain, is worth as much as several parsers. */
const TOTAL_MS = 4000;
/** The same inputs in every run, so that no change fails by another one's luck; `npm run fuzz` takes new ones. */
const SEED = 20_240_217;

describe('fuzzing, briefly', () => {
  const share = TOTAL_MS / (targets.length + 4);
  for (const [i, { name, run }] of targets.entries()) {
    it(name, async () => {
      const timeMs = i === targets.length - 1 ? 5 * share : share;
      assert.ok((await run({ timeMs, seed: SEED })) > 0);
    });
  }
});
