import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import { Authenticator } from '../../../lib/rtsp/auth.js';
import { type HeaderList, header } from '../../../lib/rtsp/message.js';
import { FakeTime } from './fake-time.js';
import { testScript } from './scripts.js';
import { TestClient } from './test-client.js';

async function open(t: TestContext, options: Partial<CameraOptions> = {}) {
  const time = new FakeTime();
  const script = testScript(5, { audio: true });
  const camera = await startCamera({ script, path: '/live/cam', clock: time, timers: time, ...options });
  t.after(() => camera.close());
  const client = await TestClient.open(camera.port);
  t.after(() => client.close());
  return { camera, client, time };
}

const TCP: HeaderList[number] = ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'];

interface Case {
  readonly title: string;
  readonly method: string;
  /** `URL` stands for the camera's own. */
  readonly uri?: string;
  readonly headers?: HeaderList;
  readonly status: number;
  readonly answers?: HeaderList;
}

const PUBLIC = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER';

const CASES: Case[] = [
  { title: 'OPTIONS lists the methods', method: 'OPTIONS', status: 200, answers: [['Public', PUBLIC]] },
  {
    title: 'OPTIONS of the server as a whole',
    method: 'OPTIONS',
    uri: '*',
    status: 200,
    answers: [['Public', PUBLIC]],
  },
  { title: 'DESCRIBE with a slash at the end', method: 'DESCRIBE', uri: 'URL/', status: 200 },
  { title: 'DESCRIBE with a query', method: 'DESCRIBE', uri: 'URL?channel=1&subtype=0', status: 200 },
  {
    title: 'DESCRIBE of any application type',
    method: 'DESCRIBE',
    headers: [['Accept', 'application/*']],
    status: 200,
  },
  { title: 'DESCRIBE of another type', method: 'DESCRIBE', headers: [['Accept', 'text/html']], status: 406 },
  { title: 'another path', method: 'DESCRIBE', uri: 'URLx', status: 404 },
  { title: 'no URL', method: 'DESCRIBE', uri: 'nonsense', status: 404 },
  { title: 'a stream that is not there', method: 'SETUP', uri: 'URL/stream=2', headers: [TCP], status: 404 },
  { title: 'SETUP of the whole', method: 'SETUP', headers: [TCP], status: 459 },
  {
    title: 'SETUP by multicast',
    method: 'SETUP',
    uri: 'URL/stream=0',
    headers: [['Transport', 'RTP/AVP;multicast;port=5000-5001']],
    status: 461,
  },
  { title: 'SETUP without a transport', method: 'SETUP', uri: 'URL/stream=0', status: 461 },
  {
    title: 'SETUP in an unknown session',
    method: 'SETUP',
    uri: 'URL/stream=0',
    headers: [TCP, ['Session', 'x']],
    status: 454,
  },
  { title: 'PLAY without a session', method: 'PLAY', status: 454 },
  { title: 'PAUSE in an unknown session', method: 'PAUSE', headers: [['Session', 'nope']], status: 454 },
  { title: 'TEARDOWN without a session', method: 'TEARDOWN', status: 454 },
  { title: 'GET_PARAMETER without a session', method: 'GET_PARAMETER', status: 200 },
  { title: 'ANNOUNCE', method: 'ANNOUNCE', status: 405, answers: [['Allow', PUBLIC]] },
  { title: 'RECORD', method: 'RECORD', status: 405 },
  { title: 'a method that only servers send', method: 'REDIRECT', status: 501 },
  {
    title: 'a feature that is required but unknown',
    method: 'DESCRIBE',
    headers: [['Require', 'coffee']],
    status: 551,
    answers: [['Unsupported', 'coffee']],
  },
];

for (const { title, method, uri = 'URL', headers = [], status, answers = [] } of CASES) {
  test(`${title}: ${status}`, async (t) => {
    const { camera, client } = await open(t);
    const response = await client.request(method, uri.replace('URL', camera.url), headers);
    assert.equal(response.status, status);
    assert.equal(header(response, 'cseq'), '1');
    for (const [name, value] of answers) assert.equal(header(response, name), value);
  });
}

