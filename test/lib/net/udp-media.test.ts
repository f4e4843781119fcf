import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Fault, Item } from '../../../lib/items.js';
import type { RtspConnection } from '../../../lib/net/connection.js';
import type { MediaConsumer } from '../../../lib/net/media-tap.js';
import { kernelName } from '../../../lib/net/udp-drops.js';
import { UdpMedia } from '../../../lib/net/udp-media.js';
import { openUdpPair } from '../../../lib/net/udp-pair.js';
import { WarningLog } from '../../../lib/net/warnings.js';
import { rtp } from '../rtp/packets.js';
import { FakeTime } from './fake-timers.js';
import { test, until } from './limited-test.js';
import { UdpServer } from './udp-server.js';

/** Media of one stream from a server on loopback, with a table of the kernel's that the test fills in. */
async function start(t: TestContext, maxBufferedBytes = 1_000_000) {
  const time = new FakeTime();
  const server = await UdpServer.start(t);
  const pair = await openUdpPair('127.0.0.1', randomBytes);
  server.client = pair.ports;
  let consumer: MediaConsumer | undefined;
  const connection = {
    startMedia: (one: MediaConsumer) => {
      consumer = one;
    },
    stopMedia: () => {},
  } as unknown as RtspConnection;
  const warnings = new WarningLog(() => {});
  const table = { drops: 0 };
  const name = kernelName(pair.rtp.address());
  const media = new UdpMedia({
    connection,
    clock: time,
    timers: time,
    warnings,
    maxBufferedBytes,
    readTable: async () => `1: ${name} x 07 x x x x x x x x ${table.drops}\n`,
  });
  t.after(() => media.close());
  media.add(pair, { rtpChannel: 4, rtcpChannel: 5 }, { addresses: ['127.0.0.1'] });
  const items: Item[] = [];
  let ends = 0;
  const receiver = { isFull: false, item: (item: Item) => items.push(item), closed: () => ends++ };
  const received = (bytes: number) => until(() => media.received >= bytes);
  return {
    consumer: () => consumer!,
    ends: () => ends,
    items,
    media,
    pair,
    received,
    receiver,
    server,
    table,
    time,
    warnings,
  };
}

test('Q149 what the kernel dropped is a fault that says how many, how large the buffer was and what limits it', async (t) => {
  const { items, media, receiver, table, time, warnings } = await start(t);
  media.expect();
  media.start(receiver, 0);
  table.drops = 7;
  time.advance(5000);
  await new Promise(setImmediate);
  assert.equal(items.length, 1);
  const { code, message } = items[0] as Fault;
  assert.equal(code, 'udp-overflow');
  const size = Math.round(media.receiveBufferBytes / 1024);
  assert.match(message, new RegExp(`^the kernel dropped 7 datagrams.* ${size} KiB .*net\\.core\\.rmem_max`));
  // What is found when all is over can only be a warning.
  table.drops = 9;
  media.stop();
  await media.close();
  assert.equal(items.length, 1);
  assert.match(warnings.all[0]!.message, /dropped 2 datagrams/);
  assert.deepEqual(time.delaysMs, []);
});

test('datagrams count from before the answer to PLAY, and not before its request', async (t) => {
  const { items, media, pair, received, receiver, server } = await start(t);
  const arrived = once(pair.rtp, 'message');
  await server.send(rtp({ seq: 1 }));
  await arrived;
  media.expect();
  await server.send(rtp({ seq: 2 }));
  await received(14);
  assert.equal(items.length, 0);
  media.start(receiver, 0);
  assert.deepEqual(
    items.map((item) => item.kind === 'interleaved' && [item.channel, item.data.readUInt16BE(2)]),
    [[4, 2]],
  );
});

test('datagrams are kept for as long as the session says, and a fault comes behind them', async (t) => {
  const { items, media, received, receiver, server, table, time } = await start(t);
  const kinds = () => items.map(({ kind }) => kind);
  media.expect();
  media.start(receiver, 10_000);
  await server.send(rtp({ seq: 1 }));
  await received(14);
  assert.equal(media.lastMedia, time.now());
  assert.deepEqual(kinds(), []);
  table.drops = 7;
  time.advance(5000);
  await new Promise(setImmediate);
  assert.deepEqual(kinds(), ['interleaved', 'fault']);
  await server.send(rtp({ seq: 2 }));
  await received(28);
  media.flush();
  assert.equal(items.length, 3);
  await server.send(rtp({ seq: 3 }));
  await received(42);
  media.stop();
  assert.equal(items.length, 4);
});

test('what waits for the session is capped, and what was dropped is told before what follows', async (t) => {
  const { items, media, received, receiver, server } = await start(t, 2000);
  media.expect();
  for (let seq = 0; seq < 20; seq++) await server.send(rtp({ seq }));
  await received(280);
  media.start(receiver, 0);
  assert.equal(items.length, Math.floor(2000 / (14 + 256)));
  await server.send(rtp({ seq: 20 }));
  await received(294);
  const [fault, last] = items.slice(-2);
  assert.match((fault as Fault).message, /^13 datagrams were dropped.*2000 bytes/);
  assert.equal(last!.kind, 'interleaved');
});

test('the end of the RTSP connection is told, even if it came before the session was there', async (t) => {
  const { consumer, ends, media, receiver } = await start(t);
  media.expect();
  consumer().closed({ midway: false });
  media.start(receiver, 0);
  assert.equal(ends(), 1);
  // And what comes inside it is not listened to.
  consumer().chunk({ kind: 'chunk', data: Buffer.alloc(10), recv: 0n });
  assert.equal(media.received, 0);
});

test('reports go nowhere as long as nothing tells where, and nowhere after the end', async (t) => {
  const { media, received, receiver, server } = await start(t);
  media.expect();
  media.start(receiver, 0);
  media.sendRtcp(5, Buffer.from('first'));
  media.sendRtcp(77, Buffer.from('unknown'));
  await server.send(Buffer.from('81c8000100000000', 'hex'), server.rtcp, server.client.rtcp);
  await received(8);
  media.sendRtcp(5, Buffer.from('second'));
  await until(() => server.rtcpReceived.length > 0);
  assert.deepEqual(
    server.rtcpReceived.map(({ data }) => data.toString()),
    ['second'],
  );
  await media.close();
  media.sendRtcp(5, Buffer.from('third'));
  await media.close();
});
