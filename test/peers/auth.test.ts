import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeClip, SMALL } from './support/clips.js';
import { temporaryFolder } from './support/paths.js';
import { type PeerName, peerTest } from './support/peers.js';
import { assertPlayable } from './support/playable.js';
import { recordToEnd } from './support/recorder.js';
import { gstServer, publish, type Server, startGortsplib } from './support/servers.js';

const USER = 'viewer';
const PASSWORD = 'fixture-only';

interface Case {
  readonly name: string;
  readonly peer: PeerName;
  readonly serve: (t: TestContext, file: string) => Promise<Server>;
}

const CASES: readonly Case[] = [
  ...['digest', 'basic'].map(
    (scheme): Case => ({
      name: `gst-rtsp-server, ${scheme}`,
      peer: 'gstServer',
      serve: (t, file) => gstServer(t, file, '--user', USER, '--password', PASSWORD, '--auth', scheme),
    }),
  ),
  {
    name: 'gortsplib, which offers Basic and Digest',
    peer: 'gortsplib',
    serve: async (t, file) => {
      const server = await startGortsplib(t, '-user', USER, '-password', PASSWORD);
      await publish(t, server, file);
      return server;
    },
  },
];

for (const { name, peer, serve } of CASES) {
  peerTest(
    `${name}: records with the password, exits 4 with a wrong one or none`,
    ['ffmpeg', 'ffprobe', peer],
    async (t) => {
      const folder = temporaryFolder(t);
      const { url } = await serve(t, (await makeClip(SMALL)).file);
      const out = join(folder, 'out.mp4');
      const args = ['--duration', '2', out];

      for (const credentials of [['--username', USER, '--password', 'wrong-and-secret'], []]) {
        const refused = await recordToEnd(t, url, ...credentials, ...args);
        assert.equal(refused.code, 4, refused.stderr);
        assert.doesNotMatch(refused.stderr, /wrong-and-secret/);
        assert.ok(!existsSync(out) && !existsSync(`${out}.partial`), 'no file is left');
      }

      const { code, stderr } = await recordToEnd(t, url, '--username', USER, '--password', PASSWORD, ...args);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, new RegExp(PASSWORD));
      await assertPlayable(out);

      const inUrl = url.replace('//', `//${USER}:${PASSWORD}@`);
      const again = await recordToEnd(t, inUrl, '-y', ...args);
      assert.equal(again.code, 0, again.stderr);
      assert.doesNotMatch(again.stderr, new RegExp(PASSWORD));
    },
  );
}
