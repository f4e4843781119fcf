import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OriginCheck, originOf, plainAddress } from '../../../lib/net/udp-origin.js';
import { parseTransport } from '../../../lib/rtsp/transport.js';

const origin = (transport: string, remote = '192.0.2.9') => originOf(parseTransport(transport), remote);

test('addresses are compared in plain form', () => {
  for (const [text, plain] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['camera.example', 'camera.example'],
    ['', ''],
  ] as const) {
    assert.equal(plainAddress(text), plain);
  }
});

test('Q148 server_port in all its forms (H264DVR: 40004-40005; a single port; separated ones)', () => {
  assert.deepEqual(origin('RTP/AVP;unicast;client_port=5000-5001;server_port=40004-40005').ports, {
    rtp: 40004,
    rtcp: 40005,
  });
  assert.deepEqual(origin('server_port=8052').ports, { rtp: 8052, rtcp: 8053 });
  assert.deepEqual(origin('server_port=8052-9000').ports, { rtp: 8052, rtcp: 9000 });
  for (const none of ['', 'server_port=0', 'server_port=0-0', 'server_port=x', 'server_port=']) {
    assert.equal(origin(none).ports, undefined, none);
  }
});

test('Q148 source: an address counts beside the connection’s, anything else does not', () => {
  assert.deepEqual(origin('source=192.0.2.7').addresses, ['192.0.2.7', '192.0.2.9']);
  assert.deepEqual(origin('source=2001:DB8::0:7', '2001:db8::9').addresses, ['2001:db8::7', '2001:db8::9']);
  for (const unusable of ['', 'source=', 'source=camera.example', 'source=0.0.0.0', 'source=::', 'source=239.1.1.1']) {
    assert.deepEqual(origin(unusable).addresses, ['192.0.2.9'], unusable);
  }
  assert.deepEqual(origin('source=192.0.2.9', '::ffff:192.0.2.9').addresses, ['192.0.2.9']);
});

test('Q148 an unannounced port is learned from the first sound packet, and no other after it', () => {
  const check = new OriginCheck(['192.0.2.9'], undefined);
  assert.equal(check.port, undefined);
  assert.equal(check.accepts('192.0.2.9', 7000, false), false);
  assert.equal(check.accepts('192.0.2.8', 7001, true), false);
  assert.equal(check.accepts('192.0.2.9', 7002, true), true);
  assert.equal(check.accepts('192.0.2.9', 7002, false), true);
  assert.equal(check.accepts('192.0.2.9', 7003, true), false);
  assert.equal(check.port, 7002);
});

test('Q148 the announced port counts whatever came before', () => {
  const check = new OriginCheck(['192.0.2.7', '192.0.2.9'], 7000);
  assert.equal(check.accepts('192.0.2.9', 7002, true), true);
  assert.equal(check.accepts('192.0.2.7', 7000, false), true);
  assert.equal(check.accepts('::ffff:192.0.2.9', 7000, false), true);
  assert.equal(check.accepts('192.0.2.9', 7004, true), false);
  assert.equal(check.port, 7000);
});

test('Q148 whatever a server answers, the connection’s own address is among those that count', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { addresses, ports } = origin(`source=${text};server_port=${text}`);
      assert.ok(addresses.includes('192.0.2.9') && addresses.length <= 2);
      if (ports !== undefined) assert.ok(ports.rtp >= 1 && ports.rtcp <= 65_535);
    }),
  );
});
