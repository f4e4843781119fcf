import assert from 'node:assert/strict';
import { join } from 'node:path';
import { startCapture } from './support/capture.js';
import { B_PYRAMID, type ClipOptions, decodedFrames, FULL_HD, makeClip, SLICES } from './support/clips.js';
import { readVideoTrack } from './support/mp4-samples.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { assertGstreamerPlays, assertPlayable } from './support/playable.js';
import { recordToEnd } from './support/recorder.js';
import { gstServer } from './support/servers.js';
import { assertTiming } from './support/timing.js';

const CLIPS: readonly { readonly name: string; readonly clip: ClipOptions; readonly server: readonly string[] }[] = [
  { name: '1080p30', clip: FULL_HD, server: [] },
  { name: 'three B-frames in a pyramid', clip: B_PYRAMID, server: ['--timestamp-offset', '4294700000'] },
  {
    name: 'four slices a picture, AUD, STAP-A',
    clip: SLICES,
    server: ['--aggregate-mode', 'max-stap', '--config-interval', '-1'],
  },
];

for (const { name, clip, server } of CLIPS) {
  peerTest(`gst-rtsp-server, ${name}: every picture is the source's`, ['ffmpeg', 'gstServer'], async (t) => {
    const { file, frames } = await makeClip(clip);
    const { url } = await gstServer(t, file, ...server);
    const out = join(temporaryFolder(t), 'out.mp4');
    const { code, stderr } = await recordToEnd(t, url, out);
    assert.equal(code, 0, stderr);
    const wanted = await frames();
    assert.equal(wanted.length, clip.seconds * clip.rate);
    assert.deepEqual(await decodedFrames(out), wanted);
  });

  peerTest(
    `gst-rtsp-server, ${name}: the timing in the file is that on the wire, and players have no complaint`,
    ['ffmpeg', 'ffprobe', 'gstServer', 'gstreamer', 'tcpdump', 'capturing', 'tshark'],
    async (t) => {
      const { file } = await makeClip(clip);
      const { url, port } = await gstServer(t, file, ...server, '--rtcp-interval', '1');
      const endCapture = await startCapture(t, port);
      const out = join(temporaryFolder(t), 'out.mp4');
      const { code, stderr } = await recordToEnd(t, url, out);
      assert.equal(code, 0, stderr);
      const wire = await endCapture();
      const figures = assertTiming(await readVideoTrack(out), wire);
      assert.equal(figures.pictures, clip.seconds * clip.rate, 'every picture is recorded');
      t.diagnostic(`${figures.pictures} pictures, ${figures.reports} sender reports`);
      t.diagnostic(`stamped ${figures.medianDelayMs} ms after tcpdump, at most ${figures.worstDelayMs} ms`);
      await assertPlayable(out);
      await assertGstreamerPlays(out);
    },
  );
}
