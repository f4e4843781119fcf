import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetinaRecordError } from '../../../lib/errors.js';
import type { MediaDescription, Presentation } from '../../../lib/items.js';
import {
  applyPlay,
  applySetup,
  assignedChannels,
  describePresentation,
  mediaForSetupUri,
} from '../../../lib/rtsp/presentation.js';
import { describeResponse, parseResponse, plainResponse } from './responses.js';

const URL = 'rtsp://192.0.2.1/a';
const VIDEO = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:trackID=1'];
const AUDIO = ['m=audio 0 RTP/AVP 8', 'a=control:trackID=2'];

function describe(sdp: readonly string[], headers: readonly string[] = [], url = URL): Presentation {
  return describePresentation(url, describeResponse(sdp, ...headers)).presentation;
}

/** One media section, or undefined if it was left out. */
function section(...lines: string[]): MediaDescription | undefined {
  return describe([...VIDEO, ...lines]).media[1];
}

test('Q36 Content-Type absent, with a parameter, in odd case, wrong', () => {
  const answer = (type: string) =>
    parseResponse(`RTSP/1.0 200 OK\n${type}Content-Length: 63\n\n${VIDEO.join('\r\n')}\r\n`);
  const absent = describePresentation(URL, answer(''));
  assert.equal(absent.presentation.media.length, 1);
  assert.match(absent.warnings.join(), /Content-Type/);
  for (const type of ['Application/SDP;charset=utf-8', 'application/sdp ; x=y', '']) {
    assert.equal(describePresentation(URL, answer(`Content-Type: ${type}\n`)).presentation.media.length, 1);
  }
  assert.throws(() => describePresentation(URL, answer('Content-Type: text/html\n')), {
    code: 'sdp-invalid',
    message: /text\/html/,
  });
});

test('Q10 an answer without a body says why, if it is for its Content-Length', () => {
  const fails = (line: string, message: RegExp) =>
    assert.throws(() => describePresentation(URL, plainResponse(line)), { code: 'sdp-invalid', message });
  fails('X: y', /has no body$/);
  fails('Content-Length: 0', /has no body$/);
  fails('Content-Length: many', /has no body: its Content-Length "many" is no number/);
});

test('Q37 the base is Content-Base, else Content-Location, else the request URL as it is (VStarcam)', () => {
  assert.equal(describe(VIDEO).baseUrl, URL);
  assert.equal(describe(VIDEO, ['Content-Location: rtsp://192.0.2.1/b/']).baseUrl, 'rtsp://192.0.2.1/b/');
  const both = describe(VIDEO, ['Content-Location: rtsp://192.0.2.1/b/', 'Content-Base: rtsp://192.0.2.7/c/']);
  assert.equal(both.baseUrl, 'rtsp://192.0.2.7/c/');
  assert.equal(both.media[0]!.control, 'rtsp://192.0.2.7/c/trackID=1');
});

test('Q38 a repaired Content-Base is worth a warning (Anjvision)', () => {
  const { presentation, warnings } = describePresentation(
    URL,
    describeResponse(VIDEO, 'Content-Base: 192.0.2.1:554/ch0/'),
  );
  assert.equal(presentation.media[0]!.control, 'rtsp://192.0.2.1:554/ch0/trackID=1');
  assert.equal(warnings.length, 1);
});

test('Q42 the session control gives the aggregate URL: *, absent, relative, absolute', () => {
  const base = ['Content-Base: rtsp://h/a/'];
  const control = (...lines: string[]) => describe([...lines, ...VIDEO], base, 'rtsp://h/a');
  assert.equal(control().controlUrl, 'rtsp://h/a');
  assert.equal(control('a=control:*').controlUrl, 'rtsp://h/a/');
  assert.equal(control('a=control:x').controlUrl, 'rtsp://h/a/x');
  assert.equal(control('a=control:rtsp://i/y').controlUrl, 'rtsp://i/y');
  assert.equal(control('a=control:rtsp://i/y').media[0]!.control, 'rtsp://h/a/trackID=1');
});

test('Q43 media without control are set up with the aggregate URL', () => {
  const control = (...lines: string[]) =>
    describe([...lines, ...VIDEO.slice(0, 2)], ['Content-Base: rtsp://h/a/']).media[0]!.control;
  assert.equal(control('a=control:*'), 'rtsp://h/a/');
  assert.equal(control('a=control:all'), 'rtsp://h/a/all');
  assert.equal(control(), URL, 'neither the base');
});

