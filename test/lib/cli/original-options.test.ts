import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageFile } from '../../../lib/version.js';
import { runCommand } from './run-command.js';

/** Options of the Rust retina-record 0.2.2 beside `--url`, as they are typed there: each takes these values. */
const ORIGINAL: Readonly<Record<string, readonly string[]>> = {
  '--username': ['viewer'],
  '--password': ['secret'],
  '--initial-timestamp': ['default', 'require', 'ignore', 'permissive'],
  '--unknown-rtcp-ssrc': ['default', 'drop-packets', 'abort-session', 'process-packets'],
  '--no-video': [],
  '--no-audio': [],
  '--no-timing-info': [],
  '--allow-loss': [],
  '--teardown': ['auto', 'always', 'never'],
  '--duration': ['5', '18446744073709551615'],
  '--transport': ['tcp', 'udp'],
};

/** A port of loopback where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('command lines of the Rust retina-record', () => {
  /** The n-th line has the n-th value of every option; video or audio is left out in turn. */
  const line = (n: number, typed: (option: string, value: string) => string[]): string[] =>
    Object.entries(ORIGINAL).flatMap(([option, values]) => {
      if (option === (n % 2 === 0 ? '--no-video' : '--no-audio')) return [];
      return values.length === 0 ? [option] : typed(option, values[n % values.length]!);
    });
  const longest = Math.max(...Object.values(ORIGINAL).map(({ length }) => length));

  for (let n = 0; n < longest; n++) {
    it(`line ${n + 1} is taken as it is: what fails is the connection`, async (t) => {
      const url = `rtsp://127.0.0.1:${await freePort()}/a`;
      const folder = mkdtempSync(join(tmpdir(), 'retina-record-options-'));
      t.after(() => rmSync(folder, { recursive: true }));
      for (const args of [
        line(n, (option, value) => [option, value]),
        line(n, (option, value) => [`${option}=${value}`]),
      ]) {
        const { code, stderr } = await runCommand(['--url', url, ...args, join(folder, 'out.mp4')]).result;
        assert.match(stderr, /refused/, args.join(' '));
        assert.equal(code, 3, args.join(' '));
      }
    });
  }

  it('all stand in the README, in the rows that name the Rust program', () => {
    const readme = readFileSync(packageFile('README.md'), 'utf8');
    const rows = readme.split('\n').filter((line) => /^\|.*\| (?:same|seconds|`tcp`, `udp`)[^|]*\|/.test(line));
    const options = [...Object.keys(ORIGINAL), '--url', '--start', '--help', '--version', '-h', '-V'];
    for (const option of options)
      assert.ok(
        rows.some((row) => row.includes(`\`${option}`)),
        option,
      );
  });
});
