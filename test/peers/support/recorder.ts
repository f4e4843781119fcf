import type { TestContext } from 'node:test';
import { COMMAND } from './paths.js';
import { type Outcome, type Running, type StartOptions, start } from './processes.js';

/** Starts the command on a camera; whatever of it is left after the test is killed. */
export function startRecording(
  t: TestContext,
  url: string,
  args: readonly string[],
  options: StartOptions = {},
): Running {
  const recorder = start(process.execPath, [COMMAND, '--url', url, ...args], options);
  t.after(() => recorder.stop('SIGKILL'));
  return recorder;
}

/** Records until the command ends by itself. */
export async function recordToEnd(t: TestContext, url: string, ...args: string[]): Promise<Outcome> {
  return startRecording(t, url, args).ended;
}
