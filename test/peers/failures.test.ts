import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { decodedFrames, FULL_HD, makeClip, SMALL } from './support/clips.js';
import { COMMAND, temporaryFolder } from './support/paths.js';
import { peerTest, unshareMount } from './support/peers.js';
import { assertGstreamerPlays, assertPlayable } from './support/playable.js';
import { pause, run, runWell } from './support/processes.js';
import { recordToEnd, startRecording } from './support/recorder.js';
import { assertRun } from './support/runs.js';
import { embeddedCamera, gstServer } from './support/servers.js';

/** Long enough for two groups of pictures to be in the file. */
const SOME_TIME_MS = 2500;

peerTest('a camera that dies: exit 1, the file is kept and plays', ['ffmpeg', 'ffprobe', 'gstServer'], async (t) => {
  const folder = temporaryFolder(t);
  const { file, frames } = await makeClip(SMALL);
  const server = await gstServer(t, file);
  const out = join(folder, 'out.mp4');
  const recorder = startRecording(t, server.url, [out]);
  await recorder.said(/recording to/);
  await pause(SOME_TIME_MS);
  await server.process.stop('SIGKILL');
  const { code, stderr } = await recorder.ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /out\.mp4/, 'the file is named');
  assert.ok(!existsSync(`${out}.partial`));
  assert.equal(assertRun(await decodedFrames(out), await frames(), SMALL.rate), 0);
  await assertPlayable(out);
});

peerTest('a recorder that is killed: what is on the disk plays', ['ffmpeg', 'ffprobe', 'gstServer'], async (t) => {
  const folder = temporaryFolder(t);
  const { file, frames } = await makeClip(SMALL);
  const { url } = await gstServer(t, file);
  const out = join(folder, 'out.mp4');
  const recorder = startRecording(t, url, [out]);
  await recorder.said(/recording to/);
  await pause(SOME_TIME_MS);
  copyFileSync(`${out}.partial`, join(folder, 'growing.mp4'));
  await recorder.stop('SIGKILL');
  const source = await frames();
  for (const name of [join(folder, 'growing.mp4'), `${out}.partial`]) {
    // ffmpeg says so where the last fragment is not whole; its pictures up to there count.
    assert.equal(assertRun(await decodedFrames(name), source, SMALL.rate), 0);
  }
});

/** Where a signal can no longer meet a process that has not come as far as to handle it. */
const READY = /connecting to/;

peerTest(
  'Ctrl-C at any moment: exit 0 and a file that plays, or 3 and none',
  ['ffmpeg', 'ffprobe', 'gstServer'],
  async (t) => {
    const { file, frames } = await makeClip(SMALL);
    const source = await frames();
    const { url } = await gstServer(t, file);
    const folder = temporaryFolder(t);
    const moments = [0, 30, 100, 300, 700, 1500, 2500].map((ms) => ms + Math.round(Math.random() * ms));
    const codes = await Promise.all(moments.map((ms, i) => interrupt(t, url, join(folder, `out${i}.mp4`), ms, source)));
    t.diagnostic(codes.map((code, i) => `${moments[i]} ms: exit ${code}`).join(', '));
    assert.equal(codes.at(-1), 0, 'the last one recorded something');
  },
);

async function interrupt(
  t: TestContext,
  url: string,
  out: string,
  ms: number,
  source: readonly string[],
): Promise<number> {
  const recorder = startRecording(t, url, ['--log-level', 'debug', out]);
  await recorder.said(READY);
  await pause(ms);
  const { code, signal, stderr } = await recorder.stop('SIGINT');
  assert.ok(code === 0 || code === 3, `${code ?? signal} after ${ms} ms: ${stderr}`);
  assert.ok(!existsSync(`${out}.partial`));
  assert.equal(existsSync(out), code === 0);
  if (code === 0) {
    assert.equal(assertRun(await decodedFrames(out), source, 1), 0);
    await assertPlayable(out);
  }
  return code;
}

peerTest('a recording of a single picture: players show it', ['ffmpeg', 'ffprobe', 'gstreamer'], async (t) => {
  const folder = temporaryFolder(t);
  const { file, frames } = await makeClip({ ...SMALL, seconds: 1 / SMALL.rate });
  const script = join(folder, 'picture.h264');
  await runWell('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', script]);
  for (const form of [[], ['--fragmented']]) {
    const { url } = await embeddedCamera(t, script, '--no-loop');
    const out = join(folder, `out${form.length}.mp4`);
    const { code, stderr } = await recordToEnd(t, url, ...form, out);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await decodedFrames(out), await frames());
    await assertPlayable(out);
    await assertGstreamerPlays(out);
  }
});

peerTest('a refused connection: exit 3 and no file', [], async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const out = join(temporaryFolder(t), 'out.mp4');
  const { code, stderr } = await recordToEnd(t, `rtsp://127.0.0.1:${port}/`, out);
  assert.equal(code, 3, stderr);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.ok(!existsSync(out) && !existsSync(`${out}.partial`));
});

peerTest('no such stream: exit 4 and no file', ['ffmpeg', 'gstServer'], async (t) => {
  const folder = temporaryFolder(t);
  const { url } = await gstServer(t, (await makeClip(SMALL)).file);
  const out = join(folder, 'out.mp4');
  const { code, stderr } = await recordToEnd(t, `${url}-of-another-name`, out);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /404/);
  assert.ok(!existsSync(out) && !existsSync(`${out}.partial`));
});

peerTest(
  'a disk that gets full: exit 1, and the file plays',
  ['ffmpeg', 'ffprobe', 'gstServer', 'mount'],
  async (t) => {
    const folder = temporaryFolder(t);
    const { file, frames } = await makeClip(FULL_HD);
    const { url } = await gstServer(t, file);
    const out = join(folder, 'out.mp4');
    // A file system of 2 MB that nobody else sees; the recording is brought out of it before it vanishes.
    const script = `mkdir "$4" && mount -t tmpfs -o size=2m tmpfs "$4" && code=0
    "$1" "$2" --url "$3" "$4/out.mp4" || code=$?
    mv "$4"/* "$5" && exit $code`;
    const args = ['bash', '-c', script, 'bash', process.execPath, COMMAND, url, join(folder, 'disk'), folder];
    const { code, stderr } = await run('unshare', [...unshareMount(), ...args]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /disk is full/);
    assert.equal(assertRun(await decodedFrames(out), await frames(), FULL_HD.rate), 0);
    await assertPlayable(out);
  },
);
