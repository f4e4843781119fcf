import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { planRecording } from '../../../lib/cli/plan.js';
import { parseTimeOfDay } from '../../../lib/cli/start-time.js';

const folder = mkdtempSync(join(tmpdir(), 'retina-record-plan-'));
after(() => rmSync(folder, { recursive: true }));

const NOON = new Date(2026, 5, 1, 12, 0, 0);
const url = 'rtsp://viewer:secret@192.0.2.1:8554/a';
const start = parseTimeOfDay('18:30:15')!;
const lookUp = async (): Promise<string[]> => ['gate.lan'];
const now = (): Date => NOON;

describe('planRecording', () => {
  it('without OUT: named after the moment at which it begins and the camera', async () => {
    assert.deepEqual(await planRecording(undefined, { url, now, lookUp }), {
      out: 'movie20260601_120000_gate.mp4',
      startAt: undefined,
    });
  });

  it('without OUT and with --start: named after the start', async () => {
    const { out, startAt } = await planRecording(undefined, { url, start, now, lookUp });
    assert.equal(out, 'movie20260601_183015_gate.mp4');
    assert.deepEqual(startAt, new Date(2026, 5, 1, 18, 30, 15));
  });

  it('with OUT nobody is asked for a name', async () => {
    const asked = (): Promise<string[]> => assert.fail('asked');
    const out = join(folder, 'new.mp4');
    assert.equal((await planRecording(out, { url, lookUp: asked })).out, out);
    assert.equal((await planRecording('-', { url, lookUp: asked })).out, '-');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('what cannot work fails before the waiting', async () => {
    const there = join(folder, 'there.mp4');
    writeFileSync(there, 'mine');
    const fails = (out: string, options: object, code: string): Promise<void> =>
      assert.rejects(planRecording(out, { url, now, lookUp, ...options }), { code });
    await fails(there, { start }, 'output-exists');
    await fails(join(folder, 'no/folder/a.mp4'), { start }, 'output-failed');
    await fails('a.mp4', { start: parseTimeOfDay('11:59') }, 'usage');
    await fails('a.mp4', { url: 'http://192.0.2.1/' }, 'url-invalid');
    await fails('', {}, 'usage');
    await fails('new/', { start }, 'usage');
    await fails('a.mp4', { saveCapture: './a.mp4' }, 'usage');
    await fails('a.mp4', { saveCapture: 'a.mp4.partial', overwrite: true }, 'usage');
    assert.equal((await planRecording(there, { url, now, lookUp, overwrite: true })).out, there);
    rmSync(there);
  });
});
