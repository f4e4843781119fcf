import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Fault, InterleavedFrame, Item } from '../../../lib/items.js';
import { connect } from '../../../lib/net/connect.js';
import type { ConnectOptions } from '../../../lib/net/options.js';
import type { Session } from '../../../lib/net/session.js';
import { header } from '../../../lib/rtsp/message.js';
import { rtp, senderReport } from '../rtp/packets.js';
import { camera as tlsCamera } from './certificates.js';
import { FakeCamera, frame, type Received, type Script, status, wellBehaved } from './fake-camera.js';
import { FakeTime } from './fake-timers.js';
import { test, until } from './limited-test.js';
import { UdpServer } from './udp-server.js';

interface Playing {
  readonly camera: FakeCamera;
  readonly udp: UdpServer;
  readonly session: Session;
  readonly time: FakeTime;
}

/** A camera that answers by `script` and sends one packet as soon as PLAY has come. */
async function play(
  t: TestContext,
  options: ConnectOptions = {},
  make: (udp: UdpServer) => Script = (udp) => udp.script(),
): Promise<Playing> {
  const time = new FakeTime();
  const udp = await UdpServer.start(t);
  const script = make(udp);
  const camera = await FakeCamera.start((received, fake) => {
    if (received.method === 'PLAY' && udp.client.rtp > 0) void udp.send(rtp({ seq: 100, timestamp: 5000 }));
    return script(received, fake);
  });
  t.after(() => camera.close());
  const session = await connect(camera.url, {
    clock: time,
    timers: time,
    teardown: 'never',
    transport: 'udp',
    ...options,
  });
  t.after(() => session.close());
  return { camera, udp, session, time };
}

/** The next items of a kind, with the source left open. */
async function take<K extends Item['kind']>(
  session: Session,
  kind: K,
  count: number,
): Promise<Extract<Item, { kind: K }>[]> {
  const found: Extract<Item, { kind: K }>[] = [];
  while (found.length < count) {
    const item = session.source.read() as Item | null;
    if (item === null) await once(session.source, 'readable');
    else if (item.kind === kind) found.push(item as Extract<Item, { kind: K }>);
  }
  return found;
}

async function rest(session: Session): Promise<Item[]> {
  return (await session.source.toArray()) as Item[];
}

const hexOf = ({ data }: { readonly data: Buffer }) => data.toString('hex');

test('datagrams become items on the streams’ channels, stamped when they are read', async (t) => {
  const { session, time, udp, camera } = await play(t, { selectMedia: () => [0] });
  assert.equal(session.transport, 'udp');
  assert.equal(
    header((await camera.received('SETUP')).request, 'transport')!.split('client_port')[0],
    'RTP/AVP/UDP;unicast;',
  );
  const [first] = await take(session, 'interleaved', 1);
  time.advance(10);
  const report = senderReport(1);
  await udp.sendRtcp(report);
  const [second] = await take(session, 'interleaved', 1);
  time.advance(10);
  const packet = rtp({ seq: 101 });
  await udp.send(packet);
  const [third] = await take(session, 'interleaved', 1);
  const now = time.now();
  const make = (channel: number, data: Buffer, position: number, recv: bigint): InterleavedFrame => ({
    kind: 'interleaved',
    channel,
    data,
    position,
    recv,
    waited: false,
  });
  assert.deepEqual(first, make(0, rtp({ seq: 100, timestamp: 5000 }), 0, now - 20_000_000n));
  assert.deepEqual(second, make(1, report, 14, now - 10_000_000n));
  assert.deepEqual(third, make(0, packet, 42, now));
  const { bytes, receiveBufferBytes } = session.receiveStats;
  assert.equal(bytes, 56);
  assert.ok(receiveBufferBytes! >= 64 * 1024, `${receiveBufferBytes}`);
  assert.deepEqual(session.presentation.media[0]!.setup, { rtpChannel: 0, rtcpChannel: 1, ssrc: undefined });
});

test('two streams have sockets and channels of their own, by their place in the SDP', async (t) => {
  const clients: number[] = [];
  const { session, udp } = await play(t, { selectMedia: () => [1, 0] }, (server) => (received) => {
    const answer = server.script()(received);
    if (received.method === 'SETUP') clients.push(server.client.rtp);
    return answer;
  });
  assert.deepEqual(
    session.presentation.media.map(({ setup }) => [setup!.rtpChannel, setup!.rtcpChannel]),
    [
      [0, 1],
      [2, 3],
    ],
  );
  await udp.send(rtp({ seq: 7 }), udp.rtp, clients[0]);
  const items = await take(session, 'interleaved', 2);
  // The first one, at PLAY, went to the stream that was set up last.
  assert.deepEqual(
    items.map(({ channel }) => channel),
    [0, 2],
  );
});

