import assert from 'node:assert/strict';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadScript } from '../../../lib/camera/load-script.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import type { InterleavedFrame, Item } from '../../../lib/items.js';
import { connect } from '../../../lib/net/connect.js';
import { pcapSource } from '../../../lib/pcap/source.js';
import { cameraInfo } from '../../../lib/recorder/camera-info.js';
import { openCaptureFile } from '../../../lib/recorder/capture-file.js';
import type { RecordOptions } from '../../../lib/recorder/options.js';
import { record } from '../../../lib/recorder/record.js';
import { packageFile } from '../../../lib/version.js';
import { readMp4 } from '../../read-mp4.js';
import { FakeTime } from '../net/fake-timers.js';
import { until } from '../net/limited-test.js';
import { RECV } from '../rtp/packets.js';
import { cameraFor, demoDigests, digest, folderFor } from './cameras.js';

/** A clock on which some ms pass between two looks, so that a recording of seconds takes none. */
function runningClock(stepMs = 2) {
  let now = RECV;
  return {
    now: () => {
      now += BigInt(stepMs) * 1_000_000n;
      return now;
    },
  };
}

/** Records ten turns of the demo over UDP. */
async function trial(t: Parameters<typeof cameraFor>[0], camera: Partial<CameraOptions>, options: RecordOptions = {}) {
  const server = await cameraFor(t, { loop: 10, initialSequence: 65_000, initialTimestamp: 1, ...camera });
  const out = join(folderFor(t), 'out.mp4');
  const recording = await record(server.url, out, { transport: 'udp', clock: runningClock(), ...options });
  const report = await recording.done;
  return { report, stats: server.stats, samples: readMp4(readFileSync(out)).samples };
}

describe('recording over UDP', () => {
  it('has every frame of the camera', async (t) => {
    const { report, samples } = await trial(t, { loop: false });
    assert.deepEqual([report.reason, report.lostPackets, report.faults], ['bye', 0, {}]);
    assert.deepEqual(
      samples.map(({ data }) => digest(data)),
      demoDigests,
    );
  });

  it('Q149 loses nothing where packets come out of order and twice', async (t) => {
    const { report, samples, stats } = await trial(t, { faults: { reorder: 0.02, duplicate: 0.005, seed: 5 } });
    assert.ok(stats.packetsReordered > 10 && stats.packetsDuplicated > 2, JSON.stringify(stats));
    assert.deepEqual([report.reason, report.lostPackets, report.frames], ['bye', 0, 1500]);
    assert.deepEqual(report.faults, { 'rtp-duplicate': 1 });
    assert.deepEqual(
      samples.map(({ data }) => digest(data)),
      Array.from({ length: 10 }, () => demoDigests).flat(),
    );
  });

  it('Q149 counts exactly what is lost, with packets out of order and twice besides', async (t) => {
    const faults = { loss: 0.01, reorder: 0.02, duplicate: 0.005, seed: 6 };
    const { report, samples, stats } = await trial(t, { faults }, { allowLoss: true });
    assert.ok(stats.packetsLost > 10, JSON.stringify(stats));
    assert.equal(report.lostPackets, stats.packetsLost);
    assert.equal(samples.length, report.frames);
    assert.ok(report.frames > 1000 && report.frames < 1500, `${report.frames}`);
  });

  it('Q149 a loss that is not allowed ends it', async (t) => {
    const { report } = await trial(t, { faults: { loss: 0.01, seed: 6 } });
    assert.equal(report.reason, 'loss');
  });

  it('Q148 what somebody else sends is not recorded, and said once', async (t) => {
    const { report, samples } = await trial(t, { loop: false, faults: { foreign: 0.2 } });
    assert.deepEqual([report.reason, report.lostPackets, report.faults], ['bye', 0, { 'udp-foreign': 1 }]);
    assert.deepEqual(
      samples.map(({ data }) => digest(data)),
      demoDigests,
    );
  });

  for (const transport of ['udp', 'tcp'] as const) {
    it(`Q82 tells the camera every 5 s what it received, over ${transport}`, async (t) => {
      const { report, stats } = await trial(t, {}, { transport, clock: runningClock(transport === 'udp' ? 2 : 500) });
      assert.equal(report.reason, 'bye');
      assert.ok(stats.receiverReports >= 1, JSON.stringify(stats));
      assert.equal(stats.holePunches > 0, transport === 'udp');
    });
  }
});

it('a capture of a session over UDP replays as the same items', async (t) => {
  const camera = await cameraFor(t, { initialSequence: 5, faults: { reorder: 0.05, seed: 3 } });
  const path = join(folderFor(t), 'session.pcap');
  const capture = await openCaptureFile(path);
  const session = await connect(camera.url, { transport: 'udp', clock: runningClock(), capture: capture.sink });
  const live: Item[] = [];
  for await (const item of session.source as AsyncIterable<Item>) {
    live.push(item);
    // The packet behind the last frame is BYE.
    if (item.kind === 'interleaved' && item.channel === 1 && item.data.includes(Buffer.of(0x81, 203, 0, 1)))
      session.stop();
  }
  session.sendRtcp(1, Buffer.from('80c9000100000000', 'hex'));
  await session.close();
  await capture.close();
  const replayed = (await pcapSource(createReadStream(path)).toArray()) as Item[];
  const frames = (items: readonly Item[]) =>
    items.filter((item): item is InterleavedFrame => item.kind === 'interleaved');
  assert.ok(frames(live).length > 150);
  assert.deepEqual(frames(replayed), frames(live));
  const [described] = replayed.filter(({ kind }) => kind === 'presentation').slice(-1);
  assert.deepEqual(described, session.presentation);
  assert.deepEqual(
    replayed.filter(({ kind }) => kind === 'fault'),
    [],
  );
});

it('audio comes over sockets of its own, and nothing of it is lost', async (t) => {
  const script = await loadScript(fileURLToPath(packageFile('fixtures/gst-aac-basic.pcap')));
  const over = async (transport: 'tcp' | 'udp') => {
    const camera = await cameraFor(t, { script, initialTimestamp: 9, initialSequence: 700 });
    const recording = await record(camera.url, join(folderFor(t), 'out.mp4'), { transport });
    const { audio, frames, reason, lostPackets, faults } = await recording.done;
    return { audio, frames, reason, lostPackets, faults };
  };
  const [udp, tcp] = [await over('udp'), await over('tcp')];
  assert.ok(udp.audio!.frames > 50 && udp.frames > 20, JSON.stringify(udp));
  assert.deepEqual(udp, tcp);
});

it('the information about a camera can be had over UDP too', async (t) => {
  const camera = await cameraFor(t, { loop: true, pacing: 'realtime' });
  const { observation, problem, transports } = await cameraInfo(camera.url, { transport: 'udp', waitMs: 3_600_000 });
  assert.equal(problem, undefined);
  assert.ok(observation!.frames > 0 && observation!.senderReport !== undefined);
  assert.deepEqual(transports, { tcp: { offered: undefined }, udp: { offered: true } });
});

it('Q150 where nothing arrives over UDP it goes over to TCP, and records all', async (t) => {
  const camera = await cameraFor(t, { faults: { noDatagrams: true } });
  const timers = new FakeTime();
  const out = join(folderFor(t), 'out.mp4');
  const starting = record(camera.url, out, { transport: 'auto', timers, holdMs: 0 });
  await until(() => timers.delaysMs.includes(3000) && camera.stats.requests === 3);
  timers.advance(3000);
  const report = await (await starting).done;
  assert.deepEqual([report.reason, report.frames, report.faults], ['bye', 150, {}]);
  assert.equal(camera.stats.connections, 2);
});