test('Q44 the order of lines does not matter (Reolink variant, Luckfox, Anjvision)', () => {
  const session = ['o=- 1 1 IN IP4 192.0.2.1', 's=x', 't=0 0', 'a=tool:LIVE555', 'a=control:*'];
  const video = [
    'c=IN IP4 0.0.0.0',
    'b=AS:1',
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 x=y',
    'a=control:t1',
    'a=framerate:25',
  ];
  const build = (a: readonly string[], b: readonly string[]) =>
    describe(['v=0', ...a, 'm=video 0 RTP/AVP 96', ...b, ...AUDIO]);
  const expected = build(session, video);
  assert.equal(expected.tool, 'LIVE555');
  fc.assert(
    fc.property(shuffled(session), shuffled(video), (a, b) => {
      assert.deepEqual(build(a, b), expected);
    }),
  );
});

function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

test('Q45 SDP lines that are required and missing (Geovision, Macro-Video)', () => {
  const presentation = describe(['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:t1']);
  assert.equal(presentation.media.length, 1);
  assert.equal(presentation.media[0]!.control, `${URL}/t1`);
  assert.equal(presentation.name, undefined);
});

test('Q46 odd origin, connection and time lines (Geovision, TP-Link, Anjvision)', () => {
  const odd = [
    'v=0',
    'o=- 1109162014219182 1109162014219192 IN IP4 x.y.z.w',
    'o=- 1 2 3 IN IP4 192.0.2.1',
    'o=a b 0xAC4EC96E -1 IN IPV4',
    's=-',
    'c=IN ',
    'c=SM SM spk0',
    't=now-',
    'r=0 0',
  ];
  const presentation = describe([...odd, ...VIDEO, 's=inside', ...AUDIO]);
  assert.equal(presentation.media.length, 2);
  assert.equal(presentation.name, undefined);
});

test('Q47 line ends, blanks, NUL and bytes beyond ASCII', () => {
  for (const body of [
    VIDEO.join('\n'),
    VIDEO.join('\r\n'),
    `${VIDEO.join(' \r\n\r\n')} \t\r\n\r\n`,
    `${VIDEO.join('\r\n')}\0`,
    `${VIDEO.join('\r\n')}\r\n\0`,
    `s=caf\xe9\n\nnonsense\n=\n${VIDEO.join('\n')}`,
  ]) {
    const { presentation } = describePresentation(URL, describeResponse(Buffer.from(body, 'latin1')));
    assert.equal(presentation.media[0]!.control, `${URL}/trackID=1`);
    assert.equal(presentation.name, body.startsWith('s=') ? 'caf\xe9' : undefined);
  }
});

test('Q48 media sections that make no sense are left out with their attributes (TP-Link)', () => {
  for (const [line, ...attributes] of [
    ['m=application/TP-LINK 0 RTP/AVP smart/1/90000', 'a=rtpmap:95 TP-LINK/90000'],
    ['m=vana'],
    ['m=metadata'],
    ['m='],
    ['m=video 0 RTP/AVP 97'],
    ['m=video 0 RTP/AVP 128', 'a=rtpmap:128 H264/90000'],
    ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264/0'],
    ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264'],
    ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000/0'],
    ['m=video 0 udp 97', 'a=rtpmap:97 H264/90000'],
  ] as const) {
    const lines = [...VIDEO, line, ...attributes, 'a=control:leaked', ...AUDIO];
    const { presentation, warnings } = describePresentation(URL, describeResponse(lines));
    assert.deepEqual(
      presentation.media.map(({ control }) => control),
      [`${URL}/trackID=1`, `${URL}/trackID=2`],
      line,
    );
    assert.deepEqual(
      presentation.media.map(({ index }) => index),
      [0, 1],
    );
    assert.equal(warnings.length, 1);
  }
  for (const protocol of ['RTP/SAVPF', 'TCP/RTP/AVP', 'MP2T/RTP/UDP', 'rtp/avp']) {
    assert.ok(section(`m=video 0 ${protocol} 97`, 'a=rtpmap:97 H264/90000'), protocol);
  }
  assert.throws(() => describe(['v=0', 'm=vana']), { code: 'sdp-invalid', message: /vana/ });
  assert.throws(() => describe(['v=0']), { code: 'sdp-invalid', message: /no media section/ });
});

