import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFmtp } from '../../../lib/rtsp/fmtp.js';
import { keepsDeadTcpSessions } from '../../../lib/rtsp/live555.js';
import { parsePublic } from '../../../lib/rtsp/public.js';
import { parseRtpInfo } from '../../../lib/rtsp/rtp-info.js';
import { parseSessionHeader } from '../../../lib/rtsp/session-header.js';
import { parseTransport, serializeTransport } from '../../../lib/rtsp/transport.js';

test('Q53 odd fmtp values: keys in any case, trailing ;, parts without =, base64 padding (Reolink)', () => {
  const params = parseFmtp('Packetization-Mode=1; x ;sprop-parameter-sets=Z01AHpWgLASabAQ=,aO48gA==;');
  assert.deepEqual(
    [...params],
    [
      ['packetization-mode', '1'],
      ['sprop-parameter-sets', 'Z01AHpWgLASabAQ=,aO48gA=='],
    ],
  );
  assert.equal(parseFmtp('').size, 0);
  assert.equal(parseFmtp(' ; ;=3; a = b ').get('a'), 'b');
});

test('Q57 what SETUP asks for', () => {
  assert.equal(
    serializeTransport({ kind: 'tcp', channels: { rtp: 2, rtcp: 3 } }),
    'RTP/AVP/TCP;unicast;interleaved=2-3',
  );
  assert.equal(
    serializeTransport({ kind: 'udp', clientPorts: { rtp: 5000, rtcp: 5001 } }),
    'RTP/AVP/UDP;unicast;client_port=5000-5001',
  );
});

test('Q58 Session header variants (Hikvision pads with blanks)', () => {
  const cases: [string, string | undefined, number, boolean][] = [
    ['        708345999', '708345999', 60, false],
    ['708345999;timeout=30', '708345999', 30, false],
    ['9a90de54; timeout=120', '9a90de54', 120, false],
    ['9a90de54 ;TimeOut = 120', '9a90de54', 120, false],
    ['X;foo=1;timeout=15', 'X', 15, false],
    ['X;timeout="15"', 'X', 15, false],
    ['a b$+-/=;timeout=0', 'a b$+-/=', 60, true],
    ['X;timeout=abc', 'X', 60, true],
    ['X;timeout=', 'X', 60, true],
    ['X;timeout=999999999', 'X', 86_400, false],
    ['X;', 'X', 60, false],
    [';timeout=5', undefined, 0, false],
    ['', undefined, 0, false],
  ];
  for (const [value, id, timeoutSeconds, badTimeout] of cases) {
    assert.deepEqual(
      parseSessionHeader(value),
      id === undefined ? undefined : { id, timeoutSeconds, badTimeout },
      value,
    );
  }
});

test('Q61 Transport parameters in any order and case (Luckfox rkipc)', () => {
  const luckfox = parseTransport('RTP/AVP/TCP;ssrc=22345684;interleaved=0-1');
  assert.deepEqual(
    [luckfox.profile, luckfox.interleaved, luckfox.ssrc],
    ['RTP/AVP/TCP', { rtp: 0, rtcp: 1 }, 0x22345684],
  );
  const odd = parseTransport(
    ' Client_Port = 3456-3457 ;; RTP/AVP;mode="PLAY";unicast;ttl=1;source=192.0.2.7;destination=192.0.2.8',
  );
  assert.deepEqual([odd.profile, odd.clientPort, odd.source], ['RTP/AVP', { rtp: 3456, rtcp: 3457 }, '192.0.2.7']);
  assert.equal(odd.multicast, false);
  assert.equal(parseTransport('RTP/AVP;Multicast;port=5000-5001').multicast, true);
});

test('multicast: group, ports and hops, in all their forms', () => {
  assert.equal(serializeTransport({ kind: 'multicast' }), 'RTP/AVP;multicast');
  const { destination, multicast, port, ttl } = parseTransport(
    'RTP/AVP;multicast;destination=239.1.2.3;port=5000-5001;ttl=16',
  );
  assert.deepEqual([destination, multicast, port, ttl], ['239.1.2.3', true, { rtp: 5000, rtcp: 5001 }, 16]);
  for (const one of ['5000', '5000-0', '5000 - 0']) {
    assert.deepEqual(parseTransport(`multicast;port=${one}`).port, { rtp: 5000, rtcp: 5001 }, one);
  }
  for (const nonsense of ['port=0', 'port=x', 'port=70000', 'ttl=256', 'ttl=-1', 'ttl=']) {
    const transport = parseTransport(nonsense);
    assert.deepEqual([transport.port, transport.ttl, transport.ignored], [undefined, undefined, [nonsense]]);
  }
});

test('Q62 comma inside the Transport answer (Victure PC730)', () => {
  const transport = parseTransport('RTP/AVP;unicast;client_port=5000-5001;server_port=40000-40001,ssrc=FFFFCCCC');
  assert.deepEqual([transport.serverPort, transport.ssrc], [{ rtp: 40000, rtcp: 40001 }, 0xffffcccc]);
});

test('Q64 one channel number, odd and separated pairs; nonsense counts as absent', () => {
  const channels = (value: string) => parseTransport(`RTP/AVP/TCP;interleaved=${value}`).interleaved;
  assert.deepEqual(channels('0'), { rtp: 0, rtcp: 1 });
  assert.deepEqual(channels('1-2'), { rtp: 1, rtcp: 2 });
  assert.deepEqual(channels('8-12'), { rtp: 8, rtcp: 12 });
  for (const nonsense of ['x', '-1', '0-1-2', '', '99999', '65535']) {
    assert.equal(channels(nonsense), undefined, nonsense);
    assert.deepEqual(parseTransport(`interleaved=${nonsense}`).ignored, [`interleaved=${nonsense}`]);
  }
});

