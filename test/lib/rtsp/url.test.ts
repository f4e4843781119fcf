import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetinaRecordError } from '../../../lib/errors.js';
import { maskUrl, stripUserInfo } from '../../../lib/rtsp/mask-url.js';
import { joinControl, parseRtspUrl, repairBaseUrl, resolveRedirect } from '../../../lib/rtsp/url.js';

test('Q20 an URL is kept as it is, only user info goes', () => {
  const cases: [string, string, string, number][] = [
    ['rtsp://192.0.2.1/a?b=1&c=2', 'rtsp://192.0.2.1/a?b=1&c=2', '192.0.2.1', 554],
    ['rtsp://cam', 'rtsp://cam', 'cam', 554],
    ['RTSP://Cam:8554/A%20b//c/../d', 'RTSP://Cam:8554/A%20b//c/../d', 'Cam', 8554],
    ['rtsp://u:p@cam:1/x@y', 'rtsp://cam:1/x@y', 'cam', 1],
    ['rtsp://u:p@ss@cam/', 'rtsp://cam/', 'cam', 554],
    ['rtsps://[2001:db8::1]/a', 'rtsps://[2001:db8::1]/a', '2001:db8::1', 322],
    ['rtsp://[2001:db8::1]:65535?x', 'rtsp://[2001:db8::1]:65535?x', '2001:db8::1', 65535],
    ['rtsp://cam/straße b', 'rtsp://cam/stra%C3%9Fe%20b', 'cam', 554],
  ];
  for (const [text, url, host, port] of cases) {
    const parsed = parseRtspUrl(text);
    assert.deepEqual([parsed.url, parsed.host, parsed.port], [url, host, port]);
    assert.equal(parsed.secure, /^rtsps/i.test(text));
  }
});

test('Q34 user info is percent-decoded once, a stray % stays', () => {
  const cases: [string, string, string][] = [
    ['admin:p%2540x', 'admin', 'p%40x'],
    ['a%40b:c%3Ad', 'a@b', 'c:d'],
    ['u:100%', 'u', '100%'],
    ['u:%zz%41', 'u', '%zzA'],
    ['u:p%C3%A4', 'u', 'pä'],
    ['u', 'u', ''],
    ['u:a:b', 'u', 'a:b'],
  ];
  for (const [info, username, password] of cases) {
    assert.deepEqual(parseRtspUrl(`rtsp://${info}@cam/`).credentials, { username, password });
  }
  assert.equal(parseRtspUrl('rtsp://cam/').credentials, undefined);
});

test('unusable URLs are refused without showing their credentials', () => {
  for (const text of [
    '',
    'cam',
    'http://admin:hunter2@cam/',
    'rtsp:cam',
    'rtsp://',
    'rtsp:///path',
    'rtsp://admin:hunter2@',
    'rtsp://admin:hunter2@cam:0/',
    'rtsp://admin:hunter2@cam:65536/',
    'rtsp://admin:hunter2@cam:x/',
    'rtsp://admin:hunter2/x@cam/',
    'rtsp://admin:hunter2@ca m/',
    'rtsp://admin:hunter2@cam/a\r\nX: y',
    'rtsp://cam:99999/a?password=hunter2&x=1',
  ]) {
    assert.throws(
      () => parseRtspUrl(text),
      (error: unknown) => {
        assert.ok(error instanceof RetinaRecordError, text);
        assert.equal(error.code, 'url-invalid', text);
        assert.doesNotMatch(error.message, /hunter2/, text);
        return true;
      },
    );
  }
});

test('credentials in user info, path and query are masked (XMEye DVRs carry them in the path)', () => {
  const cases: [string, string][] = [
    ['rtsp://u:p@cam/x', 'rtsp://cam/x'],
    [
      'rtsp://cam/user=admin_password=tl_Jw_channel=1_stream=0.sdp?real_stream',
      'rtsp://cam/user=admin_password=***_channel=1_stream=0.sdp?real_stream',
    ],
    ['rtsp://cam/a?user=x&PWD=secret&c=1', 'rtsp://cam/a?user=x&PWD=***&c=1'],
    ['rtsp://cam/a?password=secret', 'rtsp://cam/a?password=***'],
    ['rtsp://cam/a?compass=north', 'rtsp://cam/a?compass=north'],
    ['not an URL', 'not an URL'],
  ];
  for (const [text, masked] of cases) assert.equal(maskUrl(text), masked);
});

test('no text makes the URL functions throw anything but url-invalid', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((s) => `rtsp://${s}`),
      ),
      (text) => {
        assert.equal(typeof maskUrl(text), 'string');
        assert.equal(typeof stripUserInfo(text), 'string');
        assert.equal(typeof repairBaseUrl(text, 'rtsp://192.0.2.1/a').base, 'string');
        try {
          assert.match(parseRtspUrl(text).url, /^rtsps?:\/\/[\x21-\x7e]*$/i);
        } catch (error) {
          assert.ok(error instanceof RetinaRecordError && error.code === 'url-invalid');
        }
      },
    ),
  );
});