test('Q49 the format list of m=: tab and blank behind it (VStarcam), several formats, dynamic types below 96 (Bosch)', () => {
  for (const line of ['m=audio 0 RTP/AVP 8\t ', 'm=audio 0 RTP/AVP 8\t0', 'm=audio  0  RTP/AVP\t 8 0']) {
    assert.equal(section(line)?.encodingName, 'pcma', line);
  }
  assert.equal(section('m=video 0 RTP/AVP 98 96', 'a=rtpmap:96 H265/90000', 'a=rtpmap:98 H264/90000')!.payloadType, 98);
  assert.equal(section('m=video 0 RTP/AVP 35', 'a=rtpmap:35 H264/90000')!.encodingName, 'h264');
});

test('Q50 static payload types without rtpmap (Foscam); the media type has to agree', () => {
  const cases: [string, string, number, number | undefined][] = [
    ['audio 0 RTP/AVP 0', 'pcmu', 8000, 1],
    ['audio 0 RTP/AVP 8', 'pcma', 8000, 1],
    ['audio 0 RTP/AVP 6', 'dvi4', 16_000, 1],
    ['audio 0 RTP/AVP 10', 'l16', 44_100, 2],
    ['audio 0 RTP/AVP 11', 'l16', 44_100, 1],
    ['audio 0 RTP/AVP 14', 'mpa', 90_000, undefined],
    ['video 0 RTP/AVP 26', 'jpeg', 90_000, undefined],
    ['video 0 RTP/AVP 33', 'mp2t', 90_000, undefined],
  ];
  for (const [line, encodingName, clockRate, channels] of cases) {
    const media = section(`m=${line}`)!;
    assert.deepEqual([media.encodingName, media.clockRate, media.channels], [encodingName, clockRate, channels]);
  }
  assert.equal(section('m=video 0 RTP/AVP 0'), undefined);
});

test('Q51 rtpmap wins over a static type (GW Security, Anjvision)', () => {
  assert.equal(section('m=audio 0 RTP/AVP 8', 'a=rtpmap:8 PCMU/8000')!.encodingName, 'pcmu');
  const aac = section('m=audio 0 RTP/AVP 0', 'a=rtpmap:0 MPEG4-GENERIC/16000/2')!;
  assert.deepEqual([aac.encodingName, aac.clockRate, aac.channels], ['mpeg4-generic', 16_000, 2]);
});

test('Q52 odd rtpmap values: blank at the end (IPCAM C9F0SeZ3N0PbL0), case, another payload type', () => {
  for (const rtpmap of ['97 H264/90000 ', '97   h264 / 90000', '97\tH264/90000/1', '97 H264/90000/']) {
    const media = section('m=video 0 RTP/AVP 97', 'a=rtpmap:123 META /0', `a=rtpmap:${rtpmap}`)!;
    assert.deepEqual([media.encodingName, media.clockRate], ['h264', 90_000], rtpmap);
  }
  assert.equal(section('m=video 0 RTP/AVP 97', 'a=rtpmap:9 H264/90000'), undefined);
});

test('Q53 fmtp: empty (Ubiquiti), the last of two counts, without its payload type', () => {
  const fmtp = (...lines: string[]) => section('m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264/90000', ...lines)!.fmtp;
  assert.equal(fmtp('a=fmtp:97'), undefined);
  assert.equal(fmtp('a=fmtp:97 a=1', 'a=fmtp:97 a=2', 'a=fmtp:97 '), 'a=2');
  assert.equal(fmtp(), undefined);
  const { warnings } = describePresentation(URL, describeResponse([...VIDEO, 'a=fmtp:96']));
  assert.equal(warnings.length, 1);
});

test('Q54 fmtp of another payload type: used for AAC only (Hikvision media server)', () => {
  const aac = ['m=audio 0 RTP/AVP 104', 'a=rtpmap:104 mpeg4-generic/16000/1', 'a=fmtp:97 mode=AAC-hbr;config=1408'];
  assert.equal(section(...aac)!.fmtp, 'mode=AAC-hbr;config=1408');
  const { warnings } = describePresentation(URL, describeResponse(aac));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /fmtp of another payload type is used/);
  assert.equal(section(...aac, 'a=fmtp:98 config=1188')!.fmtp, undefined);
  assert.equal(section(...aac, 'a=fmtp:104 config=1188')!.fmtp, 'config=1188');
  assert.equal(section('m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264/90000', 'a=fmtp:98 config=1')!.fmtp, undefined);
});

