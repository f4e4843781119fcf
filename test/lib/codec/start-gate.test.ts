import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartGate } from '../../../lib/codec/start-gate.js';
import type { AccessUnit } from '../../../lib/items.js';
import { depacketize } from './rtp-items.js';

const FMTP = 'sprop-parameter-sets=Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=,aO48gA==';
const SECOND = 1_000_000_000n;

/** An access unit of these NAL units, received at a time. */
async function unitOf(recv: bigint, payloads: readonly string[], fmtp = FMTP): Promise<AccessUnit> {
  const { units } = await depacketize(
    payloads.map((p, i) => ({ p, recv, m: i === payloads.length - 1 })),
    fmtp,
  );
  return units[0]!;
}

/** What a gate says to units one after the other. */
async function answers(units: readonly (readonly [recv: bigint, payloads: readonly string[], fmtp?: string])[]) {
  const gate = new StartGate();
  const result: string[] = [];
  for (const unit of units) result.push(gate.admit(await unitOf(...unit)));
  return result;
}

describe('StartGate', () => {
  it('starts at the first IDR', async () => {
    assert.deepEqual(
      await answers([
        [0n, ['6180']],
        [1n, ['6580']],
        [2n, ['6180']],
      ]),
      ['no', 'yes', 'yes'],
    );
  });

  it('starts at a recovery point', async () => {
    assert.deepEqual(
      await answers([
        [0n, ['6180']],
        [1n, ['0606018480', '6180']],
      ]),
      ['no', 'yes'],
    );
  });

  it('Q122 does not start before the parameter sets are known', async () => {
    assert.deepEqual(
      await answers([
        [0n, ['6580'], ''],
        [1n, ['6580']],
      ]),
      ['no', 'yes'],
    );
  });

  it('does not start in the middle of the first picture, where the server may have joined us in', async () => {
    assert.deepEqual(
      await answers([
        [0n, ['6540']],
        [1n, ['6580']],
      ]),
      ['no', 'yes'],
    );
  });

  it('gives up waiting after 10 s', async () => {
    const last = 10n * SECOND;
    const said = await answers([
      [0n, ['6180']],
      [last - 1n, ['6180']],
      [last, ['6180']],
      [last + 1n, ['6180']],
    ]);
    assert.deepEqual(said, ['no', 'no', 'gave-up-waiting', 'yes']);
  });

  it('waits for parameter sets however long it takes', async () => {
    const said = await answers([
      [0n, ['6180'], ''],
      [60n * SECOND, ['6180'], ''],
      [61n * SECOND, ['6180']],
    ]);
    assert.deepEqual(said, ['no', 'no', 'gave-up-waiting']);
  });

  it('Q121 never admits a unit without a picture', async () => {
    const said = await answers([
      [0n, ['09f0']],
      [1n, ['6580']],
      [2n, ['09f0']],
      [3n, ['0605aa80', '0cff80']],
      [4n, ['6180']],
    ]);
    assert.deepEqual(said, ['no', 'yes', 'no', 'no', 'yes']);
  });
});
