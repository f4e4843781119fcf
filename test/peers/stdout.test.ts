import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { startCapture } from './support/capture.js';
import { B_PYRAMID, decodedFrames, FRAMEMD5, FULL_HD, frameHashes, makeClip, SMALL } from './support/clips.js';
import { readVideoTrack } from './support/mp4-samples.js';
import { COMMAND, temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { assertPlayable } from './support/playable.js';
import { runWell } from './support/processes.js';
import { startRecording } from './support/recorder.js';
import { gstServer } from './support/servers.js';
import { assertTiming } from './support/timing.js';

for (const [name, clip] of [
  ['1080p30', FULL_HD],
  ['three B-frames in a pyramid', B_PYRAMID],
] as const) {
  peerTest(
    `stdout into a file, ${name}: every picture is the source's, and the timing that on the wire`,
    ['ffmpeg', 'ffprobe', 'gstServer', 'tcpdump', 'capturing', 'tshark'],
    async (t) => {
      const { file, frames } = await makeClip(clip);
      const { url, port } = await gstServer(t, file, '--rtcp-interval', '1');
      const endCapture = await startCapture(t, port);
      const out = join(temporaryFolder(t), 'out.mp4');
      const { code, stderr } = await startRecording(t, url, ['-'], { stdoutTo: out }).ended;
      assert.equal(code, 0, stderr);
      const { pictures } = assertTiming(await readVideoTrack(out), await endCapture());
      assert.equal(pictures, clip.seconds * clip.rate);
      assert.deepEqual(await decodedFrames(out), await frames());
      await assertPlayable(out);
    },
  );
}

peerTest(
  "stdout into ffmpeg while it is recorded: every picture is the source's",
  ['ffmpeg', 'gstServer'],
  async (t) => {
    const { file, frames } = await makeClip(SMALL);
    const { url } = await gstServer(t, file);
    const script = `"$0" "$1" --url "$2" - | ffmpeg -v error -i - ${FRAMEMD5.join(' ')}`;
    const text = await runWell('bash', ['-o', 'pipefail', '-c', script, process.execPath, COMMAND, url]);
    assert.deepEqual(frameHashes(text), await frames());
  },
);

peerTest('stdout into a reader that goes away: exit 0', ['ffmpeg', 'gstServer'], async (t) => {
  const { url } = await gstServer(t, (await makeClip(SMALL)).file);
  const recorder = startRecording(t, url, ['-']);
  await once(recorder.child.stdout!, 'data');
  recorder.child.stdout!.destroy();
  const { code, signal, stderr } = await recorder.ended;
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
  assert.match(stderr, /reader went away/);
});
