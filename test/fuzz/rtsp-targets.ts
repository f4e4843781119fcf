import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ParameterSets } from '../../lib/codec/h264-parameters.js';
import { parameterSetsFromSdp } from '../../lib/codec/h264-sdp.js';
import { Authenticator } from '../../lib/rtsp/auth.js';
import { parseChallenges } from '../../lib/rtsp/challenge.js';
import { maskUrl } from '../../lib/rtsp/mask-url.js';
import { contentLength, parseHead, type RtspResponse } from '../../lib/rtsp/message.js';
import { applyPlay, applySetup, describePresentation } from '../../lib/rtsp/presentation.js';
import { parsePublic } from '../../lib/rtsp/public.js';
import { parseRtpInfo } from '../../lib/rtsp/rtp-info.js';
import { parseSessionHeader } from '../../lib/rtsp/session-header.js';
import { parseTransport } from '../../lib/rtsp/transport.js';
import { parseRtspUrl } from '../../lib/rtsp/url.js';
import { feed } from '../lib/rtsp/framer-record.js';
import { applyDamage, damagedLines, damages } from './damage.js';
import { survives, type Target, target } from './target.js';

const HEAD = [
  'RTSP/1.0 200 OK',
  'CSeq: 2',
  'Content-Length: 12',
  'Content-Base: rtsp://10.0.0.2/live/',
  'WWW-Authenticate: Digest realm="r", nonce="n"',
  ' folded',
  'SETUP rtsp://10.0.0.2/live/track1 RTSP/1.0',
];
const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 10.0.0.2',
  's=Camera',
  'a=control:*',
  'a=tool:LIVE555 Streaming Media v2013.04.08',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QAHqwsaoNC4gAAAwACAAADADIQ,aO48gA==',
  'a=framerate:25',
  'a=control:track1',
  'm=audio 0 RTP/AVP 97 0',
  'a=rtpmap:97 MPEG4-GENERIC/16000/1',
  'a=control:rtsp://10.0.0.2/live/track2',
  'm=application 0 RTP/AVP 107',
];
const CHALLENGES = [
  'Digest realm="IP Camera(12345)", nonce="abc", algorithm=SHA-256, qop="auth,auth-int", opaque="", stale=false',
  'Basic realm="r"',
  'digest realm=r,nonce=n',
];
const TRANSPORTS = [
  'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=11223344;mode="PLAY"',
  'RTP/AVP;unicast;client_port=50000-50001;server_port=6970-6971;source=10.0.0.2',
];
const RTP_INFOS = [
  'url=rtsp://10.0.0.2/live/track1;seq=7;rtptime=1234,url=rtsp://10.0.0.2/live/track2;seq=1;rtptime=0;ssrc=1F',
];
const URLS = ['rtsp://viewer:p%40ss@[fe80::1%25eth0]:8554/live?user=a&password=b', 'rtsps://camera.local/'];
const PASSWORD = 'Zq9-Xv7-secret';

/** One of some texts after changes, as the characters of header fields. */
function damagedText(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), damages(4))
    .map(([text, changes]) => applyDamage(Buffer.from(text, 'latin1'), changes).toString('latin1'))
    .map((text) => text.replace(/[\r\n\0]/g, ' '));
}

function response(headers: Record<string, string>, body = ''): RtspResponse {
  const entries = Object.entries(headers).map(([name, value]): [string, string[]] => [name, [value]]);
  return {
    type: 'response',
    version: 'RTSP/1.0',
    status: 200,
    reason: '',
    headers: new Map(entries),
    body: Buffer.from(body, 'latin1'),
  };
}

const described = (sdp: string) =>
  survives(() => describePresentation('rtsp://10.0.0.2/live', response({ 'content-type': 'application/sdp' }, sdp)));

/** Bytes of a connection: messages and frames, damaged, and where to cut them. */
const wire = fc.tuple(
  fc.array(
    fc.oneof(
      damagedLines(HEAD, '\r\n').map((text) => Buffer.from(`${text}\r\n`, 'latin1')),
      fc
        .tuple(fc.nat(3), fc.uint8Array({ maxLength: 60 }))
        .map(([channel, data]) => Buffer.concat([Buffer.of(0x24, channel, 0, data.length), data])),
    ),
    { maxLength: 6 },
  ),
  damages(3),
  fc.array(fc.nat(2000), { maxLength: 8 }),
);

