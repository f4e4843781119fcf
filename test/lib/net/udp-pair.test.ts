import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closePair, joinGroup, openUdpPair } from '../../../lib/net/udp-pair.js';
import { test } from './limited-test.js';

/** Random bytes that lead to these ports, one after the other, the last one again and again. */
function leadingTo(...ports: number[]): (bytes: number) => Buffer {
  let next = 0;
  return () => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((ports[Math.min(next++, ports.length - 1)]! - 5000) / 2);
    return bytes;
  };
}

test('Q146 100 allocations: all even, RTCP on the next port, all on the address asked for', async (t) => {
  const rtpPorts: number[] = [];
  for (let i = 0; i < 100; i++) {
    const pair = await openUdpPair('::ffff:127.0.0.1', randomBytes);
    t.after(() => closePair(pair));
    const { rtp, rtcp } = pair.ports;
    assert.equal(rtp % 2, 0);
    assert.equal(rtcp, rtp + 1);
    assert.ok(rtp >= 5000 && rtcp <= 65_000);
    assert.deepEqual([pair.rtp.address().port, pair.rtcp.address().port], [rtp, rtcp]);
    assert.equal(pair.rtp.address().address, '127.0.0.1');
    assert.ok(pair.receiveBufferBytes >= 64 * 1024, `${pair.receiveBufferBytes}`);
    rtpPorts.push(rtp);
  }
  assert.ok(new Set(rtpPorts).size > 90, 'the ports are not random');
});

test('Q146 the receive buffer is as large as the system grants, or 4 MiB', async () => {
  const pair = await openUdpPair('127.0.0.1', randomBytes);
  const granted = pair.receiveBufferBytes;
  pair.rtp.setRecvBufferSize(4 * 1024 * 1024);
  assert.equal(pair.rtp.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1), granted);
  closePair(pair);
});

for (const [what, offset] of [
  ['RTP', 0],
  ['RTCP', 1],
] as const) {
  test(`Q146 a pair whose ${what} port is taken is passed over; after ten attempts that is an error`, async (t) => {
    const { ports, ...sockets } = await openUdpPair('127.0.0.1', randomBytes);
    const closed = [once(sockets.rtp, 'close'), once(sockets.rtcp, 'close')];
    closePair(sockets);
    await Promise.all(closed);
    const rival = createSocket('udp4');
    rival.bind({ address: '127.0.0.1', port: ports.rtp + offset, exclusive: true });
    await once(rival, 'listening');
    t.after(() => rival.close());
    const pair = await openUdpPair('127.0.0.1', leadingTo(ports.rtp, ports.rtp > 20_000 ? 10_000 : 30_000));
    assert.notEqual(pair.ports.rtp, ports.rtp);
    closePair(pair);
    let attempts = 0;
    const random = leadingTo(ports.rtp);
    const opening = openUdpPair('127.0.0.1', (bytes) => {
      attempts++;
      return random(bytes);
    });
    await assert.rejects(opening, { code: 'udp-ports', message: /10 attempts.*EADDRINUSE/ });
    assert.equal(attempts, 10);
  });
}

test('Q147 an ICMP error that a socket is told of means nothing', async (t) => {
  const pair = await openUdpPair('127.0.0.1', randomBytes);
  t.after(() => closePair(pair));
  for (const socket of [pair.rtp, pair.rtcp]) socket.emit('error', new Error('recvmsg ECONNREFUSED'));
});

test('Q146 an address that is not ours is an error too', async () => {
  await assert.rejects(openUdpPair('192.0.2.1', randomBytes), { code: 'udp-ports', message: /EADDRNOTAVAIL/ });
});

test('a group that is none cannot be joined, and nothing is left open', async () => {
  const group = { address: '127.0.0.1', ports: { rtp: 45_000, rtcp: 45_001 }, source: '127.0.0.1' };
  await assert.rejects(joinGroup('127.0.0.1', group), { code: 'udp-ports', message: /multicast group 127\.0\.0\.1/ });
  const pair = await openUdpPair('127.0.0.1', leadingTo(45_000));
  assert.equal(pair.ports.rtp, 45_000);
  closePair(pair);
});
