import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connect } from '../../../lib/net/connect.js';
import type { TlsOptions } from '../../../lib/net/options.js';
import { CA, camera as camera_, elsewhere, loopback } from './certificates.js';
import { FakeCamera, status, wellBehaved } from './fake-camera.js';

interface Identity {
  readonly key: string;
  readonly cert: string;
}

async function attempt(t: TestContext, identity: Identity, tls: TlsOptions | undefined): Promise<FakeCamera> {
  const camera = await FakeCamera.start(wellBehaved, identity);
  t.after(() => camera.close());
  const session = await connect(camera.url, { tls });
  assert.equal((await session.close()).result, 'done');
  return camera;
}

test('rtsps: a certificate of a trusted CA with the right name is accepted', async (t) => {
  const camera = await attempt(t, loopback, { ca: CA });
  assert.ok(camera.requests[0]!.request.uri.startsWith('rtsps://'));
});

test('rtsps: a certificate given as trusted is accepted whatever its name says', async (t) => {
  await attempt(t, camera_, { ca: camera_.cert });
  await attempt(t, camera_, { ca: Buffer.from(`${CA}\n${camera_.cert}\n`) });
  await attempt(t, elsewhere, { ca: elsewhere.cert });
});

test('rtsps: anything is accepted if told so', async (t) => {
  await attempt(t, camera_, { insecure: true });
});

test('rtsps: an abort at any moment of opening the connection ends the attempt', async (t) => {
  const camera = await FakeCamera.start(wellBehaved, loopback);
  t.after(() => camera.close());
  for (let turns = 0; turns < 8; turns++) {
    const controller = new AbortController();
    const attempt = connect(camera.url, { tls: { ca: CA }, signal: controller.signal });
    for (let turn = 0; turn < turns; turn++) await undefined;
    controller.abort();
    await assert.rejects(attempt, { name: 'AbortError' });
  }
});

test('rtsps: unknown issuers and wrong names are refused before a byte is sent', async (t) => {
  const cases: [Identity, TlsOptions | undefined, RegExp][] = [
    [camera_, undefined, /DEPTH_ZERO_SELF_SIGNED_CERT|self.signed/],
    [camera_, { ca: CA }, /not trusted/],
    [loopback, undefined, /not trusted/],
    [elsewhere, { ca: CA }, /127\.0\.0\.1|ALTNAME/],
  ];
  for (const [identity, tls, message] of cases) {
    await assert.rejects(attempt(t, identity, tls), { code: 'tls-untrusted', message });
  }
});

test('rtsps: the certificate and its fingerprint are named, so that it can be trusted', async (t) => {
  await assert.rejects(attempt(t, camera_, undefined), {
    message: /SHA-256 fingerprint is ([0-9A-F]{2}:){31}[0-9A-F]{2}/,
  });
});

test('rtsps: a server without TLS, and a CA file that is none', async (t) => {
  const plain = await FakeCamera.start(() => status(400));
  t.after(() => plain.close());
  plain.on('connection', (socket) => socket.end('RTSP/1.0 400 Bad Request\r\n\r\n'));
  await assert.rejects(connect(plain.url.replace('rtsp:', 'rtsps:')), { code: 'tls-failed' });
  const garbled = CA.replace(/[A-Z]{5}/, 'AAAAA').replace(/\n[^-\n]{20}/, '\n');
  for (const ca of ['', 'nonsense', garbled]) {
    await assert.rejects(connect('rtsps://127.0.0.1:1/', { tls: { ca } }), { code: 'tls-ca-invalid' });
  }
});

test('Q18 a redirect from rtsps to rtsp is refused', async (t) => {
  const camera = await FakeCamera.start(() => status(302, '', 'Location: rtsp://127.0.0.1:1/'), loopback);
  t.after(() => camera.close());
  await assert.rejects(connect(camera.url, { tls: { ca: CA } }), { code: 'redirect-insecure' });
});
