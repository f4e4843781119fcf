import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { decodedFrames, makeClip, SMALL } from './support/clips.js';
import { temporaryFolder } from './support/paths.js';
import { type PeerName, peerTest } from './support/peers.js';
import { assertPlayable } from './support/playable.js';
import { recordToEnd } from './support/recorder.js';
import { assertRun } from './support/runs.js';
import { gstServer, publish, type Server, startGortsplib, vlcServer } from './support/servers.js';

const USER = 'viewer';
const PASSWORD = 'fixture-only';
const CREDENTIALS = ['--username', USER, '--password', PASSWORD];

interface Case {
  readonly name: string;
  readonly peer: PeerName;
  readonly serve: (t: TestContext, file: string) => Promise<Server>;
  readonly args: readonly string[];
  /** Whether a client gets the file from its first picture to its last, and then BYE; else it enters where the server is. */
  readonly whole?: boolean;
}

const gst = (...options: string[]) => {
  return (t: TestContext, file: string) => gstServer(t, file, ...options);
};
const gortsplib = (...options: string[]) => {
  return async (t: TestContext, file: string) => {
    const server = await startGortsplib(t, ...options);
    await publish(t, server, file);
    return server;
  };
};
const login = ['--user', USER, '--password', PASSWORD];

const CASES: readonly Case[] = [
  { name: 'gst-rtsp-server', peer: 'gstServer', serve: gst('--protocols', 'udp'), args: [], whole: true },
  ...['digest', 'basic'].map(
    (scheme): Case => ({
      name: `gst-rtsp-server, ${scheme}`,
      peer: 'gstServer',
      serve: gst('--protocols', 'udp', ...login, '--auth', scheme),
      args: CREDENTIALS,
      whole: true,
    }),
  ),
  { name: 'gortsplib, to which ffmpeg publishes', peer: 'gortsplib', serve: gortsplib(), args: ['--duration', '5'] },
  {
    name: 'gortsplib, to which ffmpeg publishes, with login',
    peer: 'gortsplib',
    serve: gortsplib('-user', USER, '-password', PASSWORD),
    args: [...CREDENTIALS, '--duration', '5'],
  },
  { name: 'VLC', peer: 'vlcServer', serve: vlcServer, args: ['--duration', '4'] },
  {
    name: 'VLC, basic',
    peer: 'vlcServer',
    serve: (t, file) => vlcServer(t, file, { RTSP_USER: USER, RTSP_PASSWORD: PASSWORD }),
    args: [...CREDENTIALS, '--duration', '4'],
  },
];

for (const { name, peer, serve, args, whole } of CASES) {
  peerTest(`${name}, UDP: every picture is the source's`, ['ffmpeg', 'ffprobe', peer], async (t) => {
    const { file, frames } = await makeClip(SMALL);
    const { url } = await serve(t, file);
    const out = join(temporaryFolder(t), 'out.mp4');
    const { code, stderr } = await recordToEnd(t, url, '--transport', 'udp', ...args, out);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, new RegExp(PASSWORD));
    const [recorded, wanted] = [await decodedFrames(out), await frames()];
    if (whole) assert.deepEqual(recorded, wanted);
    else assertRun(recorded, wanted, 2 * SMALL.rate);
    await assertPlayable(out);
  });
}

for (const { asked, offered } of [
  { asked: 'tcp', offered: 'udp' },
  { asked: 'udp', offered: 'tcp' },
]) {
  peerTest(
    `gst-rtsp-server that has ${offered} alone: --transport ${asked} ends with 4 and names the other, auto records`,
    ['ffmpeg', 'ffprobe', 'gstServer'],
    async (t) => {
      const { file, frames } = await makeClip(SMALL);
      const { url } = await gstServer(t, file, '--protocols', offered);
      const out = join(temporaryFolder(t), 'out.mp4');
      const refused = await recordToEnd(t, url, '--transport', asked, out);
      assert.equal(refused.code, 4, refused.stderr);
      assert.match(refused.stderr, new RegExp(`461.*--transport ${offered}`, 's'));
      assert.ok(!existsSync(out) && !existsSync(`${out}.partial`), 'no file is left');
      const recorded = await recordToEnd(t, url, '--transport', 'auto', out);
      assert.equal(recorded.code, 0, recorded.stderr);
      assert.deepEqual(await decodedFrames(out), await frames());
      await assertPlayable(out);
    },
  );
}
