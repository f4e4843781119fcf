import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UdpRoutes } from '../../../lib/pcap/udp-routes.js';
import { parseTransport } from '../../../lib/rtsp/transport.js';

const CAMERA = '10.0.0.2';
const SETUP = { rtpChannel: 2, rtcpChannel: 3 };

function routes(answered: string, requested?: string): UdpRoutes {
  const made = new UdpRoutes(CAMERA);
  made.set(1, requested === undefined ? undefined : parseTransport(requested), parseTransport(answered), SETUP);
  return made;
}

const channels = (made: UdpRoutes, address = CAMERA) =>
  [5000, 5001, 6000].map((port) => made.channelOf(() => address, port));

test('datagrams go by the client’s ports, those of the request where the answer says none', () => {
  assert.deepEqual(channels(routes('RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001')), [2, 3, undefined]);
  assert.deepEqual(channels(routes('RTP/AVP;unicast;server_port=6000-6001', 'client_port=5000-5001')), [
    2,
    3,
    undefined,
  ]);
  assert.deepEqual(channels(routes('client_port=5000-5001'), '10.0.0.3'), [undefined, undefined, undefined]);
  assert.deepEqual(channels(routes('client_port=5000-5001;source=10.0.0.3'), '10.0.0.3'), [2, 3, undefined]);
});

test('multicast goes by the group’s ports, whatever was asked for', () => {
  const answer = 'RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001';
  assert.deepEqual(channels(routes(answer, 'RTP/AVP;multicast')), [2, 3, undefined]);
  assert.deepEqual(channels(routes(answer, 'RTP/AVP/UDP;unicast;client_port=6000-6001')), [2, 3, undefined]);
});

test('media inside the connection need no route', () => {
  assert.deepEqual(channels(routes('RTP/AVP/TCP;interleaved=2-3', 'client_port=5000-5001')), [
    undefined,
    undefined,
    undefined,
  ]);
});
