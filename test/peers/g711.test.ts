import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { SMALL } from './support/clips.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { assertPlayable } from './support/playable.js';
import { recordToEnd } from './support/recorder.js';
import { decodedAudio, gstreamerAudio, serveG711 } from './support/sounds.js';

/** Bytes a second of what ffmpeg and GStreamer decode: 8000 samples of 16 bits. */
const DECODED_RATE = 8000 * 2;

for (const [codec, decoder, rtpmap] of [
  ['pcm_alaw', 'alawdec', 'a=rtpmap:8 PCMA/8000'],
  ['pcm_mulaw', 'mulawdec', 'a=rtpmap:0 PCMU/8000'],
] as const) {
  for (const transport of ['tcp', 'udp'] as const) {
    peerTest(
      `Q50 gst-rtsp-server, ${codec} over ${transport}, without rtpmap: ffmpeg and GStreamer hear in the file what was sent`,
      ['ffmpeg', 'ffprobe', 'gstreamer', 'gstServer'],
      async (t) => {
        const folder = temporaryFolder(t);
        const { url, sound } = await serveG711(t, folder, codec);
        const relay = await hide(t, url, rtpmap);
        const out = join(folder, 'out.mp4');
        const { code, stderr } = await recordToEnd(t, relay.url, '--transport', transport, out);
        assert.equal(code, 0, stderr);
        assert.equal(relay.hidden(), 1, 'the SDP came without the line');
        const heard = await decodedAudio(out);
        assert.ok(heard.length >= (SMALL.seconds - 1) * DECODED_RATE, `${heard.length} bytes`);
        const at = (await decodedAudio(sound)).indexOf(heard);
        assert.ok(at >= 0 && at % 2 === 0, 'a run of the samples of the source');
        assert.deepEqual(await gstreamerAudio(out, decoder), heard);
        await assertPlayable(out);
      },
    );
  }
}

/**
 * Stands between a client and a server, and makes a line of what the server says one that means nothing, of the same length so that
 * Content-Length stays right: GStreamer writes an rtpmap for static payload types too.
 */
async function hide(
  t: TestContext,
  url: string,
  line: string,
): Promise<{ readonly url: string; readonly hidden: () => number }> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  let hidden = 0;
  const relay = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.push(client, server);
    client.pipe(server);
    server.on('data', (data) => {
      const at = data.indexOf(line);
      if (at >= 0) {
        data.write('x', at);
        hidden++;
      }
      client.write(data);
    });
    server.on('end', () => client.end());
    for (const socket of [client, server]) socket.on('error', () => {});
  });
  t.after(() => {
    relay.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(relay.listen(0, hostname), 'listening');
  const own = (relay.address() as AddressInfo).port;
  return { url: url.replace(`:${port}/`, `:${own}/`), hidden: () => hidden };
}
