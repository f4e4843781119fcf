import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeClip, SMALL } from './support/clips.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest, vlcCommand } from './support/peers.js';
import { run } from './support/processes.js';
import { recordToEnd } from './support/recorder.js';
import { embeddedCamera, vlcServer } from './support/servers.js';

const CREDENTIALS = ['--username', 'viewer', '--password', 'fixture-only'];

for (const { title, env, args } of [
  { title: 'VLC as server', env: {}, args: [] },
  {
    title: 'VLC as server that asks for Basic',
    env: { RTSP_USER: 'viewer', RTSP_PASSWORD: 'fixture-only' },
    args: CREDENTIALS,
  },
]) {
  peerTest(
    `${title}: it sends by UDP alone, and the refusal of TCP is said as such`,
    ['ffmpeg', 'vlcServer'],
    async (t) => {
      const folder = temporaryFolder(t);
      const { url } = await vlcServer(t, (await makeClip(SMALL)).file, env);
      const out = join(folder, 'out.mp4');
      const { code, stderr } = await recordToEnd(t, url, ...args, '--duration', '4', out);
      assert.ok(code === 3 || code === 4, `${code}: ${stderr}`);
      assert.match(stderr, /SETUP.*461/);
      assert.doesNotMatch(stderr, /fixture-only/);
      assert.ok(!existsSync(out) && !existsSync(`${out}.partial`), 'no file is left');
    },
  );
}

peerTest('VLC plays the embedded camera', ['vlcPlayer'], async (t) => {
  const { url } = await embeddedCamera(t, 'fixtures/demo.pcap');
  const [command, ...args] = vlcCommand('--rtsp-tcp', '--run-time=3', '--play-and-exit', '-V', 'dummy', '-vv', url);
  const { code, stderr } = await run(command, args);
  assert.equal(code, 0);
  assert.match(stderr, /Received first picture/);
});
