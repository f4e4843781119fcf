import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMp4 } from '../read-mp4.js';
import { readTiming } from '../read-timing.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { runWell } from './support/processes.js';
import { recordToEnd } from './support/recorder.js';
import { rustMp4 } from './support/rust-mp4.js';
import { repeatingCamera } from './support/same-session.js';

/** Fixtures with the number of their frames of video, and of the audio that begins no earlier. */
const CASES: readonly (readonly [what: string, fixture: string, frames: number, sounds: number])[] = [
  ['video', 'demo', 150, 0],
  ['video with B-frames', 'gst-bframes-sdponly-digest-wrap', 300, 0],
  ['video and AAC', 'gst-aac-basic', 180, 186],
];

for (const [what, fixture, frames, sounds] of CASES) {
  peerTest(`the mp4 crate of Rust reads every sample and its timing: ${what}`, ['rustMp4'], async (t) => {
    const camera = await repeatingCamera(t, fixture);
    const out = join(temporaryFolder(t), 'out.mp4');
    const { code, stderr } = await recordToEnd(t, camera.url, out);
    assert.equal(code, 0, stderr);
    const lines = (await runWell(rustMp4().program!, [out])).toString().trimEnd().split('\n');
    const tracks = lines.filter((line) => line.startsWith('track '));
    const wanted = readMp4(await readFile(out)).tracks;
    const kinds = sounds === 0 ? ['video'] : ['video', 'audio'];
    assert.deepEqual(
      tracks,
      wanted.map(({ id, timescale, samples }, i) => `track ${id} ${kinds[i]} ${samples.length} ${timescale}`),
    );
    assert.ok(sounds === 0 || wanted[1]!.samples.length >= sounds);
    const samples = wanted[0]!.samples.map(({ data, dts, duration, isSync }) => {
      const [timing, ...others] = readTiming(data).frames;
      assert.equal(others.length, 0);
      return `sample ${dts} ${duration} ${isSync ? 'sync' : '-'} ${timing!.recv} ${timing!.rtp}`;
    });
    assert.equal(samples.length, frames);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('sample ')),
      samples,
    );
  });
}
