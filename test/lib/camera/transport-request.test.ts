import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTransportRequest } from '../../../lib/camera/transport-request.js';

const CASES: [value: string, channels: [number, number] | 'any' | 'none'][] = [
  ['RTP/AVP/TCP;unicast;interleaved=0-1', [0, 1]],
  ['RTP/AVP/TCP; unicast; Interleaved=2-3; mode=play', [2, 3]],
  ['rtp/avp/tcp;interleaved=6', [6, 7]],
  ['RTP/AVP/TCP;unicast', 'any'],
  ['RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=4-5', [4, 5]],
  ['RTP/AVP;unicast;client_port=5000-5001', 'none'],
  ['RTP/AVP/UDP;unicast', 'none'],
  ['RTP/AVP/TCP;multicast;interleaved=0-1', 'none'],
  ['RTP/AVP/TCP;interleaved=255', 'none'],
  ['RTP/AVP/TCP;interleaved=256-257', 'none'],
  ['RTP/AVP/TCP;interleaved=1-1', 'none'],
  ['RTP/AVP/TCP;interleaved=a-b', 'none'],
  ['', 'none'],
];

for (const [value, channels] of CASES) {
  test(`${value || 'nothing'}: ${channels}`, () => {
    const expected = channels === 'none' ? undefined : { channels: channels === 'any' ? undefined : channels };
    assert.deepEqual(parseTransportRequest(value), expected);
  });
}

test('anything else is survived', () => {
  fc.assert(fc.property(fc.string(), (value) => void parseTransportRequest(value)));
});
