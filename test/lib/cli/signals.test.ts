import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import { parseFaults } from '../../../lib/camera/faults/parse.js';
import { loadScript } from '../../../lib/camera/load-script.js';
import { packageFile } from '../../../lib/version.js';
import { readMp4 } from '../../read-mp4.js';
import { runCommand } from './run-command.js';

/** A camera that answers no request behind PLAY. */
async function muteCamera(t: TestContext, pacing: 'realtime' | 'fast' = 'realtime'): Promise<Camera> {
  const script = await loadScript(fileURLToPath(packageFile('fixtures/demo.pcap')));
  const camera = await startCamera({ script, path: '/cam', pacing, faults: parseFaults('silence=before:4') });
  t.after(() => camera.close());
  return camera;
}

test('a second signal waits no longer for the camera, but closes the file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'retina-record-signals-'));
  t.after(() => rm(folder, { recursive: true }));
  const out = join(folder, 'out.mp4');
  const { child, shows, result } = runCommand(['--url', (await muteCamera(t)).url, '--teardown', 'always', out]);
  await shows('recording to');
  child.kill('SIGINT');
  await shows('ending the recording');
  child.kill('SIGTERM');
  const { code, stderr } = await result;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /ending without waiting for the camera/);
  assert.ok(readMp4(await readFile(out)).samples.length > 0);
});

test('a third one ends the process at once: 130', async (t) => {
  const camera = await muteCamera(t, 'fast');
  const { child, shows } = runCommand(['--url', camera.url, '-']);
  // Nobody reads what it writes, which therefore cannot end in order.
  child.stdout.pause();
  await shows('recording to stdout');
  // More than the system holds between two programs.
  while (camera.stats.bytesSent < 12e6) await new Promise(setImmediate);
  const exited = once(child, 'exit');
  for (const said of ['ending the recording', 'ending without waiting']) {
    child.kill('SIGINT');
    await shows(said);
  }
  child.kill('SIGINT');
  assert.deepEqual(await exited, [130, null]);
  child.stdout.destroy();
});
