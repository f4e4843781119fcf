import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import type { SessionEvent } from '../../../lib/camera/context.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import { header } from '../../../lib/rtsp/message.js';
import { FAKE_START, FakeTime } from './fake-time.js';
import { rtpFields, testScript } from './scripts.js';
import { TestClient } from './test-client.js';

/** A camera that lives as long as its test. */
async function cameraFor(
  t: TestContext,
  options: Partial<CameraOptions> = {},
): Promise<{ camera: Camera; time: FakeTime; events: SessionEvent[] }> {
  const time = new FakeTime();
  const camera = await startCamera({ script: testScript(5), clock: time, timers: time, ...options });
  const events: SessionEvent[] = [];
  camera.on('session', (event) => events.push(event));
  t.after(() => camera.close());
  return { camera, time, events };
}

async function clientFor(t: TestContext, camera: Camera): Promise<TestClient> {
  const client = await TestClient.open(camera.port);
  t.after(() => client.close());
  return client;
}

/** The fields of a sender report that tests look at. */
function senderReport(packet: Buffer) {
  assert.equal(packet[1], 200);
  return {
    ssrc: packet.readUInt32BE(4),
    ntp: packet.readBigUInt64BE(8),
    rtp: packet.readUInt32BE(16),
    packets: packet.readUInt32BE(20),
    octets: packet.readUInt32BE(24),
  };
}

const ntpOf = (unixNs: bigint) => ((unixNs + 2_208_988_800_000_000_000n) << 32n) / 1_000_000_000n;

test('a session from DESCRIBE to TEARDOWN, in real time', async (t) => {
  const { camera, time, events } = await cameraFor(t, {
    path: '/cam',
    ssrc: 0xabc,
    initialSequence: 10,
    initialTimestamp: 1000,
  });
  const client = await clientFor(t, camera);
  assert.equal(camera.url, `rtsp://127.0.0.1:${camera.port}/cam`);

  const described = await client.request('DESCRIBE', camera.url, [['Accept', 'application/sdp']]);
  assert.equal(described.status, 200);
  assert.equal(header(described, 'cseq'), '1');
  assert.equal(header(described, 'content-type'), 'application/sdp');
  assert.equal(header(described, 'content-base'), `${camera.url}/`);
  assert.match(
    described.body.toString(),
    /^v=0\r\n[\s\S]*m=video 0 RTP\/AVP 96\r\na=rtpmap:96 H264\/90000\r\n[\s\S]*a=control:stream=0\r\n$/,
  );

  const setup = await client.request('SETUP', `${camera.url}/stream=0`, [
    ['Transport', 'RTP/AVP/TCP;unicast;interleaved=4-5'],
  ]);
  assert.equal(header(setup, 'transport'), 'RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=00000ABC;mode="PLAY"');
  const [id, timeout] = header(setup, 'session')!.split(';');
  assert.equal(timeout, 'timeout=60');

  const play = await client.request('PLAY', camera.url, [
    ['Session', id!],
    ['Range', 'npt=0.000-'],
  ]);
  assert.equal(header(play, 'range'), 'npt=0.000-');
  assert.equal(header(play, 'rtp-info'), `url=${camera.url}/stream=0;seq=10;rtptime=1000`);
  await client.until(() => client.frames.length === 2);
  await time.run(39);
  await time.run(1);
  await client.until(() => client.frames.length === 4);
  assert.deepEqual(client.on(4).map(rtpFields), [
    { payloadType: 96, marker: false, sequence: 10, timestamp: 1000, ssrc: 0xabc, number: 0 },
    { payloadType: 96, marker: true, sequence: 11, timestamp: 1000, ssrc: 0xabc, number: 1 },
    { payloadType: 96, marker: false, sequence: 12, timestamp: 4600, ssrc: 0xabc, number: 2 },
    { payloadType: 96, marker: true, sequence: 13, timestamp: 4600, ssrc: 0xabc, number: 3 },
  ]);

  assert.equal((await client.request('TEARDOWN', camera.url, [['Session', id!]])).status, 200);
  assert.equal((await client.request('GET_PARAMETER', camera.url, [['Session', id!]])).status, 454);
  assert.deepEqual(
    events.map(({ event, reason }) => reason ?? event),
    ['setup', 'play', 'teardown'],
  );
});

