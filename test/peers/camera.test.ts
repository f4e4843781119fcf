import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FRAMEMD5, frameHashes } from './support/clips.js';
import { source, temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { runWell, start, until } from './support/processes.js';
import { embeddedCamera } from './support/servers.js';

const FIXTURE = 'fixtures/demo.pcap';
const PICTURE_BYTES = (640 * 360 * 3) / 2;

/** What ffmpeg decoded of the session of which the fixture is the capture. */
function golden(): string[] {
  const results = JSON.parse(readFileSync(source('fixtures/demo.json'), 'utf8')) as {
    streams: { decodedMd5: string[] }[];
  };
  return results.streams[0]!.decodedMd5;
}

/**
 * GStreamer now and then interrupts its own PAUSE when it is stopped while it plays: it says that the connection has ended, sends
 * nothing, and goes on with TEARDOWN over the same connection. {@link sameConnection} tells that from an end that was the camera's.
 */
const INTERRUPTED_ITSELF =
  /ERROR: from element \S+: Could not write to resource\.\nAdditional debug info:\n\S+ gst_rtspsrc_(?:try_send|pause) \(\): \S+\nCould not send message\. \(Received end-of-file\)\n/g;

for (const protocol of ['tcp', 'udp']) {
  peerTest(
    `ffmpeg plays the embedded camera by ${protocol}: each loop has the pictures of the fixture`,
    ['ffmpeg'],
    async (t) => {
      const wanted = golden();
      const { url } = await embeddedCamera(t, FIXTURE);
      const beyondOneLoop = wanted.length + 30;
      const input = ['-rtsp_transport', protocol, '-i', url, '-frames:v', String(beyondOneLoop)];
      const text = await runWell('ffmpeg', ['-nostdin', '-v', 'error', ...input, ...FRAMEMD5]);
      assert.deepEqual(frameHashes(text), [...wanted, ...wanted.slice(0, 30)]);
    },
  );

  peerTest(
    `GStreamer plays the embedded camera by ${protocol}: the pictures of the fixture`,
    ['gstreamer'],
    async (t) => {
      const wanted = golden();
      const { url, process: camera } = await embeddedCamera(t, FIXTURE, '--log-level', 'debug');
      const raw = join(temporaryFolder(t), 'pictures.yuv');
      const decode = ['rtph264depay', '!', 'h264parse', '!', 'avdec_h264', '!', 'video/x-raw,format=I420'];
      const sink = ['filesink', `location=${raw}`, 'buffer-mode=unbuffered'];
      const player = start('gst-launch-1.0', [
        '-e',
        'rtspsrc',
        `location=${url}`,
        `protocols=${protocol}`,
        '!',
        ...decode,
        '!',
        ...sink,
      ]);
      t.after(() => player.stop('SIGKILL'));
      await until(() => sizeOf(raw) >= wanted.length * PICTURE_BYTES, 'a loop of pictures');
      // With -e an interrupt becomes the end of the stream.
      const { code, stderr } = await player.stop('SIGINT');
      assert.equal(stderr.replaceAll(INTERRUPTED_ITSELF, ''), '', `${stderr}the camera: ${camera.messages}`);
      await camera.said(/end \(teardown\)/);
      assert.ok(sameConnection(camera.messages), camera.messages);
      if (stderr === '') assert.equal(code, 0);
      const bytes = await readFile(raw);
      const pictures = wanted.map((_, i) => bytes.subarray(i * PICTURE_BYTES, (i + 1) * PICTURE_BYTES));
      assert.deepEqual(
        pictures.map((picture) => createHash('md5').update(picture).digest('hex')),
        wanted,
      );
    },
  );
}

/** Whether the session that was played was torn down by the client, over the connection that had begun it. */
function sameConnection(messages: string): boolean {
  return /^INFO: (\S+): play\n(?:.*\n)*?INFO: \1: end \(teardown\)$/m.test(messages);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
