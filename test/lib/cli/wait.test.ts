import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { reverseLookup } from '../../../lib/cli/reverse-lookup.js';
import { waitUntil } from '../../../lib/cli/wait.js';
import { FakeTime } from '../net/fake-timers.js';

/** A wait of so many ms, and whether it is over. */
function waiting(ms: number, signal?: AbortSignal) {
  const timers = new FakeTime();
  let stepMs = 0;
  const now = (): number => Number(timers.now() / 1_000_000n) + stepMs;
  const state = { over: false };
  const promise = waitUntil(new Date(now() + ms), { timers, now, signal });
  promise.then(
    () => {
      state.over = true;
    },
    () => {},
  );
  const pass = async (passed: number): Promise<boolean> => {
    timers.advance(passed);
    await Promise.resolve();
    return state.over;
  };
  return {
    timers,
    promise,
    pass,
    setClock: (by: number) => {
      stepMs += by;
    },
  };
}

describe('waitUntil', () => {
  it('waits until the moment, and not longer', async () => {
    const { pass, timers } = waiting(86_400_000);
    assert.equal(await pass(86_399_999), false);
    assert.equal(await pass(1), true);
    assert.deepEqual(timers.delaysMs, []);
  });

  it('a moment that is there is not waited for', async () => {
    await waiting(0).promise;
    await waiting(-5).promise;
  });

  it('leaves nothing behind on the signal', async () => {
    const { signal } = new AbortController();
    const { pass } = waiting(1000, signal);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    assert.equal(await pass(1000), true);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('follows a clock that is set meanwhile', async () => {
    const forward = waiting(3_600_000);
    await forward.pass(10_000);
    forward.setClock(3_590_000);
    assert.equal(await forward.pass(1000), true);
    const back = waiting(10_000);
    back.setClock(-60_000);
    assert.equal(await back.pass(69_999), false);
    assert.equal(await back.pass(1), true);
  });

  it('an abort ends it at once', async () => {
    const controller = new AbortController();
    const { promise, timers } = waiting(60_000, controller.signal);
    controller.abort();
    await assert.rejects(promise, { name: 'AbortError' });
    assert.deepEqual(timers.delaysMs, []);
    await assert.rejects(waiting(60_000, controller.signal).promise, { name: 'AbortError' });
  });
});

describe('reverseLookup', () => {
  it('hands the address on and the names back', async () => {
    const lookUp = reverseLookup({ reverse: async (address) => [`name-of-${address}`], cancel: () => assert.fail() });
    assert.deepEqual(await lookUp('192.0.2.1'), ['name-of-192.0.2.1']);
  });

  it('a server that does not answer is given up', async () => {
    let giveUp = (): void => {};
    const reverse = (): Promise<string[]> =>
      new Promise((_, reject) => {
        giveUp = () => reject(new Error('cancelled'));
      });
    await assert.rejects(reverseLookup({ reverse, cancel: () => giveUp() }, 1)('192.0.2.1'), /cancelled/);
  });
});