test('the first sender report comes after 100 ms, the next by interval, and both clocks agree with the packets', async (t) => {
  const { camera, time } = await cameraFor(t, { initialTimestamp: 0xffffff00, ssrc: 7, senderReportIntervalMs: 200 });
  const client = await clientFor(t, camera);
  await client.play(camera.url);
  await time.run(500);
  await client.until(() => client.on(1).length === 3);
  const reports = client.on(1).map(senderReport);
  assert.deepEqual(
    reports.map(({ ntp }) => ntp),
    [100n, 300n, 500n].map((ms) => ntpOf(FAKE_START + ms * 1_000_000n)),
  );
  assert.deepEqual(
    reports.map(({ rtp }) => rtp),
    [100, 300, 500].map((ms) => (0xffffff00 + ms * 90) % 2 ** 32),
  );
  // Frames at 0, 40 and 80 ms, two packets of 8 bytes each.
  assert.deepEqual({ ...reports[0], ntp: 0n, rtp: 0 }, { ssrc: 7, ntp: 0n, rtp: 0, packets: 6, octets: 48 });
  assert.ok(client.on(0).length >= 6);
});

test('no sender reports on request', async (t) => {
  const { camera, time } = await cameraFor(t, { senderReportIntervalMs: 0 });
  const client = await clientFor(t, camera);
  await client.play(camera.url);
  await time.run(10_000);
  await client.until(() => client.on(0).length === 502);
  assert.equal(client.on(1).length, 0);
});

test('a looping script continues sequence numbers and timestamps, through both wraps', async (t) => {
  const { camera } = await cameraFor(t, { pacing: 'fast', initialSequence: 65_530, initialTimestamp: 2 ** 32 - 3600 });
  const client = await clientFor(t, camera);
  await client.play(camera.url);
  await client.until(() => client.on(0).length > 1000);
  client.on(0).forEach((packet, i) => {
    const { sequence, timestamp, marker, number } = rtpFields(packet);
    assert.equal(sequence, (65_530 + i) % 65_536);
    assert.equal(timestamp, (2 ** 32 - 3600 + (i >> 1) * 3600) % 2 ** 32);
    assert.equal(marker, i % 2 === 1);
    assert.equal(number, i % 10);
  });
});

test('fast: sender reports lie on the media timeline, which runs ahead of the clock', async (t) => {
  const { camera } = await cameraFor(t, { pacing: 'fast', initialTimestamp: 500, senderReportIntervalMs: 1000 });
  const client = await clientFor(t, camera);
  await client.play(camera.url);
  await client.until(() => client.on(1).length >= 4);
  client
    .on(1)
    .slice(0, 4)
    .forEach((packet, i) => {
      const ms = 100 + 1000 * i;
      const { ntp, rtp } = senderReport(packet);
      assert.equal(ntp, ntpOf(FAKE_START + BigInt(ms) * 1_000_000n));
      assert.equal(rtp, 500 + ms * 90);
    });
});

test('two media come in order of time, each with its own numbers', async (t) => {
  const { camera, time } = await cameraFor(t, {
    script: testScript(5, { audio: true }),
    ssrc: 0xffffffff,
    initialSequence: 0,
    initialTimestamp: 0,
  });
  const client = await clientFor(t, camera);
  const { id, response } = await client.play(camera.url, [0, 1]);
  const url = camera.url;
  assert.equal(header(response, 'rtp-info'), `url=${url}stream=0;seq=0;rtptime=0,url=${url}stream=1;seq=0;rtptime=0`);
  await time.run(60);
  await client.until(() => client.frames.length === 8);
  assert.deepEqual(
    client.frames.map(({ channel, data }) => `${channel}:${rtpFields(data).timestamp}`),
    ['0:0', '0:0', '2:0', '2:160', '0:3600', '0:3600', '2:320', '2:480'],
  );
  assert.deepEqual(
    client.on(2).map((packet) => rtpFields(packet).ssrc),
    [0, 0, 0, 0],
  );
  for (const method of ['PAUSE', 'PLAY', 'TEARDOWN']) {
    assert.equal((await client.request(method, `${url}stream=1`, [['Session', id]])).status, 460);
  }
});

test('one of two media alone', async (t) => {
  const { camera, time } = await cameraFor(t, { script: testScript(5, { audio: true }), initialSequence: 9 });
  const client = await clientFor(t, camera);
  await client.play(camera.url, [1]);
  await time.run(400);
  await client.until(() => client.on(0).length === 21);
  assert.deepEqual(
    client.on(0).map((packet) => rtpFields(packet).sequence),
    Array.from({ length: 21 }, (_, i) => 9 + i),
  );
  assert.ok(client.on(0).every((packet) => rtpFields(packet).payloadType === 0));
});

