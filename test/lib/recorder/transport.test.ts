import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { CameraOptions } from '../../../lib/camera/options.js';
import type { RecordOptions } from '../../../lib/recorder/options.js';
import { record } from '../../../lib/recorder/record.js';
import { readMp4 } from '../../read-mp4.js';
import { cameraFor, folderFor } from './cameras.js';

/** Records a few pictures, and gives the codes of the warnings. */
async function warnings(t: TestContext, camera: Partial<CameraOptions>, options: RecordOptions): Promise<string[]> {
  const { url } = await cameraFor(t, { ...camera, pacing: 'realtime', loop: true });
  const out = join(folderFor(t), 'out.mp4');
  const codes: string[] = [];
  const recording = await record(url, out, { ...options, onWarning: ({ code }) => codes.push(code) });
  await new Promise<void>((resolve) => recording.once('start', () => resolve()));
  const report = await recording.stop();
  assert.equal(report.reason, 'stopped');
  assert.equal(readMp4(readFileSync(out)).samples.length, report.frames);
  return codes;
}

describe('record() over UDP', () => {
  it('Q149 warns at the start where the first loss will end the recording', async (t) => {
    assert.deepEqual(await warnings(t, {}, { transport: 'udp' }), ['udp-loss']);
    assert.deepEqual(await warnings(t, {}, { transport: 'auto' }), ['udp-loss']);
  });

  it('Q149 does not warn where losses are allowed, nor over TCP', async (t) => {
    assert.deepEqual(await warnings(t, {}, { transport: 'udp', allowLoss: true }), []);
    assert.deepEqual(await warnings(t, {}, { transport: 'tcp' }), []);
    assert.deepEqual(await warnings(t, {}, {}), []);
  });

  it('auto: a camera that refuses UDP is recorded over TCP, and that is all it says', async (t) => {
    assert.deepEqual(await warnings(t, { transports: 'tcp' }, { transport: 'auto' }), ['transport']);
  });
});
