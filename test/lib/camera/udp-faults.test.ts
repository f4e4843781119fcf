import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseFaults } from '../../../lib/camera/faults/parse.js';
import type { FaultPlan } from '../../../lib/camera/faults/plan.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import { openCamera, SILENT, until } from './open-camera.js';
import { rtpFields, testScript } from './scripts.js';
import { TestClient } from './test-client.js';

const PACKETS = 600;
const ONCE: Partial<CameraOptions> = {
  script: testScript(PACKETS / 2),
  loop: false,
  pacing: 'fast',
  initialSequence: 65_000,
  ...SILENT,
};

/** The numbers of all packets that arrive over UDP, in order, until the goodbye. */
async function numbersOverUdp(t: TestContext, faults: FaultPlan) {
  const { camera, udpClient } = await openCamera(t, { ...ONCE, faults, timers: undefined });
  const client = await udpClient();
  await client.play(camera.url);
  await client.rtcp.until(() => client.rtcp.received.length > 0);
  const { stats } = camera;
  // RTP and RTCP are different sockets: what left before the goodbye may be read after it.
  await client.rtp.until(() => client.rtp.received.length >= stats.datagramsSent + stats.packetsForged - 1);
  return { client, stats, numbers: client.rtp.packets.map((packet) => rtpFields(packet).number) };
}

async function numbersOverTcp(t: TestContext, faults: FaultPlan) {
  const { camera } = await openCamera(t, { ...ONCE, faults });
  const client = await TestClient.open(camera.port);
  t.after(() => client.close());
  await client.play(camera.url);
  await client.until(() => client.on(1).length > 0);
  return { stats: camera.stats, numbers: client.on(0).map((packet) => rtpFields(packet).number) };
}

/** What a receiver can tell of the order in which packets arrive. */
function disorder(numbers: readonly number[]) {
  const seen = new Set<number>();
  let duplicated = 0;
  let late = 0;
  let highest = -1;
  for (const number of numbers) {
    if (seen.has(number)) duplicated++;
    else if (number < highest) late++;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  return { lost: PACKETS - seen.size, duplicated, late };
}

for (const faults of ['loss=0.02', 'reorder=0.05', 'duplicate=0.03', 'loss=0.05,reorder=0.05,duplicate=0.05']) {
  test(`${faults}: the counts are exact, over UDP as over TCP, and repeat with the seed`, async (t) => {
    const plan = { ...parseFaults(faults), seed: 11 };
    const [udp, tcp] = [await numbersOverUdp(t, plan), await numbersOverTcp(t, plan)];
    for (const { numbers, stats } of [udp, tcp]) {
      const { packetsLost: lost, packetsDuplicated: duplicated, packetsReordered: late } = stats;
      assert.deepEqual(disorder(numbers), { lost, duplicated, late });
      assert.ok(lost + duplicated + late > 5, `${lost}, ${duplicated}, ${late}`);
    }
    if (plan.reorder === undefined) assert.deepEqual(udp.numbers, tcp.numbers);
    assert.deepEqual((await numbersOverUdp(t, plan)).numbers, udp.numbers);
    assert.notDeepEqual((await numbersOverUdp(t, { ...plan, seed: 12 })).numbers, udp.numbers);
  });
}

test('corrupt: as many packets differ as are counted', async (t) => {
  const { client, stats } = await numbersOverUdp(t, { corrupt: 0.05 });
  const { client: sound } = await numbersOverUdp(t, {});
  // SSRC and first timestamp are a session's own.
  const bodies = (packets: readonly Buffer[]) => packets.map((packet) => packet.toString('hex', 12));
  const changed = bodies(client.rtp.packets).filter((body, i) => body !== bodies([sound.rtp.packets[i]!])[0]).length;
  assert.equal(client.rtp.received.length, PACKETS);
  assert.ok(changed > 0 && changed <= stats.packetsCorrupted, `${changed} of ${stats.packetsCorrupted}`);
});

test('jitter: each datagram leaves late, none overtakes', async (t) => {
  const { camera, time, udpClient } = await openCamera(t, { faults: { jitterMs: 30 }, ...SILENT });
  const client = await udpClient();
  await client.play(camera.url);
  assert.equal(client.rtp.received.length, 0);
  await time.run(400);
  await client.rtp.until(() => client.rtp.received.length >= 18);
  const numbers = client.rtp.packets.map((packet) => rtpFields(packet).number);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i % 10),
  );
});