test('PAUSE stops, PLAY goes on where it stood, and the time between shows in the timestamps', async (t) => {
  const { camera, time, events } = await cameraFor(t, {
    initialSequence: 0,
    initialTimestamp: 0,
    senderReportIntervalMs: 0,
  });
  const client = await clientFor(t, camera);
  const { id } = await client.play(camera.url);
  await time.run(45);
  assert.equal((await client.request('PAUSE', camera.url, [['Session', id]])).status, 200);
  await time.run(1000);
  const again = await client.request('PLAY', camera.url, [
    ['Session', id],
    ['Range', 'npt=now-'],
  ]);
  assert.equal(header(again, 'range'), 'npt=0.080-');
  assert.equal(header(again, 'rtp-info'), `url=${camera.url}stream=0;seq=4;rtptime=${7200 + 90_000}`);
  assert.equal(client.frames.length, 4);
  await time.run(35);
  await client.until(() => client.frames.length === 6);
  assert.deepEqual(
    client
      .on(0)
      .slice(4)
      .map((packet) => [rtpFields(packet).sequence, rtpFields(packet).timestamp]),
    [
      [4, 97_200],
      [5, 97_200],
    ],
  );
  assert.deepEqual(
    events.map(({ event }) => event),
    ['setup', 'play', 'pause', 'play'],
  );
});

test('the end of a script is RTCP BYE, then PLAY starts over', async (t) => {
  const { camera, time } = await cameraFor(t, {
    loop: false,
    initialSequence: 0,
    initialTimestamp: 0,
    ssrc: 5,
    senderReportIntervalMs: 0,
  });
  const client = await clientFor(t, camera);
  const { id, response } = await client.play(camera.url);
  assert.equal(header(response, 'range'), 'npt=0.000-0.200');
  await time.run(199);
  await client.until(() => client.on(0).length === 10);
  // The last picture's time is not over yet.
  assert.equal(client.on(1).length, 0);
  await time.run(1);
  await client.until(() => client.on(1).length === 1);
  const bye = client.on(1)[0]!;
  assert.deepEqual(bye.subarray(-8), Buffer.from('81cb000100000005', 'hex'));
  assert.equal(senderReport(bye).packets, 10);
  const again = await client.request('PLAY', camera.url, [['Session', id]]);
  assert.match(header(again, 'rtp-info')!, /seq=10;/);
  await client.until(() => client.on(0).length === 12);
  assert.equal(rtpFields(client.on(0)[10]!).number, 0);
});

test('atEnd close: the connection ends two seconds behind the BYE, so that the client may tear down first', async (t) => {
  const { camera, time, events } = await cameraFor(t, {
    loop: false,
    pacing: 'fast',
    atEnd: 'close',
    script: testScript(5, { audio: true }),
  });
  const client = await clientFor(t, camera);
  const { id } = await client.play(camera.url, [0, 1]);
  const isGoodbye = (packet: Buffer | undefined) => packet?.at(-7) === 203;
  await client.until(() => isGoodbye(client.on(3).at(-1)));
  assert.ok(isGoodbye(client.frames.at(-1)!.data));
  assert.deepEqual([client.on(0).length, client.on(2).length], [10, 10]);
  await time.run(1999);
  assert.equal((await client.request('GET_PARAMETER', camera.url, [['Session', id]])).status, 200);
  await time.run(1);
  await client.untilEnd();
  assert.equal(events.at(-1)?.reason, 'finished');
});

test('several clients, each with a session of its own', async (t) => {
  const { camera, time } = await cameraFor(t);
  const first = await clientFor(t, camera);
  const second = await clientFor(t, camera);
  const one = await first.play(camera.url);
  await time.run(80);
  const two = await second.play(camera.url);
  assert.notEqual(one.id, two.id);
  await first.until(() => first.on(0).length === 6);
  await second.until(() => second.on(0).length === 2);
  assert.equal(rtpFields(second.on(0)[0]!).number, 0);
  assert.notEqual(rtpFields(first.on(0)[0]!).ssrc, rtpFields(second.on(0)[0]!).ssrc);
  const { connections, sessions, requests } = camera.stats;
  assert.deepEqual({ connections, sessions, requests }, { connections: 2, sessions: 2, requests: 4 });
});

test('a client that does not read holds up neither another one nor memory', async (t) => {
  const { camera } = await cameraFor(t, { pacing: 'fast', script: testScript(50, { size: 60_000 }) });
  const stalled = await clientFor(t, camera);
  const id = await stalled.setup(camera.url);
  stalled.socket.pause();
  stalled.socket.write(`PLAY ${camera.url} RTSP/1.0\r\nCSeq: 9\r\nSession: ${id}\r\n\r\n`);
  const reader = await clientFor(t, camera);
  await reader.play(camera.url);
  await reader.until(() => reader.frames.length > 1000);
  const sentToStalled = camera.stats.bytesSent - reader.socket.bytesRead;
  assert.ok(sentToStalled < 32e6, `${sentToStalled} bytes`);
});
