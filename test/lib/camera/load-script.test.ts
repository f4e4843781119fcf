import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadScript } from '../../../lib/camera/load-script.js';
import { annexB, pps, slice, sps } from './h264-writer.js';

async function file(t: TestContext, name: string, data: Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), data);
  return join(folder, name);
}

test('a byte stream, by its name', async (t) => {
  const path = await file(t, 'Clip.264', annexB(sps(), pps(), slice('idr', 0)));
  const script = await loadScript(path, { frameRate: 50 });
  assert.equal(script.name, 'Clip.264');
  assert.equal(script.durationNs, 20e6);
});

test('refused: another kind of file, one that is too large, a capture that is none', async (t) => {
  await assert.rejects(loadScript(await file(t, 'a.txt', Buffer.alloc(0))), {
    code: 'camera-script',
    message: /a\.txt is neither/,
  });
  const large = await file(t, 'large.h264', Buffer.alloc(0));
  await truncate(large, 1024 ** 3 + 1);
  await assert.rejects(loadScript(large), { code: 'camera-script', message: /cap of 1073741824 bytes/ });
  await assert.rejects(loadScript(await file(t, 'a.pcap', Buffer.from('no capture at all, just text'))), {
    name: 'RetinaRecordError',
  });
  await assert.rejects(loadScript('/nonexistent/a.pcap'), { code: 'ENOENT' });
});