test('Q65 a TCP answer to a UDP request: a warning, and interleaved it is', async (t) => {
  const { camera, session } = await play(t, {}, () => (received) => {
    if (received.method !== 'SETUP') return wellBehaved(received);
    return status(200, 'OK', 'Transport: RTP/AVP/TCP;unicast;interleaved=4-5', 'Session: 1');
  });
  assert.equal(session.transport, 'tcp');
  assert.deepEqual(
    session.warnings.map(({ code }) => code),
    ['transport'],
  );
  camera.socket.write(frame(4, 'aabb'));
  const [chunk] = await take(session, 'chunk', 1);
  assert.equal(hexOf(chunk!), '24040002aabb');
});

test('Q146 the ports asked for are a pair that is bound on the address of the RTSP connection', async (t) => {
  const { udp, session } = await play(t);
  assert.equal(udp.client.rtp % 2, 0);
  assert.equal(udp.client.rtcp, udp.client.rtp + 1);
  assert.ok(udp.client.rtp >= 5000 && udp.client.rtp < 65_000);
  // Bound there and nowhere else: another socket cannot have it there.
  const rival = createSocket('udp4');
  rival.bind({ address: '127.0.0.1', port: udp.client.rtcp, exclusive: true });
  const [error] = await once(rival, 'error');
  assert.equal(error.code, 'EADDRINUSE');
  rival.close();
  await session.close();
});

test('Q147 before PLAY an RTP packet and a receiver report open firewalls, to the announced ports', async (t) => {
  let before = -1;
  const { udp } = await play(t, {}, (server) => (received) => {
    if (received.method === 'PLAY') before = server.rtpReceived.length + server.rtcpReceived.length;
    return server.script()(received);
  });
  await until(() => udp.rtpReceived.length > 0 && udp.rtcpReceived.length > 0);
  assert.ok(before >= 0);
  assert.deepEqual(udp.rtpReceived.map(hexOf), ['800000000000000000000000']);
  assert.deepEqual(udp.rtcpReceived.map(hexOf), ['80c9000100000000']);
  assert.equal(udp.rtpReceived[0]!.port, udp.client.rtp);
  assert.equal(udp.rtcpReceived[0]!.port, udp.client.rtcp);
});

test('Q147 a server that listens on none of its ports gives ICMP errors, which mean nothing', async (t) => {
  const gone = createSocket('udp4');
  gone.bind({ address: '127.0.0.1', port: 0, exclusive: true });
  await once(gone, 'listening');
  const { port } = gone.address();
  gone.close();
  const { session, udp } = await play(t, {}, (server) => server.script(`server_port=${port}-${port + 1}`));
  session.sendRtcp(1, Buffer.from('80c9000100000000', 'hex'));
  await udp.send(rtp({ seq: 101 }));
  assert.equal((await take(session, 'interleaved', 2)).length, 2);
  assert.deepEqual(session.warnings, []);
});

for (const [what, more] of [
  ['no server_port', 'mode=play'],
  ['server_port=0', 'server_port=0'],
  ['server_port=0-0', 'server_port=0-0'],
  ['an empty source', 'source=;server_port=%PORTS%'],
  ['a source that is a host name', 'source=camera.example;server_port=%PORTS%'],
  ['a source behind a NAT', 'source=192.168.99.99;server_port=%PORTS%'],
  ['a source that is anything', 'source=0.0.0.0;server_port=%PORTS%'],
  ['a single port', 'server_port=%RTP%'],
  ['ports that it does not use', 'server_port=6-7'],
] as const) {
  test(`Q148 a camera that announces ${what} is heard`, async (t) => {
    const { session, udp } = await play(t, {}, (server) => {
      const text = more.replace('%PORTS%', server.ports.slice(12)).replace('%RTP%', `${server.rtp.address().port}`);
      return server.script(text);
    });
    await udp.sendRtcp(senderReport(1));
    const items = await take(session, 'interleaved', 2);
    assert.deepEqual(items.map(({ channel }) => channel).sort(), [0, 1]);
    session.stop();
    assert.deepEqual(
      (await rest(session)).filter(({ kind }) => kind === 'fault'),
      [],
    );
  });
}