test('Q150 no-udp: everything is answered and no datagram comes', async (t) => {
  const { camera, time, udpClient } = await openCamera(t, { faults: parseFaults('no-udp') });
  const client = await udpClient();
  const { id, response } = await client.play(camera.url);
  assert.equal(response.status, 200);
  await time.run(200);
  await until(() => camera.stats.datagramsWithheld >= 13);
  assert.equal((await client.rtsp.request('GET_PARAMETER', camera.url, [['Session', id]])).status, 200);
  assert.deepEqual([client.rtp.received.length, client.rtcp.received.length, camera.stats.datagramsSent], [0, 0, 0]);
});

test('Q148 foreign: forged packets come ahead of the real ones, from elsewhere', async (t) => {
  const { client, stats, numbers } = await numbersOverUdp(t, { foreign: 0.05 });
  const [first] = client.rtp.received;
  const isReal = client.rtp.received.map(({ from }) => from.address === '127.0.0.1' && from.port === first!.from.port);
  assert.deepEqual(
    numbers.filter((_, i) => isReal[i]),
    Array.from({ length: PACKETS }, (_, i) => i),
  );
  const forged = client.rtp.packets.flatMap((packet, i) => (isReal[i] ? [] : [[packet, client.rtp.packets[i + 1]!]]));
  assert.equal(forged.length, stats.packetsForged);
  assert.ok(forged.length > 20);
  for (const [forgery, real] of forged) {
    assert.deepEqual(forgery!.subarray(0, 12), real!.subarray(0, 12));
    assert.ok(forgery!.subarray(12).every((byte, i) => byte !== real![12 + i]));
  }
});

for (const source of ['192.0.2.1', 'camera.example', '']) {
  test(`Q148 wrong-source: SETUP answers source=${source}, and the media come all the same`, async (t) => {
    const { camera, udpClient } = await openCamera(t, { faults: parseFaults(`wrong-source=${source}`) });
    const client = await udpClient();
    const { transport, id } = await client.setup(camera.url);
    assert.match(transport, new RegExp(`;source=${source.replaceAll('.', '\\.')};ssrc=`));
    await client.rtsp.request('PLAY', camera.url, [['Session', id]]);
    await client.rtp.until(() => client.rtp.received.length === 2);
  });
}

test('close: the RTSP connection ends, the media go on', async (t) => {
  const { camera, time, udpClient, happened } = await openCamera(t, {
    faults: parseFaults('close=packet:3'),
    ...SILENT,
  });
  const client = await udpClient();
  await client.play(camera.url);
  await time.run(40);
  await client.rtsp.untilEnd();
  await time.run(120);
  await client.rtp.until(() => client.rtp.received.length === 10);
  assert.deepEqual(happened, ['close at packet:3']);
});

test('silence within a datagram: half of it comes, then nothing, and no answer either', async (t) => {
  const { camera, time, udpClient, happened } = await openCamera(t, {
    faults: parseFaults('silence=mid-packet:3'),
    ...SILENT,
  });
  const client = await udpClient();
  const { id } = await client.play(camera.url);
  await time.run(200);
  await client.rtp.until(() => client.rtp.received.length === 3);
  assert.deepEqual(
    client.rtp.packets.map(({ length }) => length),
    [20, 20, 10],
  );
  assert.deepEqual(happened, ['silence at mid-packet:3']);
  const requests = camera.stats.requests;
  client.rtsp.socket.write(`GET_PARAMETER ${camera.url} RTSP/1.0\r\nCSeq: 99\r\nSession: ${id}\r\n\r\n`);
  await until(() => camera.stats.requests > requests);
  await time.run(100);
  assert.deepEqual([client.rtp.received.length, client.rtsp.responses.length], [3, 2]);
});

test('close of a camera whose datagrams are late leaves nothing behind', async (t) => {
  const { camera, udpClient } = await openCamera(t, { faults: { jitterMs: 60_000, foreign: 1 }, timers: undefined });
  const client = await udpClient();
  await client.play(camera.url);
  await camera.close();
  // A timer that was left would keep the test's process for a minute.
  assert.equal(process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length, 0);
});
