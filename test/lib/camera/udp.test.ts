import assert from 'node:assert/strict';
import { test } from 'node:test';
import { header } from '../../../lib/rtsp/message.js';
import { bindOnce, openCamera, SILENT, until } from './open-camera.js';
import { rtpFields, testScript } from './scripts.js';
import { TestClient } from './test-client.js';

const RECEIVER_REPORT = '81c90007 00000001 00000abc 00000000 0000000b 00000000 00000000 00000000';

test('a session over UDP from SETUP to TEARDOWN', async (t) => {
  const { camera, time, udpClient, events } = await openCamera(t, {
    ssrc: 0xabc,
    initialSequence: 10,
    initialTimestamp: 1000,
  });
  const client = await udpClient();
  const { id, transport, serverPorts } = await client.setup(camera.url);
  const [rtpPort, rtcpPort] = serverPorts;
  assert.equal(
    transport,
    `RTP/AVP;unicast;client_port=${client.rtp.port}-${client.rtcp.port};server_port=${rtpPort}-${rtcpPort};` +
      'source=127.0.0.1;ssrc=00000ABC;mode="PLAY"',
  );
  assert.deepEqual([rtpPort % 2, rtcpPort], [0, rtpPort + 1]);
  const play = await client.rtsp.request('PLAY', camera.url, [['Session', id]]);
  assert.equal(header(play, 'rtp-info'), `url=${camera.url}stream=0;seq=10;rtptime=1000`);
  await time.run(100);
  await client.rtp.until(() => client.rtp.received.length === 6);
  await client.rtcp.until(() => client.rtcp.received.length === 1);
  assert.deepEqual(
    client.rtp.packets.slice(0, 3).map(rtpFields),
    [0, 1, 2].map((number) => ({
      payloadType: 96,
      marker: number === 1,
      sequence: 10 + number,
      timestamp: 1000 + (number >> 1) * 3600,
      ssrc: 0xabc,
      number,
    })),
  );
  const [report] = client.rtcp.packets;
  assert.deepEqual(
    [report![1], report!.readUInt32BE(4), report!.readUInt32BE(16), report!.readUInt32BE(20)],
    [200, 0xabc, 1000 + 9000, 6],
  );
  assert.deepEqual(
    [client.rtp.received[0]!.from, client.rtcp.received[0]!.from].map(({ address, port }) => [address, port]),
    [
      ['127.0.0.1', rtpPort],
      ['127.0.0.1', rtcpPort],
    ],
  );
  assert.equal(client.rtsp.frames.length, 0);
  assert.equal(camera.stats.datagramsSent, 7);

  assert.equal((await client.rtsp.request('TEARDOWN', camera.url, [['Session', id]])).status, 200);
  await time.run(200);
  assert.equal(camera.stats.datagramsSent, 7);
  assert.deepEqual(
    events.map(({ event, reason }) => reason ?? event),
    ['setup', 'play', 'teardown'],
  );
});

test('Q147 empty packets open a firewall; receiver reports are counted, and keep the session', async (t) => {
  const { camera, time, udpClient, events } = await openCamera(t, { sessionTimeoutS: 10, ...SILENT });
  const client = await udpClient();
  const { id, serverPorts } = await client.setup(camera.url);
  await client.rtp.send('80000000 00000000 00000000', serverPorts[0]);
  await client.rtcp.send('80c90001 00000000', serverPorts[1]);
  await until(() => camera.stats.holePunches === 2);
  await client.rtsp.request('PLAY', camera.url, [['Session', id]]);
  for (let i = 1; i <= 5; i++) {
    time.advance(9_000);
    await client.rtcp.send(RECEIVER_REPORT, serverPorts[1]);
    await until(() => camera.stats.receiverReports === i);
  }
  // Neither a piece of one, nor what comes from another port, is a report.
  await client.rtp.send(RECEIVER_REPORT, serverPorts[1]);
  await client.rtcp.send('81c9', serverPorts[1]);
  await client.rtp.send('', serverPorts[0]);
  await until(() => camera.stats.holePunches === 4);
  assert.equal(camera.stats.receiverReports, 5);
  assert.equal(events.at(-1)!.event, 'play');
  time.advance(10_000);
  assert.equal(events.at(-1)!.reason, 'timeout');
  await client.rtsp.untilEnd();
});

test('receiver reports over TCP are counted too', async (t) => {
  const { camera } = await openCamera(t, SILENT);
  const client = await TestClient.open(camera.port);
  t.after(() => client.close());
  await client.play(camera.url);
  client.socket.write(Buffer.from(`24010020${RECEIVER_REPORT.replaceAll(' ', '')}`, 'hex'));
  await client.request('OPTIONS', camera.url);
  assert.equal(camera.stats.receiverReports, 1);
});

test('media over UDP outlive the RTSP connection, and another one may end them', async (t) => {
  const { camera, time, udpClient, events } = await openCamera(t, SILENT);
  const client = await udpClient();
  const { id } = await client.play(camera.url);
  const idle = await udpClient();
  await idle.setup(camera.url);
  client.rtsp.close();
  idle.rtsp.close();
  await until(() => events.at(-1)?.event === 'end');
  assert.deepEqual([events.at(-1)!.reason, events.at(-1)!.id === id], ['disconnected', false]);
  await time.run(40);
  await client.rtp.until(() => client.rtp.received.length === 4);
  const other = await TestClient.open(camera.port);
  t.after(() => other.close());
  assert.equal((await other.request('GET_PARAMETER', camera.url, [['Session', id]])).status, 200);
  assert.equal((await other.request('TEARDOWN', camera.url, [['Session', id]])).status, 200);
  assert.deepEqual([events.at(-1)!.reason, events.at(-1)!.id], ['teardown', id]);
});