test('Q55 the last valid framerate counts (IPCAM, H264DVR)', () => {
  const rate = (...lines: string[]) => section(...VIDEO.slice(0, 2), ...lines)!.frameRate;
  assert.equal(rate('a=framerate:0S', 'a=framerate:25'), 25);
  assert.equal(rate('a=framerate:25', 'a=framerate:0S'), 25);
  assert.equal(rate('a=framerate:12.5', 'a=x-framerate: 9'), 12.5);
  assert.equal(rate('a=framerate:12', 'a=framerate:25'), 25);
  assert.equal(rate('a=framerate:25', 'a=framerate:12S'), 25);
  assert.equal(rate('a=framerate:0'), undefined);
});

test('Q56 directions are kept for the choice of streams', () => {
  assert.equal(section(...AUDIO, 'a=sendonly')!.direction, 'sendonly');
  assert.equal(section(...AUDIO)!.direction, undefined);
});

test('credentials in the URL reach no field, passwords in path or query not the one that is for people', () => {
  const presentation = describe(['a=control:*', ...VIDEO], [], 'rtsp://admin:hunter2@192.0.2.1/a?password=hunter3');
  assert.doesNotMatch(JSON.stringify(presentation), /hunter2/);
  assert.doesNotMatch(presentation.url, /hunter3/);
  assert.equal(presentation.baseUrl, 'rtsp://192.0.2.1/a?password=hunter3');
});

test('a great many media sections are cut at a cap, and no SDP makes anything but RetinaRecordError', () => {
  assert.equal(describe(Array.from({ length: 1000 }, () => VIDEO).flat()).media.length, 64);
  const line = fc.oneof(
    fc.constantFrom('s=x', 'a=control:*', ...VIDEO, ...AUDIO, 'a=fmtp:96', 'm=', 'a='),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        const presentation = describe(lines);
        for (const media of presentation.media) {
          assert.ok(media.clockRate >= 1 && media.payloadType <= 127);
          assert.equal(
            mediaForSetupUri(presentation, media.control) !== undefined || presentation.media.length > 1,
            true,
          );
        }
      } catch (error) {
        assert.ok(error instanceof RetinaRecordError && error.code === 'sdp-invalid');
      }
    }),
  );
});

const ASKED = { rtpChannel: 2, rtcpChannel: 3 };

test('Q63 no Transport or no interleaved in the answer: the channels asked for are assumed', () => {
  const presentation = describe([...VIDEO, ...AUDIO]);
  for (const headers of [[], ['Transport: RTP/AVP/TCP;unicast']]) {
    const result = applySetup(presentation, 0, ASKED, plainResponse(...headers));
    assert.deepEqual(result.presentation.media[0]!.setup, { ...ASKED, ssrc: undefined });
    assert.equal(result.warnings.length, 1);
  }
  const udp = applySetup(
    presentation,
    1,
    undefined,
    plainResponse('Transport: RTP/AVP;client_port=5000-5001;server_port=6000-6001'),
  );
  assert.deepEqual(udp.presentation.media[1]!.setup, { ...ASKED, ssrc: undefined });
  assert.deepEqual(udp.transport.serverPort, { rtp: 6000, rtcp: 6001 });
  assert.equal(udp.warnings.length, 0);
  assert.equal(presentation.media[0]!.setup, undefined, 'the input stays as it was');
});

test('Q64 channels chosen by the server', () => {
  const presentation = describe([...VIDEO, ...AUDIO]);
  const setup = (interleaved: string, index = 0, before = presentation) =>
    applySetup(before, index, ASKED, plainResponse(`Transport: RTP/AVP/TCP;interleaved=${interleaved}`, 'Session: A'));
  const channels = (interleaved: string) => [...assignedChannels(setup(interleaved).presentation)];
  assert.deepEqual(channels('8-9'), [8, 9]);
  assert.deepEqual(channels('4'), [4, 5]);
  assert.deepEqual(channels('1-2'), [1, 2]);
  assert.deepEqual(channels('254-255'), [254, 255]);
  assert.deepEqual(
    [setup('8-9').warnings.length, setup('1-2').warnings.length, setup('2-7').warnings.length],
    [0, 1, 1],
  );
  const first = setup('8-9').presentation;
  assert.deepEqual([...assignedChannels(setup('10-11', 1, first).presentation)], [8, 9, 10, 11]);
  assert.deepEqual([...assignedChannels(setup('8-9', 0, first).presentation)], [8, 9], 'the same stream again');
  for (const bad of ['8-9', '9-10', '7-8']) {
    assert.throws(() => setup(bad, 1, first), { code: 'transport-invalid', message: /another stream/ });
  }
  assert.throws(() => setup('255'), { code: 'transport-invalid', message: /255/ });
  assert.throws(() => setup('256-257'), { code: 'transport-invalid' });
  assert.throws(() => setup('4-4'), { code: 'transport-invalid' });
});