/** Targets for what is spoken over a connection. */
export const rtspTargets: readonly Target[] = [
  target('message head', damagedLines(HEAD, '\r\n'), (text) => {
    const head = survives(() => parseHead(text.replace(/\r?\n$/, '')));
    if (head === undefined) return;
    const length = survives(() => contentLength(head));
    assert.ok(length === undefined || (Number.isInteger(length) && length >= 0));
  }),
  target('framer', wire, ([parts, changes, cuts]) => {
    const data = applyDamage(Buffer.concat(parts), changes);
    const inside = cuts.filter((cut) => cut > 0 && cut < data.length);
    const whole = feed(data);
    const pieces = feed(data, inside);
    // An error leaves nothing for the rest; what was found before it may depend on the cut only by coming earlier.
    survives(() => {
      if (whole.error !== undefined) throw whole.error;
    });
    if (whole.error === undefined) assert.deepEqual(pieces, whole);
    const taken = whole.found.reduce(
      (sum, one) => sum + ('frame' in one ? one.data.length / 2 : 'junk' in one ? one.junk : 0),
      0,
    );
    assert.ok(taken <= data.length);
  }),
  target('SDP', damagedLines(SDP, '\r\n'), (sdp) => {
    const result = described(sdp);
    for (const media of result?.presentation.media ?? []) {
      assert.ok(media.clockRate >= 1 && media.payloadType >= 0 && media.payloadType <= 127);
      if (media.encodingName === 'h264') new ParameterSets().update(parameterSetsFromSdp(media));
    }
  }),
  target(
    'answers to SETUP and PLAY',
    fc.tuple(damagedText(TRANSPORTS), damagedText(RTP_INFOS), damagedText(['4711;timeout=60'])),
    ([transport, rtpInfo, session]) => {
      const { presentation } = described(SDP.join('\r\n'))!;
      const result = survives(() =>
        applySetup(presentation, 0, { rtpChannel: 0, rtcpChannel: 1 }, response({ transport, session })),
      );
      survives(() => applyPlay(result?.presentation ?? presentation, response({ 'rtp-info': rtpInfo })));
    },
  ),
  target('transport', damagedText(TRANSPORTS), (text) => {
    const { interleaved, clientPort, serverPort, ssrc } = parseTransport(text);
    for (const pair of [interleaved, clientPort, serverPort]) {
      if (pair !== undefined) assert.ok(pair.rtp >= 0 && pair.rtp <= 65535 && pair.rtcp >= 0 && pair.rtcp <= 65535);
    }
    assert.ok(ssrc === undefined || (ssrc >= 0 && ssrc <= 0xffffffff));
  }),
  target('RTP-Info', damagedText(RTP_INFOS), (text) => {
    for (const { info } of parseRtpInfo(text)) {
      const { seq, rtptime } = info;
      assert.ok(seq === undefined || (seq >= 0 && seq <= 65535));
      assert.ok(rtptime === undefined || (rtptime >= 0 && rtptime <= 0xffffffff));
    }
  }),
  target('session and public headers', damagedText(['4711;timeout=60', 'OPTIONS, DESCRIBE, SETUP']), (text) => {
    const session = parseSessionHeader(text);
    if (session !== undefined) assert.ok(session.timeoutSeconds >= 1 && session.timeoutSeconds <= 86_400);
    parsePublic([text]);
  }),
  target('authentication challenge', fc.array(damagedText(CHALLENGES), { maxLength: 3 }), (values) => {
    parseChallenges(values);
    const authenticator = new Authenticator({ username: 'viewer', password: PASSWORD }, (n) => Buffer.alloc(n, 7));
    authenticator.beginRequest();
    authenticator.challenged(values);
    const value = authenticator.authorization('DESCRIBE', 'rtsp://10.0.0.2/live') ?? '';
    assert.ok(!/[\r\n\0]/.test(value) && !value.includes(PASSWORD));
  }),
  target('URL', damagedText(URLS), (text) => {
    survives(() => parseRtspUrl(text));
    assert.ok(!maskUrl(`rtsp://viewer:${PASSWORD}@camera/${text.replaceAll('/', '')}`).includes(PASSWORD));
  }),
];