test('a request without CSeq: 400, another version: 505, and the connection goes on', async (t) => {
  const { camera, client } = await open(t);
  assert.equal((await client.raw('OPTIONS * RTSP/1.0\r\n\r\n')).status, 400);
  assert.equal((await client.raw('OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n')).status, 505);
  assert.equal((await client.request('OPTIONS', camera.url)).status, 200);
});

for (const damage of [
  'OPTIONS * HTTP/1.1\r\n\r\n',
  'SETUP x RTSP/1.0\r\nContent-Length: -1\r\n\r\n',
  `OPTIONS ${'x'.repeat(70_000)}`,
]) {
  test(`${JSON.stringify(damage.slice(0, 40))}: 400, and the connection ends`, async (t) => {
    const { client } = await open(t);
    assert.equal((await client.raw(damage)).status, 400);
    await client.untilEnd();
  });
}

test('a request cut into single bytes, and several in one piece', async (t) => {
  const { camera, client } = await open(t);
  const request = `OPTIONS ${camera.url} RTSP/1.0\r\nCSeq: 7\r\n\r\n`;
  for (const byte of Buffer.from(request)) client.socket.write(Buffer.of(byte));
  await client.until(() => client.responses.length === 1);
  client.socket.write(request + request.replace('CSeq: 7', 'CSeq: 8'));
  await client.until(() => client.responses.length === 3);
  assert.deepEqual(
    client.responses.map((response) => header(response, 'cseq')),
    ['7', '7', '8'],
  );
});

test('states: parameters, ranges and what does not fit them', async (t) => {
  const { camera, client } = await open(t, { loop: false });
  const id = await client.setup(camera.url, [0]);
  const ask = async (method: string, headers: HeaderList = [], uri = camera.url, body?: string) =>
    (
      await client.request(
        method,
        uri,
        [['Session', id], ...headers],
        body === undefined ? undefined : Buffer.from(body),
      )
    ).status;
  assert.equal(await ask('PAUSE'), 455);
  assert.equal(await ask('PLAY', [], `${camera.url}/stream=1`), 455);
  for (const range of ['smpte=0:00:00-', 'npt=5-', 'clock=19961108T143720Z-', 'npt=a-']) {
    assert.equal(await ask('PLAY', [['Range', range]]), 457, range);
  }
  assert.equal(await ask('PLAY', [['Range', 'npt=now-']], `${camera.url}/stream=0`), 200);
  assert.equal(await ask('PLAY'), 200);
  assert.equal(await ask('SETUP', [['Transport', 'RTP/AVP/TCP;interleaved=2-3']], `${camera.url}/stream=1`), 455);
  assert.equal(await ask('GET_PARAMETER'), 200);
  assert.equal(
    await ask('GET_PARAMETER', [['Content-Type', 'text/parameters']], camera.url, 'packets_received\r\n'),
    451,
  );
  assert.equal(await ask('SET_PARAMETER', [], camera.url, 'barparam: barstuff\r\n'), 451);
  assert.equal(await ask('PAUSE'), 200);
  assert.equal(await ask('TEARDOWN'), 200);
  assert.equal(await ask('PLAY'), 454);
});

test('channels: a pair that is taken is replaced, none asked for gets the lowest free one', async (t) => {
  const { camera, client } = await open(t);
  const id = await client.setup(camera.url, [0]);
  const setup = async (stream: number, transport: string, session?: string) => {
    const headers: [string, string][] = [['Transport', transport]];
    if (session !== undefined) headers.push(['Session', session]);
    const response = await client.request('SETUP', `${camera.url}/stream=${stream}`, headers);
    return /interleaved=([\d-]+)/.exec(header(response, 'transport') ?? '')?.[1];
  };
  assert.equal(await setup(1, 'RTP/AVP/TCP;unicast;interleaved=1-2', id), '2-3');
  assert.equal(await setup(1, 'RTP/AVP/TCP;unicast;interleaved=2-3', id), '2-3');
  assert.equal(await setup(0, 'RTP/AVP/TCP;unicast'), '4-5');
  assert.equal(await setup(0, 'RTP/AVP/UDP;multicast, RTP/AVP/TCP;interleaved=254-255'), '254-255');
  assert.equal(await setup(0, 'RTP/AVP/TCP;interleaved=255-256'), undefined);
});