test('two media over UDP, each to its ports and with its numbers', async (t) => {
  const { camera, time, udpClient } = await openCamera(t, { script: testScript(5, { audio: true }), loop: false });
  const video = await udpClient();
  const { id } = await video.setup(camera.url);
  const audio = await udpClient();
  const headers = [
    ['Transport', `RTP/AVP/UDP;unicast;client_port=${audio.rtp.port}-${audio.rtcp.port}`],
    ['Session', id],
  ] as const;
  const answer = await video.rtsp.request('SETUP', `${camera.url}/stream=1`, headers);
  assert.match(header(answer, 'transport')!, /^RTP\/AVP\/UDP;unicast;client_port=/);
  await video.rtsp.request('PLAY', camera.url, [['Session', id]]);
  await time.run(200);
  const isGoodbye = (packet: Buffer | undefined) => packet?.at(-7) === 203;
  await video.rtcp.until(() => isGoodbye(video.rtcp.packets.at(-1)));
  await audio.rtcp.until(() => isGoodbye(audio.rtcp.packets.at(-1)));
  assert.deepEqual(
    [video, audio].map(({ rtp }) => [rtp.received.length, rtpFields(rtp.packets[0]!).payloadType]),
    [
      [10, 96],
      [10, 0],
    ],
  );
  const reports = [video, audio].map(({ rtcp }) => rtcp.packets[0]!);
  assert.equal(reports[0]!.readBigUInt64BE(8), reports[1]!.readBigUInt64BE(8));
  assert.notEqual(reports[0]!.readUInt32BE(4), reports[1]!.readUInt32BE(4));
});

test('a stream that is set up again goes to the new ports', async (t) => {
  const { camera, udpClient } = await openCamera(t, SILENT);
  const first = await udpClient();
  const { id, serverPorts } = await first.setup(camera.url);
  const second = await udpClient();
  const headers = [
    ['Transport', `RTP/AVP;unicast;client_port=${second.rtp.port}-${second.rtcp.port}`],
    ['Session', id],
  ] as const;
  assert.equal((await first.rtsp.request('SETUP', `${camera.url}/stream=0`, headers)).status, 200);
  await first.rtp.send('80', serverPorts[0]);
  await second.rtp.send('80', serverPorts[0]);
  await until(() => camera.stats.holePunches > 0);
  await first.rtsp.request('PLAY', camera.url, [['Session', id]]);
  await second.rtp.until(() => second.rtp.received.length === 2);
  assert.deepEqual([first.rtp.received.length, camera.stats.holePunches], [0, 1]);
});

const TCP = 'RTP/AVP/TCP;unicast;interleaved=0-1';
const UDP = 'RTP/AVP;unicast;client_port=5000-5001';

for (const [transports, asked, answer] of [
  ['both', `${UDP},${TCP}`, /^RTP\/AVP;unicast;client_port=5000-5001/],
  ['both', `${TCP},${UDP}`, /^RTP\/AVP\/TCP/],
  ['tcp', `${UDP},${TCP}`, /^RTP\/AVP\/TCP/],
  ['udp', `${TCP},${UDP}`, /^RTP\/AVP;/],
  ['tcp', UDP, undefined],
  ['udp', TCP, undefined],
] as const) {
  test(`a camera of ${transports}, asked for ${asked}: ${answer ?? 461}`, async (t) => {
    const { camera } = await openCamera(t, { transports });
    const client = await TestClient.open(camera.port);
    t.after(() => client.close());
    const response = await client.request('SETUP', `${camera.url}/stream=0`, [['Transport', asked]]);
    assert.equal(response.status, answer === undefined ? 461 : 200);
    if (answer !== undefined) assert.match(header(response, 'transport')!, answer);
  });
}

test('the streams of a session travel together: 461', async (t) => {
  const { camera } = await openCamera(t, { script: testScript(5, { audio: true }) });
  const client = await TestClient.open(camera.port);
  t.after(() => client.close());
  const id = await client.setup(camera.url);
  const headers = [
    ['Transport', UDP],
    ['Session', id],
  ] as const;
  assert.equal((await client.request('SETUP', `${camera.url}/stream=1`, headers)).status, 461);
});

test('fast: a receiver with ordinary buffers that reads as it can gets every packet', async (t) => {
  const { camera, udpClient } = await openCamera(t, {
    script: testScript(1500, { size: 1400 }),
    pacing: 'fast',
    loop: false,
    initialSequence: 0,
    ...SILENT,
    timers: undefined,
  });
  const client = await udpClient();
  await client.play(camera.url);
  await client.rtcp.until(() => client.rtcp.received.length > 0);
  await client.rtp.until(() => client.rtp.received.length === 3000);
  assert.ok(client.rtp.packets.every((packet, i) => rtpFields(packet).number === i && packet.length === 1412));
});

test('fast: the goodbye comes a moment after the last packet', async (t) => {
  const { camera, time, udpClient } = await openCamera(t, { pacing: 'fast', loop: false, ...SILENT });
  const client = await udpClient();
  await client.play(camera.url);
  await client.rtp.until(() => client.rtp.received.length === 10);
  await time.run(99);
  assert.equal(camera.stats.datagramsSent, 10);
  await time.run(5);
  await client.rtcp.until(() => client.rtcp.received.length === 1);
  assert.equal(client.rtcp.packets[0]!.at(-7), 203);
});

test('close frees the ports', async (t) => {
  const { camera, udpClient, events } = await openCamera(t);
  const client = await udpClient();
  const { serverPorts } = await client.play(camera.url);
  await camera.close();
  assert.equal(events.at(-1)!.reason, 'closed');
  for (const port of serverPorts) assert.equal(await bindOnce(port), port);
});