test('Q148 datagrams from elsewhere are dropped, and said once; reports go where the packets came from', async (t) => {
  const { session, udp } = await play(t, {}, (server) => server.script('mode=play'));
  const stranger = await UdpServer.start(t);
  const other = await UdpServer.start(t, '127.0.0.2');
  await take(session, 'interleaved', 1); // from here on the port is known
  await stranger.send(rtp({ seq: 900 }), stranger.rtp, udp.client.rtp);
  await stranger.send(rtp({ seq: 901 }), stranger.rtp, udp.client.rtp);
  other.client = udp.client;
  await new Promise<void>((resolve) => other.rtp.send(rtp({ seq: 902 }), udp.client.rtp, '127.0.0.1', () => resolve()));
  await udp.send(rtp({ seq: 101 }));
  const [fault] = await take(session, 'fault', 1);
  assert.equal(fault!.code, 'udp-foreign');
  assert.match(fault!.message, new RegExp(`127\\.0\\.0\\.1 port ${stranger.rtp.address().port}`));
  const [next] = await take(session, 'interleaved', 1);
  assert.equal(next!.data.readUInt16BE(2), 101);
  // RTCP has not been heard of: its port is the next one to RTP's.
  await udp.sendRtcp(senderReport(1));
  await take(session, 'interleaved', 1);
  session.sendRtcp(1, Buffer.from('81c9000700000000', 'hex'));
  await once(udp, 'rtcp');
  assert.deepEqual(udp.rtcpReceived.map(hexOf), ['81c9000700000000']);
  session.stop();
  assert.equal((await rest(session)).length, 0);
});

test('Q149 empty, short and large datagrams are no faults of the session (Tapo sends 10 kB)', async (t) => {
  const { session, udp } = await play(t);
  const large = rtp({ seq: 101, payload: Buffer.alloc(65_507 - 12, 7) });
  for (const data of [Buffer.alloc(0), Buffer.of(0x80), large]) await udp.send(data);
  const items = await take(session, 'interleaved', 4);
  assert.deepEqual(
    items.map(({ data }) => data.length),
    [14, 0, 1, 65_507],
  );
  assert.deepEqual(items[3]!.data, large);
});

test('Q149 datagrams that nobody takes are dropped beyond the cap, counted, and the cap is named', async (t) => {
  const { session, udp } = await play(t, { maxBufferedBytes: 20_000 });
  const packets = Array.from({ length: 60 }, (_, i) => rtp({ seq: 101 + i, payload: Buffer.alloc(1000) }));
  for (const packet of packets) await udp.send(packet);
  await until(() => session.receiveStats.bytes === 14 + 60 * 1012);
  const received = session.receiveStats.bytes;
  session.stop();
  const items = await rest(session);
  const kept = items.filter(({ kind }) => kind === 'interleaved').length;
  const fault = items.at(-1) as Fault;
  assert.equal(fault.code, 'udp-overflow');
  assert.match(fault.message, new RegExp(`^${61 - kept} datagrams were dropped.*20000 bytes.*maxBufferedBytes`));
  assert.ok(kept > 10 && kept < 40, `${kept}`);
  assert.equal(session.receiveStats.bytes, received);
});

/** Connects with fake timers to a camera that plays and sends nothing. */
async function silent(t: TestContext, transport: 'udp' | 'auto', waitMs: number) {
  const time = new FakeTime();
  const udp = await UdpServer.start(t);
  const camera = await FakeCamera.start((received) => {
    const asked = header(received.request, 'transport') ?? '';
    return asked.includes('client_port') ? udp.answerSetup(received) : wellBehaved(received);
  });
  t.after(() => camera.close());
  const connecting = connect(camera.url, { clock: time, timers: time, transport });
  connecting.catch(() => {});
  await until(() => time.delaysMs.includes(waitMs) && camera.methods.includes('PLAY'));
  return { camera, connecting, time, udp };
}

test('Q150 nothing over UDP within 5 s after PLAY: an error that says what may help, and TEARDOWN', async (t) => {
  const { camera, connecting, time } = await silent(t, 'udp', 5000);
  time.advance(4999);
  await new Promise(setImmediate);
  assert.ok(!camera.methods.includes('TEARDOWN'));
  time.advance(1);
  await assert.rejects(connecting, { code: 'no-udp-media', message: /within 5000 ms.*--transport tcp/ });
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
  assert.deepEqual(time.delaysMs, []);
});

