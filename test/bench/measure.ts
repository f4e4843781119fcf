import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What a process used. */
export interface Usage {
  readonly exitCode: number;
  readonly wallSeconds: number;
  /** User and system together. */
  readonly cpuSeconds: number;
  /** Peak resident memory in bytes, sampled fifty times a second: closing the file is part of it. */
  readonly peakBytes: number;
  readonly stderr: string;
}

const SAMPLE_MS = 20;
/** A subshell tells its process id on descriptor 3 and becomes the command; the shell then says what its children used. */
const SCRIPT = '(echo "$BASHPID" >&3; exec "$0" "$@"); code=$?; times >&2; exit $code';

/** Runs a command to its end and measures it. */
export async function measure(command: string, args: readonly string[]): Promise<Usage> {
  const start = performance.now();
  const child = spawn('bash', ['-c', SCRIPT, command, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const stderrText = text(child.stderr as Readable);
  let peakBytes = 0;
  const pid = await new Promise<string>((resolve) => {
    (child.stdio[3] as Readable).once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  const sampler = setInterval(() => {
    readFile(`/proc/${pid}/status`, 'utf8').then(
      (status) => {
        peakBytes = Math.max(peakBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
      },
      () => {}, // gone already
    );
  }, SAMPLE_MS);
  const exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const wallSeconds = (performance.now() - start) / 1000;
  clearInterval(sampler);
  const stderr = await stderrText;
  // The last line of `times`: minutes and seconds of user and system time of the children.
  const match = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(stderr);
  if (!match) throw new Error(`no figures for ${command}: ${stderr}`);
  const [, userMinutes, user, systemMinutes, system] = match.map(Number);
  return {
    exitCode,
    wallSeconds,
    cpuSeconds: 60 * (userMinutes! + systemMinutes!) + user! + system!,
    peakBytes,
    stderr,
  };
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}
