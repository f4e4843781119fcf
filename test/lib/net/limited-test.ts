import { type TestContext, test as unlimited } from 'node:test';

/** So long may a test take in ms, and so long may a condition be waited for. */
const LIMIT_MS = 20_000;

/** As node's `test`, with a limit: what waits for an event that never comes fails under its own name and ends. */
export function test(title: string, body: (t: TestContext) => void | Promise<void>): void {
  void unlimited(title, { timeout: LIMIT_MS }, body);
}

/** Lets real input and output happen until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not so within ${LIMIT_MS} ms: ${condition}`);
    await new Promise(setImmediate);
  }
}