test('Q150 RTCP alone is no media', async (t) => {
  const { connecting, time, udp, camera } = await silent(t, 'udp', 5000);
  await udp.sendRtcp(senderReport(1));
  await new Promise(setImmediate);
  time.advance(5000);
  await assert.rejects(connecting, { code: 'no-udp-media' });
  assert.ok(camera.methods.includes('TEARDOWN'));
});

test('Q150 auto goes over to TCP after 3 s, on a new connection with a new DESCRIBE', async (t) => {
  const { camera, connecting, time } = await silent(t, 'auto', 3000);
  time.advance(3000);
  const session = await connecting;
  t.after(() => session.close({ teardown: false }));
  assert.equal(session.transport, 'tcp');
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN', 'DESCRIBE', 'SETUP', 'PLAY']);
  assert.equal(camera.requests.at(-1)!.connection, 1);
  assert.match(session.warnings[0]!.message, /no RTP packet came over UDP.*TCP is tried/);
  camera.socket.write(frame(0, 'aabb'));
  assert.equal(hexOf((await take(session, 'chunk', 1))[0]!), '24000002aabb');
});

test('Q150 an abort while media are waited for ends the attempt', async (t) => {
  const time = new FakeTime();
  const udp = await UdpServer.start(t);
  const camera = await FakeCamera.start(udp.script());
  t.after(() => camera.close());
  const controller = new AbortController();
  const connecting = connect(camera.url, { clock: time, timers: time, transport: 'udp', signal: controller.signal });
  connecting.catch(() => {});
  await until(() => time.delaysMs.includes(5000) && camera.methods.includes('PLAY'));
  controller.abort();
  await assert.rejects(connecting, { name: 'AbortError' });
  assert.deepEqual(time.delaysMs, []);
});

test('Q150 Q85 the end of the RTSP connection does not end the media; when they stop within 5 s it does', async (t) => {
  const { camera, session, time, udp } = await play(t);
  await take(session, 'interleaved', 1);
  const warned = once(session, 'warning');
  camera.socket.end();
  const [warning] = await warned;
  assert.equal(warning.code, 'rtsp-ended');
  // On another connection it goes on saying that somebody listens.
  while (camera.sockets.length < 2) await once(camera, 'connection');
  await until(() => time.delaysMs.includes(30_000));
  for (let seq = 101; seq < 111; seq++) {
    time.advance(4000);
    await udp.send(rtp({ seq }));
    await take(session, 'interleaved', 1);
  }
  const { connection, request } = await camera.received('OPTIONS');
  assert.deepEqual([connection, header(request, 'session')], [1, '4711']);
  time.advance(10_000);
  const items = await rest(session);
  const fault = items.at(-1) as Fault;
  assert.equal(fault.code, 'connection-closed');
  assert.match(fault.message, /EOF.*then no media were received for 5000 ms/);
});

test('Q80 a keepalive that is not answered is no fault while datagrams come', async (t) => {
  const { camera, session, time, udp } = await play(t, { silenceTimeoutMs: 0 }, (server) => (received) => {
    return received.method === 'OPTIONS' ? undefined : server.script()(received);
  });
  await take(session, 'interleaved', 1);
  time.advance(30_000);
  await camera.received('OPTIONS');
  await udp.send(rtp({ seq: 101 }));
  await take(session, 'interleaved', 1);
  time.advance(30_000);
  await camera.received('OPTIONS', 2);
  assert.equal(session.source.readableEnded, false);
  assert.match(session.warnings.at(-1)!.message, /OPTIONS .* was not answered/);
});

test('silence counts datagrams, and over UDP the session may not be read for a while', async (t) => {
  const { session, time, udp } = await play(t, { silenceTimeoutMs: 8000, maxBufferedBytes: 100 });
  time.advance(5000);
  await udp.send(rtp({ seq: 101 }));
  await until(() => session.receiveStats.bytes === 28);
  time.advance(7999);
  await new Promise(setImmediate);
  time.advance(1);
  const fault = (await rest(session)).at(-1) as Fault;
  assert.equal(fault.code, 'connection-silent');
});

test('what comes inside the RTSP connection all the same is not listened to (Tenda)', async (t) => {
  const { camera, session, udp } = await play(t);
  camera.socket.write(Buffer.concat([frame(0, rtp({ seq: 5 })), Buffer.from('junk'), frame(1, '80c8')]));
  await until(() => camera.socket.writableLength === 0);
  await udp.send(rtp({ seq: 101 }));
  await take(session, 'interleaved', 2);
  session.stop();
  assert.deepEqual(await rest(session), []);
  assert.equal(session.receiveStats.bytes, 28);
});

