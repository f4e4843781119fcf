import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { COMMAND } from './command.js';

/** The embedded camera in a process of its own. */
export class CameraProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(fixture: string, args: readonly string[]): Promise<CameraProcess> {
    const child = spawn(process.execPath, [COMMAND, 'camera', fixture, '--port', '0', '--quiet', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // A benchmark that fails must not leave it behind.
    const kill = (): boolean => child.kill();
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer];
    return new CameraProcess(child, line.toString().trim());
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
