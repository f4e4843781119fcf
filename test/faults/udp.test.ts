import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseFaults } from '../../lib/camera/faults/parse.js';
import type { FaultPlan } from '../../lib/camera/faults/plan.js';
import { loadScript } from '../../lib/camera/load-script.js';
import { EXIT } from '../../lib/cli/exit-code.js';
import { packageFile } from '../../lib/version.js';
import { demoDigests, digest } from '../lib/recorder/cameras.js';
import type { Mp4Sample } from '../read-mp4.js';
import { recordFaults } from './record-faults.js';

const FRAMES = 150;

const overUdp = (t: TestContext, faults: FaultPlan, allowLoss = true) =>
  recordFaults(t, faults, { recorder: { transport: 'udp', allowLoss } });

/** Numbers of the demo's frames in the file; -1 for one that the camera did not send like that. */
const framesOf = (samples: readonly Mp4Sample[]) => samples.map(({ data }) => demoDigests.indexOf(digest(data)));
const ALL = Array.from({ length: FRAMES }, (_, i) => i);

describe('Q149 over UDP', () => {
  it('a sound network: every frame, nothing lost', async (t) => {
    const { report, exitCode, samples, stats } = await overUdp(t, {}, false);
    assert.deepEqual([report?.reason, exitCode, report?.lostPackets], ['bye', EXIT.ok, 0]);
    assert.deepEqual(framesOf(samples), ALL);
    assert.ok(stats.holePunches >= 2 && stats.datagramsSent > 500, JSON.stringify(stats));
  });

  for (const [reorder, duplicate, seed] of [
    [0.02, 0.005, 1],
    [0.1, 0.05, 2],
  ] as const) {
    it(`reordering of ${reorder}, duplicates of ${duplicate}: nothing is lost`, async (t) => {
      const { report, exitCode, samples, stats } = await overUdp(t, { reorder, duplicate, seed }, false);
      assert.ok(stats.packetsReordered > 2 && stats.packetsDuplicated > 0, JSON.stringify(stats));
      assert.deepEqual([report?.reason, exitCode, report?.lostPackets], ['bye', EXIT.ok, 0]);
      assert.deepEqual(framesOf(samples), ALL);
    });
  }

  for (const seed of [1, 2, 3]) {
    it(`loss of 1 %, with reordering and duplicates, seed ${seed}: the number reported is the number lost`, async (t) => {
      const { report, exitCode, samples, stats } = await overUdp(t, {
        loss: 0.01,
        reorder: 0.02,
        duplicate: 0.02,
        seed,
      });
      assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
      assert.ok(stats.packetsLost > 1, JSON.stringify(stats));
      assert.equal(report!.lostPackets, stats.packetsLost);
      assert.ok(samples.length < FRAMES && samples.length > FRAMES - 2 * stats.packetsLost, `${samples.length}`);
    });
  }

  it('loss without leave: the file ends before it', async (t) => {
    const { report, exitCode, samples } = await overUdp(t, { loss: 0.01 }, false);
    assert.deepEqual([report?.reason, exitCode], ['loss', EXIT.early]);
    assert.deepEqual(framesOf(samples), ALL.slice(0, samples.length));
  });

  it('corrupt packets: recorded to the end', async (t) => {
    const { report, exitCode, samples } = await overUdp(t, { corrupt: 0.02 });
    assert.deepEqual([report?.reason, exitCode], ['bye', EXIT.ok]);
    assert.ok(samples.length > 100, `${samples.length}`);
  });
});

describe('video and audio of one camera', () => {
  for (const transport of ['tcp', 'udp'] as const) {
    it(`both over ${transport}, through the point where two turns meet`, async (t) => {
      const script = await loadScript(fileURLToPath(packageFile('fixtures/gst-aac-basic.pcap')));
      const [video, audio] = script.media.map(({ packets }) => packets.length);
      const { report, exitCode, samples, stats } = await recordFaults(
        t,
        {},
        { camera: { script, loop: 2 }, recorder: { transport } },
      );
      assert.deepEqual([report?.reason, exitCode, report?.lostPackets], ['bye', EXIT.ok, 0]);
      assert.deepEqual([samples.length, report!.audio?.frames, report!.audio?.lostPackets], [360, 2 * audio!, 0]);
      if (transport === 'udp') assert.ok(stats.datagramsSent > 2 * (video! + audio!), `${stats.datagramsSent}`);
      else assert.equal(stats.datagramsSent, 0);
    });
  }
});

describe('where datagrams come from, and whether they do', () => {
  it('Q148 what somebody else sends is not believed', async (t) => {
    const { report, exitCode, samples, stats } = await overUdp(t, { foreign: 0.2 }, false);
    assert.ok(stats.packetsForged > 50, `${stats.packetsForged}`);
    assert.deepEqual([report?.reason, exitCode, report?.lostPackets], ['bye', EXIT.ok, 0]);
    assert.deepEqual(framesOf(samples), ALL);
    assert.equal(report!.faults['udp-foreign'], 1);
  });

  for (const source of ['', 'camera.example', '127.0.0.1']) {
    it(`Q148 source=${source}: media come from the address of the RTSP connection`, async (t) => {
      const { report, exitCode, samples } = await overUdp(t, parseFaults(`wrong-source=${source}`), false);
      assert.deepEqual([report?.reason, exitCode, samples.length], ['bye', EXIT.ok, FRAMES]);
    });
  }

  it('Q150 no datagram comes: an error in time that names the way out', async (t) => {
    const { error, report, exitCode, elapsedS, stats } = await overUdp(t, parseFaults('no-udp'));
    assert.match((error ?? report?.error)!.message, /--transport tcp/);
    assert.equal(exitCode, EXIT.nothing);
    assert.ok(elapsedS <= 20 && stats.datagramsSent === 0, `${elapsedS} s`);
  });

  it('Q150 the RTSP connection ends: the recording goes on to the goodbye', async (t) => {
    for (const where of ['after:3', 'packet:100']) {
      const { report, exitCode, samples, happened } = await overUdp(t, parseFaults(`close=${where}`), false);
      assert.deepEqual([report?.reason, exitCode, happened], ['bye', EXIT.ok, [`close at ${where}`]]);
      assert.deepEqual(framesOf(samples), ALL);
    }
  });

  it('silence: given up, and the file holds what came', async (t) => {
    const { report, exitCode, samples } = await overUdp(t, parseFaults('silence=packet:100'));
    assert.deepEqual([report?.reason, exitCode], ['connection', EXIT.early]);
    assert.match(report!.error!.message, /no media were received for 15000 ms/);
    assert.ok(samples.length > 20, `${samples.length}`);
  });
});
