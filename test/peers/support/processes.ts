import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** How a program ended, and what it wrote. */
export interface Outcome {
  /** Exit code, null if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Options of {@link start} and {@link run}. */
export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  /** Send stdout there instead of collecting it. */
  readonly stdoutTo?: string | undefined;
  /** Killed after so many ms. Default 60 s: nothing here takes as long. */
  readonly timeoutMs?: number | undefined;
}

/** A program under way. */
export class Running {
  /** Resolves when the program has ended and its output is complete; never rejects. */
  readonly ended: Promise<Outcome>;
  private readonly stdout: Buffer[] = [];
  private stderr = '';
  private readonly watchers = new Set<() => void>();

  constructor(
    readonly child: ChildProcess,
    private readonly name: string,
    { stdoutTo, timeoutMs = 60_000 }: StartOptions,
  ) {
    if (stdoutTo === undefined) {
      child.stdout!.on('data', (data: Buffer) => {
        this.stdout.push(data);
        this.wake();
      });
    } else {
      child.stdout!.pipe(createWriteStream(stdoutTo));
    }
    child.stderr!.on('data', (data: Buffer) => {
      this.stderr += data.toString();
      this.wake();
    });
    child.on('error', (error) => {
      this.stderr += `${error.message}\n`;
      this.wake();
    });
    const timer = setTimeout(() => {
      this.stderr += `${name}: killed after ${timeoutMs} ms\n`;
      child.kill('SIGKILL');
    }, timeoutMs);
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, stdout: Buffer.concat(this.stdout), stderr: this.stderr });
        this.wake();
      });
    });
  }

  /** What it has said on stderr so far. */
  get messages(): string {
    return this.stderr;
  }

  /** Waits until the program has written what `pattern` matches, to stdout or stderr. */
  async said(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const text = `${Buffer.concat(this.stdout)}\n${this.stderr}`;
      const match = pattern.exec(text);
      if (match !== null) return match;
      if (deadline.aborted || this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`${this.name} did not say ${pattern}:\n${text}`);
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.watchers.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        this.watchers.add(wake);
        deadline.addEventListener('abort', wake);
      });
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  private wake(): void {
    for (const wake of [...this.watchers]) wake();
  }
}

/** Starts a program without stdin. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const { cwd, env } = options;
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Running(child, command, options);
}

/** Runs a program to its end, however that is. */
export function run(command: string, args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  return start(command, args, options).ended;
}

/** Runs a program that has to succeed, and gives its stdout. */
export async function runWell(command: string, args: readonly string[], options: StartOptions = {}): Promise<Buffer> {
  const { code, signal, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${stderr}`);
  return stdout;
}

/** Waits until `condition` holds, asking every 20 ms. */
export async function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(20);
  }
}

/** Waits. */
export async function pause(ms: number): Promise<void> {
  await once(AbortSignal.timeout(ms), 'abort');
}
