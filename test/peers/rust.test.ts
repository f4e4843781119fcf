import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readVideoTrack, type VideoTrack } from './support/mp4-samples.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest, rustRecorder } from './support/peers.js';
import { run } from './support/processes.js';
import { recordToEnd } from './support/recorder.js';
import { embeddedCamera } from './support/servers.js';
import { isTimingSei, sampleTiming } from './support/timing-sei.js';

/** Pictures of a second: 25. The programs end at moments of their own. */
const AT_LEAST = 4 * 25;

peerTest(
  'the Rust retina-record, on the same camera: the same NAL units, durations and timing',
  ['rust'],
  async (t) => {
    const folder = temporaryFolder(t);
    const { url } = await embeddedCamera(t, 'fixtures/demo.pcap');
    const [ours, theirs] = [join(folder, 'ours.mp4'), join(folder, 'theirs.mp4')];
    const [own, other] = await Promise.all([
      recordToEnd(t, url, '--duration', '5', ours),
      run(rustRecorder()!, ['--url', url, '--duration', '5', theirs]),
    ]);
    assert.equal(own.code, 0, own.stderr);
    assert.equal(other.code, 0, other.stderr);
    const [a, b] = [await readVideoTrack(ours), await readVideoTrack(theirs)];
    const common = Math.min(a.samples.length, b.samples.length);
    assert.ok(common >= AT_LEAST, `${common} pictures in both`);
    assert.equal(a.timescale, b.timescale);
    const [hashesA, hashesB] = [cameraBytes(a, common), cameraBytes(b, common)];
    assert.deepEqual(hashesA, hashesB, 'the NAL units of the camera');
    // The last picture's own duration is anybody's guess.
    assert.deepEqual(times(a, common - 1), times(b, common - 1), 'decode times, durations and random access points');
    assert.deepEqual(rtpSteps(a, common), rtpSteps(b, common), 'RTP timestamps in the SEI');
  },
);

/** One hash a sample, over the NAL units that are not timing SEI, with their lengths. */
function cameraBytes({ samples }: VideoTrack, count: number): string[] {
  return samples.slice(0, count).map(({ nalUnits }) => {
    const units = nalUnits.filter((unit) => !isTimingSei(unit));
    const hash = createHash('md5');
    for (const unit of units) hash.update(`${unit.length} `).update(unit);
    return `${units.map((unit) => unit[0]! & 0x1f).join()} ${hash.digest('hex')}`;
  });
}

function times({ samples }: VideoTrack, count: number): string[] {
  return samples.slice(0, count).map(({ dts, cts, duration, isSync }) => `${dts} ${cts} ${duration} ${isSync}`);
}

/** Each session has RTP timestamps of its own, but the same steps between them. */
function rtpSteps({ samples }: VideoTrack, count: number): number[] {
  const stamps = samples.slice(0, count).map((sample) => {
    const { frames } = sampleTiming(sample);
    assert.equal(frames.length, 1);
    return frames[0]!.rtp;
  });
  return stamps.slice(1).map((rtp, i) => (rtp - stamps[i]!) >>> 0);
}
