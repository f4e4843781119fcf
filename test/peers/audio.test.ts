import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { decodedFrames, makeClip, SMALL } from './support/clips.js';
import { temporaryFolder } from './support/paths.js';
import { type PeerName, peerTest } from './support/peers.js';
import { assertPlayable } from './support/playable.js';
import { recordToEnd } from './support/recorder.js';
import { assertRun } from './support/runs.js';
import { gstServer, publish, type Server, startGortsplib } from './support/servers.js';
import { decodedAudio, gstreamerAudio, serveG711, storedAudio, withAac } from './support/sounds.js';

/** Samples a second of G.711. */
const G711_RATE = 8000;

interface Case {
  readonly name: string;
  readonly peer: PeerName;
  readonly serve: (t: TestContext, file: string) => Promise<Server>;
  readonly args: readonly string[];
}

const CASES: readonly Case[] = [
  { name: 'gst-rtsp-server', peer: 'gstServer', serve: (t, file) => gstServer(t, file, '--audio'), args: [] },
  {
    name: 'gst-rtsp-server, UDP',
    peer: 'gstServer',
    serve: (t, file) => gstServer(t, file, '--audio'),
    args: ['--transport', 'udp'],
  },
  {
    name: 'gortsplib, to which ffmpeg publishes',
    peer: 'gortsplib',
    serve: async (t, file) => {
      const server = await startGortsplib(t);
      await publish(t, server, file);
      return server;
    },
    args: ['--duration', '5'],
  },
];

for (const { name, peer, serve, args } of CASES) {
  peerTest(
    `${name}, AAC: the frames in the file are the source's, and players have no complaint`,
    ['ffmpeg', 'ffprobe', 'gstreamer', peer],
    async (t) => {
      const folder = temporaryFolder(t);
      const { file, frames } = await makeClip(SMALL);
      const clip = await withAac(folder, file, 44_100, SMALL.seconds);
      const { url } = await serve(t, clip);
      const out = join(folder, 'out.mp4');
      const { code, stderr } = await recordToEnd(t, url, ...args, out);
      assert.equal(code, 0, stderr);
      const enough = (3 * 44_100) / 1024;
      assertRun(await storedAudio(out), await storedAudio(clip), enough);
      assertRun(await decodedFrames(out), await frames(), 3 * SMALL.rate);
      await assertPlayable(out);
      const samples = await gstreamerAudio(out, 'aacparse', '!', 'avdec_aac');
      assert.ok(samples.length >= enough * 1024 * 2 * 2, `GStreamer decodes ${samples.length} bytes`);
    },
  );
}

for (const { codec, decoder } of [
  { codec: 'pcm_alaw', decoder: 'alawdec' },
  { codec: 'pcm_mulaw', decoder: 'mulawdec' },
] as const) {
  peerTest(
    `gst-rtsp-server, ${codec}: ffmpeg and GStreamer hear in the file what was in the source`,
    ['ffmpeg', 'ffprobe', 'gstreamer', 'gstServer'],
    async (t) => {
      const folder = temporaryFolder(t);
      const { url, sound } = await serveG711(t, folder, codec);
      const out = join(folder, 'out.mp4');
      const { code, stderr } = await recordToEnd(t, url, out);
      assert.equal(code, 0, stderr);
      const heard = await decodedAudio(out);
      assert.ok(heard.length >= (SMALL.seconds - 1) * G711_RATE * 2, `${heard.length} bytes`);
      const at = (await decodedAudio(sound)).indexOf(heard);
      assert.ok(at >= 0 && at % 2 === 0, 'a run of the samples of the source');
      assert.deepEqual(await gstreamerAudio(out, decoder), heard);
      await assertPlayable(out);
    },
  );
}
