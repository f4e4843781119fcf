import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTransportRequest } from '../../../lib/camera/transport-request.js';

type Expected = ReturnType<typeof parseTransportRequest>;

const tcp = (...channels: [number, number] | []): Expected => ({
  kind: 'tcp',
  channels: channels.length === 0 ? undefined : channels,
});
const udp = (profile: string, ...clientPorts: [number, number]): Expected => ({ kind: 'udp', profile, clientPorts });

const CASES: [value: string, expected: Expected][] = [
  ['RTP/AVP/TCP;unicast;interleaved=0-1', tcp(0, 1)],
  ['RTP/AVP/TCP; unicast; Interleaved=2-3; mode=play', tcp(2, 3)],
  ['rtp/avp/tcp;interleaved=6', tcp(6, 7)],
  ['RTP/AVP/TCP;unicast', tcp()],
  ['RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=4-5', udp('RTP/AVP', 5000, 5001)],
  ['RTP/AVP;unicast,RTP/AVP/TCP;interleaved=4-5', tcp(4, 5)],
  ['RTP/AVP/UDP;unicast;Client_Port=65534-65535;destination=10.0.0.1', udp('RTP/AVP/UDP', 65_534, 65_535)],
  ['rtp/avp;client_port=1', udp('rtp/avp', 1, 2)],
  ['RTP/AVP;unicast;client_port=0-1', undefined],
  ['RTP/AVP;unicast;client_port=65535', undefined],
  ['RTP/AVP;unicast;client_port=65535-65536', undefined],
  ['RTP/AVP;multicast;client_port=5000-5001', undefined],
  ['RTP/SAVP;unicast;client_port=5000-5001', undefined],
  ['RTP/AVP/UDP;unicast', undefined],
  ['RTP/AVP/TCP;multicast;interleaved=0-1', undefined],
  ['RTP/AVP/TCP;interleaved=255', undefined],
  ['RTP/AVP/TCP;interleaved=256-257', undefined],
  ['RTP/AVP/TCP;interleaved=1-1', undefined],
  ['RTP/AVP/TCP;interleaved=a-b', undefined],
  ['', undefined],
];

for (const [value, expected] of CASES) {
  test(`${value || 'nothing'}: ${expected === undefined ? 'none' : JSON.stringify(Object.values(expected))}`, () => {
    assert.deepEqual(parseTransportRequest(value), expected);
  });
}

test('what the camera does not offer is passed over', () => {
  const both = 'RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=4-5';
  assert.deepEqual(parseTransportRequest(both, ['tcp']), tcp(4, 5));
  assert.deepEqual(parseTransportRequest(both, ['udp']), udp('RTP/AVP', 5000, 5001));
  assert.equal(parseTransportRequest('RTP/AVP/TCP', ['udp']), undefined);
});

test('anything else is survived', () => {
  fc.assert(fc.property(fc.string(), (value) => void parseTransportRequest(value)));
});
