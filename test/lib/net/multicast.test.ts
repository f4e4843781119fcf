import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Item } from '../../../lib/items.js';
import { connect } from '../../../lib/net/connect.js';
import { header } from '../../../lib/rtsp/message.js';
import { isMulticastAddress, multicastGroups } from '../../../lib/rtsp/multicast.js';
import { rtp } from '../rtp/packets.js';
import { described, FakeCamera, type Script, SDP, status, wellBehaved } from './fake-camera.js';
import { FakeTime } from './fake-timers.js';
import { test } from './limited-test.js';

test('which addresses are groups, and which an SDP names', () => {
  for (const address of ['224.0.0.1', '239.255.255.255', 'ff02::1', 'FF3E::1']) assert.ok(isMulticastAddress(address));
  for (const address of ['223.0.0.1', '240.0.0.1', 'fe80::1', '239.1.1', '', 'camera']) {
    assert.ok(!isMulticastAddress(address), address);
  }
  const groups = (sdp: string) => multicastGroups(Buffer.from(sdp));
  assert.deepEqual(groups('v=0\r\nc=IN IP4 239.1.2.3/127\r\nm=video 5000 RTP/AVP 96\r\nc=IN IP4 239.1.2.4/1/2\r\n'), [
    '239.1.2.3',
    '239.1.2.4',
  ]);
  assert.deepEqual(groups('c=IN IP6 FF15::101/3\nc= IN IP4 239.1.2.3\nc=IN IP4 239.1.2.3\n'), [
    'FF15::101',
    '239.1.2.3',
  ]);
  assert.deepEqual(groups('c=IN IP4 0.0.0.0\nc=IN IP4 192.0.2.1\ns=c=IN IP4 239.1.2.3\n'), []);
});

/** A socket on loopback that sends to groups there. */
async function sender(t: TestContext): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind({ address: '127.0.0.1', port: 0 });
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  socket.setMulticastLoopback(true);
  t.after(() => socket.close());
  return socket;
}

/** An even port that is free just now. */
async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4');
    socket.bind({ address: '127.0.0.1', port: 0 });
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    if (port % 2 === 0 && port < 65_534) return port;
  }
}

const GROUP_SDP = SDP.replace('a=control:*', 'c=IN IP4 239.77.1.1/1\r\na=control:*');

/** Plays from a group; the camera sends to it until something has arrived. */
async function play(t: TestContext, script: Script, group: string, port: number) {
  const socket = await sender(t);
  const camera = await FakeCamera.start((received, fake) => {
    if (received.method === 'PLAY') socket.send(rtp({ seq: 100 }), port, group);
    return script(received, fake);
  });
  t.after(() => camera.close());
  const time = new FakeTime();
  const session = await connect(camera.url, { transport: 'udp', timers: time, clock: time, teardown: 'never' });
  t.after(() => session.close());
  return { camera, session, socket };
}

async function nextFrame(source: NodeJS.ReadableStream): Promise<Item> {
  for (;;) {
    const item = source.read() as unknown as Item | null;
    if (item === null) await once(source, 'readable');
    else if (item.kind === 'interleaved') return item;
  }
}

test('a server that refuses unicast and names a group is asked for multicast, and the group is joined', async (t) => {
  const port = await freePort();
  const group = '239.77.1.1';
  const { camera, session, socket } = await play(
    t,
    (received) => {
      if (received.method === 'DESCRIBE') return described(GROUP_SDP);
      if (received.method !== 'SETUP') return wellBehaved(received);
      if (header(received.request, 'transport') !== 'RTP/AVP;multicast') return status(461, 'Unsupported Transport');
      return status(
        200,
        'OK',
        `Transport: RTP/AVP;multicast;destination=${group};port=${port}-${port + 1};ttl=1`,
        'Session: 1',
      );
    },
    group,
    port,
  );
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
  assert.equal(session.transport, 'udp');
  const first = await nextFrame(session.source);
  assert.deepEqual(
    [first.kind === 'interleaved' && first.channel, (first as { data: Buffer }).data],
    [0, rtp({ seq: 100 })],
  );
  // RTCP comes to the next port, and what goes to our own address is not the group's.
  socket.send(rtp({ seq: 1 }), port, '127.0.0.1');
  socket.send(Buffer.from('80c8000100000000', 'hex'), port + 1, group);
  const second = await nextFrame(session.source);
  assert.equal(second.kind === 'interleaved' && second.channel, 1);
});

test('an answer that says multicast to a unicast request is followed; the group may be the SDP’s', async (t) => {
  const port = await freePort();
  const group = '239.77.1.1';
  const { session } = await play(
    t,
    (received) => {
      if (received.method === 'DESCRIBE') return described(GROUP_SDP);
      if (received.method !== 'SETUP') return wellBehaved(received);
      return status(200, 'OK', `Transport: RTP/AVP;multicast;port=${port}`, 'Session: 1');
    },
    group,
    port,
  );
  assert.equal((await nextFrame(session.source)).kind, 'interleaved');
});

test('multicast without a group or a port is an error', async (t) => {
  for (const transport of ['RTP/AVP;multicast;port=5000-5001', 'RTP/AVP;multicast;destination=239.1.1.1']) {
    const camera = await FakeCamera.start((received) =>
      received.method === 'SETUP' ? status(200, 'OK', `Transport: ${transport}`, 'Session: 1') : wellBehaved(received),
    );
    t.after(() => camera.close());
    const message = /says multicast, but not to which group and port/;
    await assert.rejects(connect(camera.url, { transport: 'udp' }), { code: 'transport-invalid', message });
    assert.equal(camera.methods.at(-1), 'TEARDOWN');
  }
});