test('Q66 the ssrc parameter: blanks, odd digit counts, decimal, 0 (Hikvision, Dahua, H264DVR)', () => {
  const cases: [string, number | undefined, boolean][] = [
    ['     D93FF', 0x000d93ff, false],
    ['4317f', 0x0004317f, false],
    ['1449463210', undefined, true],
    ['144946321', undefined, true],
    ['0', undefined, false],
    ['00000000', undefined, false],
    ['0x1234', 0x1234, false],
    ['FFFFFFFF', 0xffffffff, false],
    ['xyz', undefined, true],
    ['', undefined, true],
  ];
  for (const [text, ssrc, ignored] of cases) {
    const transport = parseTransport(`RTP/AVP/TCP;interleaved=0-1;ssrc=${text}`);
    assert.equal(transport.ssrc, ssrc, text);
    assert.equal(transport.ignored.length, ignored ? 1 : 0, text);
  }
});

test('Q71 sloppy RTP-Info (Laureii ends in ;)', () => {
  const one = (value: string) => parseRtpInfo(value)[0]!;
  assert.deepEqual(one('url=rtsp://192.0.2.1/a/trackID=0;seq=5;rtptime=9;'), {
    url: 'rtsp://192.0.2.1/a/trackID=0',
    info: { seq: 5, rtptime: 9, ssrc: undefined },
    ignored: [],
  });
  assert.deepEqual(one('seq=5;rtptime=9').info, { seq: 5, rtptime: 9, ssrc: undefined });
  assert.equal(one('seq=5').url, undefined);
  assert.deepEqual(one('url=x;seq=65536;rtptime=9').ignored, ['seq=65536']);
  assert.equal(one('url=x;seq=65536;rtptime=9').info.rtptime, 9);
  assert.deepEqual(one('url=x; seq = 5 ;foo;bar=1; rtptime=9').info, { seq: 5, rtptime: 9, ssrc: undefined });
  assert.equal(one('url="rtsp://h/a";seq=5').url, 'rtsp://h/a');
  assert.equal(one('url=rtsp://h/a;b=c,d/e=1;seq=5').url, 'rtsp://h/a;b=c,d/e=1');
  assert.deepEqual(
    parseRtpInfo('url=a;seq=1 ,  url=b;seq=2,url=c').map(({ url, info }) => [url, info.seq]),
    [
      ['a', 1],
      ['b', 2],
      ['c', undefined],
    ],
  );
  assert.deepEqual(parseRtpInfo(''), []);
});

test('Q72 unusable rtptime: negative (OMNY M5S2A 2812) or a fraction; seq of the entry stays', () => {
  for (const rtptime of ['-426852246', '1.5', '4294967296', '']) {
    const [entry] = parseRtpInfo(`url=x;seq=7;rtptime=${rtptime}`);
    assert.deepEqual(entry!.info, { seq: 7, rtptime: undefined, ssrc: undefined });
    assert.deepEqual(entry!.ignored, [`rtptime=${rtptime}`]);
  }
  assert.equal(parseRtpInfo('url=x;rtptime=4294967295')[0]!.info.rtptime, 4294967295);
});

test('Q75 ssrc in RTP-Info, padded as in Transport', () => {
  assert.equal(parseRtpInfo('url=x;ssrc=   D93FF;seq=1')[0]!.info.ssrc, 0xd93ff);
});

test('Q77 Public is split at commas and trimmed', () => {
  assert.deepEqual([...parsePublic(['OPTIONS, describe ,,SETUP', 'PLAY'])], ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']);
  assert.equal(parsePublic([]).size, 0);
});

test('Q83 live555 before 2017-06-04 is known by its tool (Reolink, Anjvision)', () => {
  const cases: [string | undefined, boolean][] = [
    ['LIVE555 Streaming Media v2013.04.08', true],
    ['LIVE555 Streaming Media v2017.06.03', true],
    ['LIVE555 Streaming Media v2017.06.04', false],
    ['LIVE555 Streaming Media v2020.01.01', false],
    ['LIVE555 Streaming Media v', false],
    ['LIVE555 Streaming Media v2011.05.25 X@Y', true],
    ['live555 v2013.04.08', false],
    ['', false],
    [undefined, false],
  ];
  for (const [tool, affected] of cases) assert.equal(keepsDeadTcpSessions(tool), affected, tool);
});

test('no text makes the header parsers throw', () => {
  const pieces = fc.constantFrom(
    'url=',
    'seq=',
    'rtptime=',
    'ssrc=',
    'interleaved=',
    'timeout=',
    ';',
    ',',
    '=',
    ' ',
    '"',
    '-',
    '1',
    'f',
    'RTP/AVP',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 4 }))).map((parts) => parts.join('')),
      (text) => {
        for (const { info } of parseRtpInfo(text)) {
          assert.ok(info.seq === undefined || (info.seq >= 0 && info.seq <= 0xffff));
          assert.ok(info.rtptime === undefined || (info.rtptime >= 0 && info.rtptime <= 0xffffffff));
        }
        const { interleaved, ssrc } = parseTransport(text);
        assert.ok(interleaved === undefined || (interleaved.rtp >= 0 && interleaved.rtcp <= 65535));
        assert.ok(ssrc === undefined || (ssrc > 0 && ssrc <= 0xffffffff));
        const session = parseSessionHeader(text);
        assert.ok(session === undefined || (session.id !== '' && session.timeoutSeconds >= 1));
        parseFmtp(text);
        parsePublic([text]);
      },
    ),
  );
});
