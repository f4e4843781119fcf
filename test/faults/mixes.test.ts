import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultPlan, Place } from '../../lib/camera/faults/plan.js';
import { SeededRandom } from '../../lib/camera/faults/random.js';
import { EXIT } from '../../lib/cli/exit-code.js';
import { endedWell } from '../../lib/recorder/report.js';
import { type FaultyRun, recordFaults } from './record-faults.js';

const MIXES = 60;

/** Two to five faults by seed, each as hard as it comes. */
function mix(seed: number): FaultPlan {
  const random = new SeededRandom(seed, 'mix');
  const place = (): Place => {
    const where = (['before', 'within', 'after', 'packet', 'mid-packet'] as const)[random.below(5)]!;
    return { where, number: where.endsWith('packet') ? 1 + random.below(500) : 1 + random.below(4) };
  };
  const all: readonly (() => FaultPlan)[] = [
    () => ({ loss: random.next() * 0.1 }),
    () => ({ reorder: random.next() * 0.1 }),
    () => ({ duplicate: random.next() * 0.2 }),
    () => ({ corrupt: random.next() * 0.1 }),
    () => ({ garble: 2000 + random.below(100_000) }),
    () => ({ jitterMs: random.next() * 500 }),
    () => ({ split: random.chance(0.5) ? 'headers' : 200 + random.below(2000) }),
    () => ({ flapParameters: true }),
    () => ({ timestampJumpS: 0.1 + random.next() * 30 }),
    () => ({ clockOffsetS: random.next() * 1e6 - 5e5, clockDriftPpm: 500, clockStepS: 10 }),
    () => ({ reports: random.chance(0.5) ? 'missing' : 'wrong' }),
    () => ({ end: { how: random.chance(0.5) ? 'close' : 'silence', at: place() } }),
    () => ({ endlessHeaders: 1 + random.below(3) }),
    () => ({ contentLength: (['short', 'long', 'huge', 'nonsense'] as const)[random.below(4)]! }),
  ];
  const faults = Array.from({ length: 2 + random.below(4) }, () => all[random.below(all.length)]!());
  return Object.assign({ seed }, ...faults);
}

/** Reason, exit code and file agree, and every bad end says why. */
function checkEnd({ report, error, exitCode, samples }: FaultyRun): void {
  if (report === undefined) {
    assert.ok(error !== undefined && (exitCode === EXIT.nothing || exitCode === EXIT.hopeless), `${exitCode}`);
    assert.ok(error.message.length > 10 && !error.message.includes('\n'), error.message);
    return;
  }
  const { reason, path } = report;
  const good = endedWell(reason);
  assert.equal(exitCode, samples.length === 0 ? EXIT.nothing : good ? EXIT.ok : EXIT.early);
  assert.equal(path === undefined, samples.length === 0);
  assert.equal(error === undefined, good, error?.message);
  assert.equal(
    reason === 'stopped' || reason === 'output',
    false,
    `nobody stopped it, no disk failed: ${error?.message}`,
  );
}

describe('mixed faults: it ends, says why, and what was recorded plays', () => {
  for (let seed = 1; seed <= MIXES; seed++) {
    const plan = mix(seed);
    const allowLoss = seed % 3 !== 0;
    it(`${JSON.stringify(plan)}${allowLoss ? ' with leave' : ''}`, async (t) => {
      checkEnd(await recordFaults(t, plan, { recorder: { allowLoss } }));
    });
  }
});

describe('a seed', () => {
  it('repeats what happens, another one does not', async (t) => {
    const figures = async (seed: number) => {
      const plan = { seed, loss: 0.02, duplicate: 0.02, corrupt: 0.02 };
      const { report, samples } = await recordFaults(t, plan, { recorder: { allowLoss: true } });
      return { faults: report!.faults, lost: report!.lostPackets, sizes: samples.map(({ data }) => data.length) };
    };
    const first = await figures(5);
    assert.deepEqual(await figures(5), first);
    assert.notDeepEqual(await figures(6), first);
  });
});
