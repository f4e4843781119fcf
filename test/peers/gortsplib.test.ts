import assert from 'node:assert/strict';
import { join } from 'node:path';
import { startCapture } from './support/capture.js';
import { decodedFrames, FULL_HD, makeClip, SMALL } from './support/clips.js';
import { readVideoTrack } from './support/mp4-samples.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { assertPlayable } from './support/playable.js';
import { pause } from './support/processes.js';
import { recordToEnd } from './support/recorder.js';
import { assertRun } from './support/runs.js';
import { publish, startGortsplib } from './support/servers.js';
import { assertTiming } from './support/timing.js';

peerTest(
  'gortsplib, to which ffmpeg publishes 1080p30: a late join records every picture from an IDR on',
  ['ffmpeg', 'ffprobe', 'gortsplib'],
  async (t) => {
    const folder = temporaryFolder(t);
    const { file, frames } = await makeClip(FULL_HD);
    const server = await startGortsplib(t);
    await publish(t, server, file);
    const out = join(folder, 'out.mp4');
    const { code, stderr } = await recordToEnd(t, server.url, '--duration', '5', out);
    assert.equal(code, 0, stderr);
    const at = assertRun(await decodedFrames(out), await frames(), 3.5 * FULL_HD.rate);
    assert.equal(at % FULL_HD.rate, 0, 'the recording starts with an IDR');
    await assertPlayable(out);
  },
);

peerTest(
  'gortsplib: the timing in the file is that on the wire',
  ['ffmpeg', 'gortsplib', 'tcpdump', 'capturing', 'tshark'],
  async (t) => {
    const folder = temporaryFolder(t);
    const server = await startGortsplib(t);
    const endCapture = await startCapture(t, server.port);
    await publish(t, server, (await makeClip(SMALL)).file);
    const out = join(folder, 'out.mp4');
    // gortsplib's first sender report comes after 10 s.
    const { code, stderr } = await recordToEnd(t, server.url, '--duration', '12', out);
    assert.equal(code, 0, stderr);
    const figures = assertTiming(await readVideoTrack(out), await endCapture());
    t.diagnostic(`${figures.pictures} pictures, ${figures.reports} sender reports`);
    t.diagnostic(`stamped ${figures.medianDelayMs} ms after tcpdump, at most ${figures.worstDelayMs} ms`);
  },
);

peerTest(
  'gortsplib, whose publisher leaves: exit 1, and the file holds what came',
  ['ffmpeg', 'ffprobe', 'gortsplib'],
  async (t) => {
    const folder = temporaryFolder(t);
    const { file, frames } = await makeClip(SMALL);
    const server = await startGortsplib(t);
    const publisher = await publish(t, server, file);
    const out = join(folder, 'out.mp4');
    const ending = recordToEnd(t, server.url, out);
    await pause(3000);
    await publisher.stop('SIGINT');
    const { code, stderr } = await ending;
    assert.equal(code, 1, stderr);
    assertRun(await decodedFrames(out), await frames(), SMALL.rate);
    await assertPlayable(out);
  },
);
