import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FAULT_NAMES } from '../../lib/camera/faults/parse.js';
import { packageFile } from '../../lib/version.js';
import { runCommand } from '../lib/cli/run-command.js';
import { readMp4 } from '../read-mp4.js';

const FIXTURE = fileURLToPath(packageFile('fixtures/demo.pcap'));

test('camera --fault: several, by seed, and what happens is told on both sides', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const faults = ['--fault', 'duplicate=0.2,split=headers', '--fault', 'close=mid-packet:200', '--seed', '3'];
  const camera = runCommand(['camera', FIXTURE, '--port', '0', '--fast', ...faults]);
  t.after(() => camera.child.kill());
  const [url] = (await once(camera.child.stdout, 'data')) as [Buffer];
  const out = join(folder, 'out.mp4');
  const { code, stderr } = await runCommand(['--url', url.toString().trim(), out]).result;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /closed the connection \(EOF\) inside a frame or message.*recorded .*out\.mp4: \d+ frames/);
  assert.ok(readMp4(readFileSync(out)).samples.length > 20, stderr);
  await camera.shows('close at mid-packet:200');
});

test('camera --transport udp: TCP is refused with 461, UDP recorded', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const camera = runCommand(['camera', FIXTURE, '--port', '0', '--transport', 'udp']);
  t.after(() => camera.child.kill());
  const [url] = (await once(camera.child.stdout, 'data')) as [Buffer];
  const record = (transport: string) => {
    const out = join(folder, `${transport}.mp4`);
    return runCommand([
      '--url',
      url.toString().trim(),
      '--transport',
      transport,
      '--duration',
      '1s',
      '--allow-loss',
      out,
    ]).result;
  };
  const refused = await record('tcp');
  assert.deepEqual([refused.code, /461/.test(refused.stderr)], [4, true], refused.stderr);
  const { code, stderr } = await record('udp');
  assert.equal(code, 0, stderr);
  assert.ok(readMp4(readFileSync(join(folder, 'udp.mp4'))).samples.length > 5, stderr);
});

test('camera --fault: what makes no sense is a usage error', async () => {
  const cases: readonly [string[], RegExp][] = [
    [['--fault', 'rain'], /unknown fault "rain"; there are loss, /],
    [['--fault', 'loss=7'], /loss 7 is not a number from 0 to 1/],
    [['--fault', 'close', '--fault', 'silence'], /only one of close and silence/],
    [['--transport', 'pigeon'], /Allowed choices are tcp, udp, both/],
    [['--seed', '-1'], /A seed is a number/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await runCommand(['camera', FIXTURE, ...args]).result;
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});

test('every fault is in the README', () => {
  const readme = readFileSync(packageFile('README.md'), 'utf8');
  for (const name of FAULT_NAMES) assert.ok(readme.includes(`\`${name}`), `${name} stands in README.md`);
});
