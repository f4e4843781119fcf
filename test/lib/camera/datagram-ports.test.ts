import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatagramPorts, type PortPair } from '../../../lib/camera/datagram-ports.js';
import { bindOnce } from './open-camera.js';
import { UdpPort } from './udp-client.js';

test('Q146 a hundred pairs: all even, each followed by its odd one, none twice', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => DatagramPorts.bind('127.0.0.1')));
  for (const { ports } of all) assert.deepEqual([ports.rtp % 2, ports.rtcp], [0, ports.rtp + 1]);
  assert.equal(new Set(all.map(({ ports }) => ports.rtp)).size, 100);
  await Promise.all(all.map((pair) => pair.close()));
});

/** What a random number has to be for this port. */
const numberFor = (port: number) => (port - 16_384 + 1) / (32_766 - 16_384);

/** A pair that was free a moment ago. */
async function freePair(): Promise<PortPair> {
  const pair = await DatagramPorts.bind('127.0.0.1');
  await pair.close();
  return pair.ports;
}

test('a pair that is taken is passed over; where all are, it says so', async (t) => {
  const taken = await DatagramPorts.bind('127.0.0.1');
  t.after(() => taken.close());
  const { rtp } = await freePair();
  const numbers = [taken.ports.rtp, rtp].map(numberFor);
  const pair = await DatagramPorts.bind('127.0.0.1', () => numbers.shift()!);
  assert.equal(pair.ports.rtp, rtp);
  await pair.close();
  await assert.rejects(
    DatagramPorts.bind('127.0.0.1', () => numberFor(taken.ports.rtp)),
    { code: 'udp-ports', message: /20 pairs were tried/ },
  );
});

test('an RTP port whose RTCP port is taken is let go', async (t) => {
  const { rtp, rtcp } = await freePair();
  const blocker = await UdpPort.open(rtcp);
  t.after(() => blocker.socket.close());
  await assert.rejects(
    DatagramPorts.bind('127.0.0.1', () => numberFor(rtp)),
    { code: 'udp-ports' },
  );
  assert.equal(await bindOnce(rtp), rtp);
});

test('an address that is not this host’s: the system’s error', async () => {
  await assert.rejects(DatagramPorts.bind('192.0.2.1'), { code: 'EADDRNOTAVAIL' });
});

test('datagrams go to whom they come from last, and to nobody else', async (t) => {
  const pair = await DatagramPorts.bind('127.0.0.1');
  const client = await UdpPort.open();
  const stranger = await UdpPort.open();
  t.after(async () => {
    await pair.close();
    client.socket.close();
    stranger.socket.close();
  });
  const heard: string[] = [];
  const ports = { rtp: client.port, rtcp: stranger.port };
  const listen = (name: string) =>
    pair.listen({
      address: '127.0.0.1',
      ports,
      received: (packet) => {
        heard.push(`${name} ${packet.toString('hex')}`);
        arrived();
      },
    });
  let arrived = () => {};
  const next = () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
    });
  const stopOld = listen('old');
  const stopNew = listen('new');
  stopOld();
  let waiting = next();
  await stranger.send('01', pair.ports.rtp);
  await client.send('02', pair.ports.rtp);
  await waiting;
  waiting = next();
  await client.send('03', pair.ports.rtcp);
  await stranger.send('04', pair.ports.rtcp);
  await waiting;
  stopNew();
  assert.deepEqual(heard, ['new 02', 'new 04']);
});

test('what is sent arrives from the right port; once closed, nothing leaves, and whoever wants to know is told', async (t) => {
  const pair = await DatagramPorts.bind('127.0.0.1');
  const client = await UdpPort.open();
  t.after(() => client.socket.close());
  const to = { address: '127.0.0.1', port: client.port };
  const send = (hex: string, isRtcp: boolean) =>
    new Promise<boolean>((resolve) => pair.send(Buffer.from(hex, 'hex'), isRtcp, to, resolve));
  assert.deepEqual([await send('aa', false), await send('bb', true)], [true, true]);
  await client.until(() => client.received.length === 2);
  const arrived = client.received.map(({ data, from }) => [data.toString('hex'), from.port]);
  assert.deepEqual(
    new Map(arrived as [string, number][]),
    new Map([
      ['aa', pair.ports.rtp],
      ['bb', pair.ports.rtcp],
    ]),
  );
  // Larger than any datagram (65507 bytes over IPv4).
  assert.equal(await send('00'.repeat(65_508), false), false);
  const closed: string[] = [];
  pair.onClose(() => closed.push('told'));
  pair.onClose(() => closed.push('taken back'))();
  await pair.close();
  await pair.close();
  assert.deepEqual(closed, ['told']);
  assert.equal(await send('cc', false), false);
});