test('Q83 TEARDOWN over a fresh connection ends the session', async (t) => {
  const { camera, client } = await open(t);
  const { id } = await client.play(camera.url);
  const other = await TestClient.open(camera.port);
  t.after(() => other.close());
  assert.equal((await other.request('SETUP', `${camera.url}/stream=1`, [TCP, ['Session', id]])).status, 455);
  assert.equal((await other.request('TEARDOWN', camera.url, [['Session', id]])).status, 200);
  assert.equal((await client.request('GET_PARAMETER', camera.url, [['Session', id]])).status, 454);
});

test('a session without a sign of life times out; requests and receiver reports are such signs', async (t) => {
  const { camera, client, time } = await open(t, { sessionTimeoutS: 10, senderReportIntervalMs: 0 });
  const reasons: (string | undefined)[] = [];
  camera.on('session', ({ event, reason }) => event === 'end' && reasons.push(reason));
  const id = await client.setup(camera.url);
  time.advance(9_000);
  assert.equal((await client.request('GET_PARAMETER', camera.url, [['Session', id]])).status, 200);
  time.advance(9_000);
  client.socket.write(Buffer.from('24010008 80c90001 00000001'.replaceAll(' ', ''), 'hex'));
  await client.request('OPTIONS', camera.url);
  time.advance(9_999);
  assert.deepEqual(reasons, []);
  time.advance(1);
  assert.deepEqual(reasons, ['timeout']);
  await client.untilEnd();
});

test('a connection that ends takes its sessions along', async (t) => {
  const { camera, client } = await open(t);
  const ended = new Promise((resolve) =>
    camera.on('session', ({ event, reason }) => event === 'end' && resolve(reason)),
  );
  await client.play(camera.url);
  client.close();
  assert.equal(await ended, 'disconnected');
});

test('close ends sessions and connections, and can be called again', async (t) => {
  const { camera, client } = await open(t);
  const reasons: (string | undefined)[] = [];
  camera.on('session', ({ event, reason }) => event === 'end' && reasons.push(reason));
  await client.play(camera.url);
  await camera.close();
  await camera.close();
  await client.untilEnd();
  assert.deepEqual(reasons, ['closed']);
});

const AUTH = { username: 'admin', password: 'sécret, "quoted"', realm: 'IP Camera' };
const POLICIES = [
  { ...AUTH, scheme: 'basic' },
  { ...AUTH, scheme: 'digest' },
  { ...AUTH, scheme: 'digest', algorithm: 'SHA-256', qop: true },
] as const;

for (const auth of POLICIES) {
  test(`${auth.scheme} ${'algorithm' in auth ? auth.algorithm : ''}: 401 without or with wrong credentials, then in`, async (t) => {
    const { camera, client } = await open(t, { auth });
    assert.equal((await client.request('OPTIONS', camera.url)).status, 200);
    const refused = await client.request('DESCRIBE', camera.url);
    assert.equal(refused.status, 401);
    const challenges = refused.headers.get('www-authenticate')!;
    for (const [password, status] of [
      ['wrong', 401],
      [AUTH.password, 200],
    ] as const) {
      const authenticator = new Authenticator({ username: AUTH.username, password }, (bytes) => Buffer.alloc(bytes, 1));
      authenticator.beginRequest();
      assert.equal(authenticator.challenged(challenges), 'retry');
      const authorization = authenticator.authorization('DESCRIBE', camera.url)!;
      assert.equal((await client.request('DESCRIBE', camera.url, [['Authorization', authorization]])).status, status);
    }
    assert.doesNotMatch(inspect(camera, { depth: 9, showHidden: true }), /admin|sécret/);
  });
}

test('options out of range are refused', async () => {
  const script = testScript(1);
  for (const options of [
    { ssrc: -1 },
    { initialSequence: 65_536 },
    { initialTimestamp: 2 ** 32 },
    { sessionTimeoutS: 0 },
    { path: 'x' },
  ]) {
    await assert.rejects(startCamera({ script, ...options }), RangeError);
  }
});

test('a port in use is the caller’s to see', async (t) => {
  const { camera }: { camera: Camera } = await open(t);
  await assert.rejects(startCamera({ script: testScript(1), port: camera.port }), { code: 'EADDRINUSE' });
});