test('461: udp and tcp name each other, auto asks for TCP on the same connection', async (t) => {
  const refuse = (what: RegExp): Script => {
    return (received: Received) =>
      received.method === 'SETUP' && what.test(header(received.request, 'transport')!)
        ? status(461, 'Unsupported Transport')
        : wellBehaved(received);
  };
  for (const [transport, what, message] of [
    ['udp', /client_port/, /461 Unsupported Transport – the server refuses RTP over UDP: try --transport tcp/],
    ['tcp', /interleaved/, /461 Unsupported Transport – the server refuses .*: try --transport udp/],
  ] as const) {
    const camera = await FakeCamera.start(refuse(what));
    t.after(() => camera.close());
    await assert.rejects(connect(camera.url, { transport }), { code: 'transport-refused', message });
    assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP']);
  }
  const camera = await FakeCamera.start(refuse(/client_port/));
  t.after(() => camera.close());
  const session = await connect(camera.url, { transport: 'auto', selectMedia: () => [0, 1] });
  assert.equal(session.transport, 'tcp');
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'SETUP', 'SETUP', 'PLAY']);
  assert.equal(camera.sockets.length, 1);
  await session.close();
});

test('audio that the server declines is left out with a warning, video is not', async (t) => {
  for (const transport of ['tcp', 'udp'] as const) {
    const { session } = await play(t, { transport, selectMedia: () => [0, 1] }, (server) => (received) => {
      if (received.method === 'SETUP' && received.request.uri.endsWith('2')) return status(451, 'No');
      return transport === 'udp' ? server.script()(received) : wellBehaved(received);
    });
    assert.deepEqual(
      session.presentation.media.map(({ setup }) => setup !== undefined),
      [true, false],
    );
    assert.equal(session.warnings.at(-1)!.code, 'setup-declined');
    assert.match(session.warnings.at(-1)!.message, /^audio is left out: SETUP .* 451 No/);
  }
  const camera = await FakeCamera.start((received) =>
    received.method === 'SETUP' && received.request.uri.endsWith('1') ? status(451, 'No') : wellBehaved(received),
  );
  t.after(() => camera.close());
  await assert.rejects(connect(camera.url, { selectMedia: () => [1, 0] }), { code: 'rtsp-status' });
});

test('TLS does not protect datagrams: udp says so, auto means TCP', async (t) => {
  const udp = await UdpServer.start(t);
  for (const transport of ['udp', 'auto'] as const) {
    const camera = await FakeCamera.start((received) => {
      if (received.method === 'PLAY') void udp.send(rtp({ seq: 100 }));
      return transport === 'udp' ? udp.script()(received) : wellBehaved(received);
    }, tlsCamera);
    t.after(() => camera.close());
    const session = await connect(camera.url, { transport, tls: { insecure: true } });
    assert.equal(session.transport, transport === 'udp' ? 'udp' : 'tcp');
    assert.deepEqual(
      session.warnings.map(({ code }) => code),
      transport === 'udp' ? ['udp-clear'] : [],
    );
    await session.close();
  }
});

test('TEARDOWN over UDP goes on on fresh connections by default, since no closed connection ends the media', async (t) => {
  let answers = 0;
  const { camera, session, time } = await play(t, { teardown: 'auto' }, (server) => (received) => {
    if (received.method !== 'TEARDOWN') return server.script()(received);
    return answers++ === 0 ? status(503, 'Busy') : status(200, 'OK');
  });
  const closing = session.close();
  await camera.received('TEARDOWN');
  await until(() => time.delaysMs.includes(1000));
  const outcome = await closing;
  assert.deepEqual([outcome.result, outcome.attempts], ['done', 2]);
});

test('an abort closes the sockets', async (t) => {
  const controller = new AbortController();
  const { session, udp } = await play(t, { signal: controller.signal });
  const failed = once(session.source, 'error');
  controller.abort();
  assert.equal((await failed)[0].name, 'AbortError');
  await session.close();
  // The port is free again.
  const socket = createSocket('udp4');
  socket.bind({ address: '127.0.0.1', port: udp.client.rtp, exclusive: true });
  await once(socket, 'listening');
  socket.close();
});