test('Q38 a damaged Content-Base is repaired (Anjvision and others)', () => {
  const request = 'rtsp://192.0.2.9:554/live';
  const cases: [string, string][] = [
    ['rtsp://192.0.2.1:554/ch0/', 'rtsp://192.0.2.1:554/ch0/'],
    ['192.0.2.1:554/ch0/', 'rtsp://192.0.2.1:554/ch0/'],
    ['192.0.2.1:1935/', 'rtsp://192.0.2.1:1935/'],
    ['192.0.2.1/ch0', 'rtsp://192.0.2.1/ch0'],
    ['cam7:554/ch0/', 'rtsp://cam7:554/ch0/'],
    ['/live/', 'rtsp://192.0.2.9:554/live/'],
    ['rtsp://rtsp://192.0.2.1:554/', 'rtsp://192.0.2.1:554/'],
    ['rtsp://::ffff:192.0.2.1/x', 'rtsp://192.0.2.1/x'],
    ['rtsp://::ffff:192.0.2.1:8554/x', 'rtsp://192.0.2.1:8554/x'],
    ['rtsp://u:p@192.0.2.1/x', 'rtsp://192.0.2.1/x'],
    ['garbage', request],
    ['http://192.0.2.1/x', request],
    ['rtsp://', request],
    ['foo bar:554/', request],
    ['', request],
  ];
  for (const [text, base] of cases) {
    assert.deepEqual(repairBaseUrl(text, request), { base, repaired: base !== text }, text);
  }
  assert.equal(repairBaseUrl('192.0.2.1:322/a', 'rtsps://192.0.2.9/').base, 'rtsps://192.0.2.1:322/a');
  assert.equal(repairBaseUrl('cam/a/', 'rtsp://cam/a').base, 'rtsp://cam/a/');
});

test('Q38 joins: base without scheme, control trackID=1', () => {
  const join = (base: string) => joinControl(repairBaseUrl(base, 'rtsp://192.0.2.9/').base, 'trackID=1');
  assert.equal(join('192.0.2.1:554/ch0/'), 'rtsp://192.0.2.1:554/ch0/trackID=1');
  assert.equal(join('cam7:554/ch0/'), 'rtsp://cam7:554/ch0/trackID=1');
});

test('Q39 relative controls are appended even behind a query (Dahua, GW Security, Hikvision)', () => {
  const cases: [string, string, string][] = [
    ['rtsp://192.0.2.1/H264?channel=1&subtype=0', 'video', 'rtsp://192.0.2.1/H264?channel=1&subtype=0/video'],
    ['rtsp://192.0.2.1/a/', 'trackID=1', 'rtsp://192.0.2.1/a/trackID=1'],
    ['rtsp://192.0.2.1', 'trackID=1', 'rtsp://192.0.2.1/trackID=1'],
    ['rtsp://192.0.2.1/a/', '*', 'rtsp://192.0.2.1/a/'],
    ['rtsp://192.0.2.1/a/', '', 'rtsp://192.0.2.1/a/'],
    ['rtsp://192.0.2.1/a/', '../b', 'rtsp://192.0.2.1/a/../b'],
  ];
  for (const [base, control, url] of cases) assert.equal(joinControl(base, control), url);
});

test('Q40 controls that begin with / or ? get no second slash', () => {
  assert.equal(joinControl('rtsp://192.0.2.1/a/', '/track1'), 'rtsp://192.0.2.1/a/track1');
  assert.equal(joinControl('rtsp://192.0.2.1/a', '/track1'), 'rtsp://192.0.2.1/a/track1');
  assert.equal(joinControl('rtsp://192.0.2.1/a', '?x=1'), 'rtsp://192.0.2.1/a?x=1');
});

test('Q41 absolute controls stay as they are (Hikvision, Geovision)', () => {
  const control = 'rtsp://10.0.0.5/media/video1/video';
  assert.equal(joinControl('rtsp://192.0.2.1/', control), control);
  assert.equal(joinControl('rtsp://192.0.2.1/', 'RTSPS://h/x'), 'RTSPS://h/x');
});

test('Q18 redirects: absolute or a path, never from rtsps to rtsp, no credentials taken from them', () => {
  const from = parseRtspUrl('rtsp://u:p@192.0.2.1:8554/a');
  assert.deepEqual(resolveRedirect(from, 'rtsp://x:y@192.0.2.9:8554/x'), {
    ...parseRtspUrl('rtsp://192.0.2.9:8554/x'),
    credentials: undefined,
  });
  assert.equal(resolveRedirect(from, '/b').url, 'rtsp://192.0.2.1:8554/b');
  assert.equal(resolveRedirect(from, 'rtsps://192.0.2.1/a').port, 322);
  for (const location of [undefined, '', 'http://192.0.2.1/', 'nonsense']) {
    assert.throws(() => resolveRedirect(from, location), { code: 'redirect-invalid' });
  }
  assert.throws(() => resolveRedirect(parseRtspUrl('rtsps://cam/'), 'rtsp://cam/'), { code: 'redirect-insecure' });
});