test('Q58 a timeout of 0 or of no number is worth a warning, and 60 s are assumed', () => {
  for (const [timeout, warnings] of [
    ['0', 1],
    ['abc', 1],
    ['30', 0],
  ] as const) {
    const answer = plainResponse('Transport: RTP/AVP/TCP;interleaved=2-3', `Session: A;timeout=${timeout}`);
    const result = applySetup(describe(VIDEO), 0, ASKED, answer);
    assert.equal(result.warnings.length, warnings);
    assert.equal(result.timeoutSeconds, warnings === 1 ? 60 : 30);
  }
});

test('Q65 interleaved decides, whatever the profile says (Escam Q6)', () => {
  const { presentation, warnings } = applySetup(
    describe(VIDEO),
    0,
    ASKED,
    plainResponse('Transport: RTP/AVP;unicast;interleaved=0-1', 'Session: A;timeout=0'),
  );
  assert.equal(presentation.media[0]!.setup!.rtpChannel, 0);
  assert.equal(warnings.length, 1); // the timeout
});

test('the stream of a SETUP by any client', () => {
  const presentation = describe(['a=control:*', ...VIDEO, ...AUDIO], ['Content-Base: rtsp://192.0.2.1:554/a?x=1/']);
  const cases: [string, number | undefined][] = [
    ['rtsp://192.0.2.1:554/a?x=1/trackID=1', 0],
    ['rtsp://u:p@192.0.2.1:554/a?x=1/trackID=2', 1],
    ['rtsp://cam/a?x=1/trackID=2/', 1],
    ['rtsp://192.0.2.1/trackID=2', 1],
    ['rtsp://192.0.2.1/trackID=3', undefined],
    ['rtsp://192.0.2.1/', undefined],
    ['*', undefined],
  ];
  for (const [uri, index] of cases) assert.equal(mediaForSetupUri(presentation, uri), index, uri);
  const alone = describe(VIDEO);
  assert.equal(mediaForSetupUri(alone, 'rtsp://other/'), 0);
  const answer = plainResponse('Transport: RTP/AVP/TCP;interleaved=0-1', 'Session: A');
  const { presentation: setUp } = applySetup(alone, 0, ASKED, answer);
  assert.equal(mediaForSetupUri(setUp, 'rtsp://other/'), undefined);
  assert.equal(mediaForSetupUri(setUp, setUp.media[0]!.control), 0);
});

test('Q69 no RTP-Info, or not for all streams', () => {
  const presentation = describe([...VIDEO, ...AUDIO]);
  const none = applyPlay(presentation, plainResponse());
  assert.deepEqual(none.presentation, presentation);
  const one = applyPlay(presentation, plainResponse('RTP-Info: url=trackID=2;seq=5'));
  assert.deepEqual(
    one.presentation.media.map(({ rtpInfo }) => rtpInfo?.seq),
    [undefined, 5],
  );
  assert.deepEqual(one.warnings, []);
});

test('Q70 the URL in RTP-Info: relative (Dahua, Reolink), mixed (Wowza), wrong (GW4089IP)', () => {
  const presentation = describe([...VIDEO, ...AUDIO]);
  const seqs = (value: string) => {
    const result = applyPlay(presentation, plainResponse(`RTP-Info: ${value}`));
    return [...result.presentation.media.map(({ rtpInfo }) => rtpInfo?.seq), result.warnings.length];
  };
  assert.deepEqual(seqs('url=trackID=1;seq=7,url=rtsp://192.0.2.1/a/trackID=2;seq=8'), [7, 8, 0]);
  assert.deepEqual(seqs('url=rtsp://192.0.2.1/trackID=1;seq=7'), [undefined, undefined, 1]);
  assert.deepEqual(seqs('url=rtsp://u:p@192.0.2.1/a/trackID=1;seq=7'), [7, undefined, 0]);
  assert.deepEqual(seqs('url=trackID=1;foo=1;seq=7'), [7, undefined, 0]);
  assert.deepEqual(seqs('seq=7'), [undefined, undefined, 1]);
  const single = applyPlay(describe(VIDEO), plainResponse('RTP-Info: url=nonsense;seq=7'));
  assert.equal(single.presentation.media[0]!.rtpInfo!.seq, 7);
});
