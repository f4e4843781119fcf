import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeScript } from '../../../lib/camera/sdp.js';
import { testScript } from './scripts.js';

test('two media, an end, IPv6', () => {
  const script = testScript(5, { audio: true });
  const media = [
    { ...script.media[0]!, frameRate: 25 },
    { ...script.media[1]!, channels: 1 },
  ];
  const sdp = describeScript({ ...script, media }, { sessionId: '77', address: '::1', ends: true });
  assert.deepEqual(sdp.split('\r\n'), [
    'v=0',
    'o=- 77 1 IN IP6 ::1',
    's=test',
    'c=IN IP6 ::',
    't=0 0',
    'a=tool:retina-record camera',
    'a=control:*',
    'a=range:npt=0-0.200',
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1',
    'a=framerate:25',
    'a=control:stream=0',
    'm=audio 0 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000/1',
    'a=control:stream=1',
    '',
  ]);
});

test('no end, and a name that would add lines', () => {
  const sdp = describeScript(
    { ...testScript(1), name: 'a\r\nm=x' },
    { sessionId: '1', address: '127.0.0.1', ends: false },
  );
  assert.match(sdp, /\r\ns=a {2}m=x\r\nc=IN IP4 0\.0\.0\.0\r\n/);
  assert.match(sdp, /a=range:npt=0-\r\n/);
});
