import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The built command beside this test. */
export const COMMAND = fileURLToPath(new URL('../../../command/retina-record.cjs', import.meta.url));

/** A run of the command. */
export interface CommandRun {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when it has ended. */
  readonly result: Promise<{ code: number | null; stdout: Buffer; stderr: string }>;
  /** Resolves when stderr has shown the text; rejects if the command ends before. */
  shows(text: string): Promise<void>;
}

/** Starts the command with these arguments. */
export function runCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
  command = COMMAND,
): CommandRun {
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', RUST_LOG: undefined, ...env },
  });
  const out: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const result = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: Buffer.concat(out),
    stderr,
  }));
  const shows = async (text: string): Promise<void> => {
    const ended = result.then(() => Promise.reject(new Error(`ended without ${JSON.stringify(text)}: ${stderr}`)));
    ended.catch(() => {});
    while (!stderr.includes(text)) await Promise.race([once(child.stderr, 'data'), ended]);
  };
  return { child, result, shows };
}
