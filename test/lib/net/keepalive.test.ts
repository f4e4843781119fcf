import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Fault, Item } from '../../../lib/items.js';
import { connect } from '../../../lib/net/connect.js';
import { keepaliveIntervalMs } from '../../../lib/net/keepalive.js';
import { matchResponse } from '../../../lib/net/match-response.js';
import type { ConnectOptions } from '../../../lib/net/options.js';
import type { Session } from '../../../lib/net/session.js';
import { header } from '../../../lib/rtsp/message.js';
import { described, FakeCamera, frame, type Script, SDP, status, wellBehaved } from './fake-camera.js';
import { FakeTime } from './fake-timers.js';
import { test, until } from './limited-test.js';

interface Playing {
  readonly camera: FakeCamera;
  readonly session: Session;
  readonly time: FakeTime;
  readonly items: Item[];
  readonly ended: Promise<void>;
}

/** Starts a session whose keepalives are answered by `script`, and reads its source. */
async function play(t: TestContext, script: Script, options: ConnectOptions = {}, timeout = 60): Promise<Playing> {
  const time = new FakeTime();
  const camera = await FakeCamera.start((received, fake) => {
    if (received.method === 'DESCRIBE' || received.method === 'PLAY') return wellBehaved(received);
    if (received.method === 'SETUP')
      return (wellBehaved(received) as string).replace('timeout=60', `timeout=${timeout}`);
    return script(received, fake);
  });
  const session = await connect(camera.url, {
    clock: time,
    timers: time,
    teardown: 'never',
    silenceTimeoutMs: 0,
    ...options,
  });
  const items: Item[] = [];
  session.source.on('data', (item: Item) => items.push(item));
  const ended = new Promise<void>((resolve) => session.source.on('end', resolve));
  t.after(async () => {
    await session.close();
    await camera.close();
  });
  return { camera, session, time, items, ended };
}

const LISTED = (methods: string) => status(200, 'OK', `Public: OPTIONS, DESCRIBE, ${methods}`);

/** Lets an interval pass and waits until the next keepalive has been sent and its answer read. */
async function round({ camera, session, time }: Playing, answers = true): Promise<string> {
  const count = camera.requests.length;
  const before = session.receiveStats.bytes;
  time.advance(30_000);
  await until(() => camera.requests.length > count);
  if (answers) await until(() => session.receiveStats.bytes > before);
  await new Promise(setImmediate);
  return camera.requests.at(-1)!.method;
}

/** Sends a frame and waits until everything sent has been read. */
async function media({ camera, session }: Playing): Promise<void> {
  camera.socket.write(frame(0, 'aabb'));
  await until(() => session.receiveStats.bytes >= camera.socket.bytesWritten);
}

const fault = ({ items }: Playing) => items.find((item): item is Fault => item.kind === 'fault');

test('Q76 half the timeout, at most 30 s, the first that long after PLAY', async (t) => {
  const cases: [number, number][] = [
    [60, 30_000],
    [15, 7500],
    [3600, 30_000],
    [1, 500],
  ];
  for (const [timeout, interval] of cases) {
    assert.equal(keepaliveIntervalMs(timeout), interval);
    const { time } = await play(t, wellBehaved, {}, timeout);
    assert.deepEqual(time.delaysMs, [interval]);
  }
});

test('Q76 none at PLAY: the first one goes out when half the timeout is over', async (t) => {
  const { camera, time } = await play(t, wellBehaved);
  // The client's answer to a request of ours comes behind whatever it has sent before.
  camera.socket.write('OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n');
  await once(camera, 'response');
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'PLAY']);
  time.advance(30_000);
  await camera.received('OPTIONS');
});

test('Q76 the timeout of the first SETUP counts, another one of later answers is ignored (GW Security)', async (t) => {
  for (const secondId of ['4711', '4712']) {
    const time = new FakeTime();
    const sessions = ['4711;timeout=20', `${secondId};timeout=40`];
    const camera = await FakeCamera.start((received) => {
      const answer = wellBehaved(received) as string;
      if (received.method === 'SETUP') return answer.replace('4711;timeout=60', sessions.shift()!);
      return received.method === 'PLAY' ? answer.replace('Session: 4711', 'Session: 4711;timeout=120') : answer;
    });
    t.after(() => camera.close());
    const options = { clock: time, timers: time, silenceTimeoutMs: 0, selectMedia: () => [0, 1] };
    const session = await connect(camera.url, options);
    assert.deepEqual(time.delaysMs, [10_000]);
    await session.close();
  }
});

test('Q77 the keepalive goes to the base URL, also where that is not the aggregate one', async (t) => {
  const time = new FakeTime();
  const sdp = SDP.replace('a=control:*\r\n', '');
  const camera = await FakeCamera.start((received, fake) =>
    received.method === 'DESCRIBE' ? described(sdp, `Content-Base: ${fake.url}/`) : wellBehaved(received),
  );
  t.after(() => camera.close());
  const session = await connect(camera.url, { clock: time, timers: time, silenceTimeoutMs: 0 });
  time.advance(30_000);
  assert.equal((await camera.received('OPTIONS')).request.uri, `${camera.url}/`);
  assert.equal((await camera.received('PLAY')).request.uri, camera.url);
  await session.close();
});

test('Q77 OPTIONS first, then SET_PARAMETER, GET_PARAMETER or OPTIONS as Public says, to the base URL (Dahua)', async (t) => {
  const cases: [string, string][] = [
    ['SET_PARAMETER, GET_PARAMETER', 'SET_PARAMETER'],
    ['GET_PARAMETER', 'GET_PARAMETER'],
    ['PLAY', 'OPTIONS'],
  ];
  for (const [listed, method] of cases) {
    const playing = await play(t, ({ method: asked }) => (asked === 'OPTIONS' ? LISTED(listed) : status(200, 'OK')));
    assert.equal(await round(playing), 'OPTIONS');
    assert.equal(await round(playing), method);
    assert.equal(await round(playing), method);
    const { request } = playing.camera.requests.at(-1)!;
    assert.equal(request.uri, playing.camera.url);
    assert.equal(header(request, 'session'), '4711');
    assert.equal(request.body.length, 0);
    assert.deepEqual(playing.session.warnings, []);
  }
  const without = await play(t, () => status(200, 'OK'));
  assert.deepEqual([await round(without), await round(without)], ['OPTIONS', 'OPTIONS']);
});

test('Q78 a refused method gives way to the next weaker one, with a warning each', async (t) => {
  const playing = await play(t, ({ method }) =>
    method === 'OPTIONS' ? LISTED('SET_PARAMETER') : status(400, 'Bad Request'),
  );
  const methods: string[] = [];
  for (let i = 0; i < 5; i++) methods.push(await round(playing));
  assert.deepEqual(methods, ['OPTIONS', 'SET_PARAMETER', 'GET_PARAMETER', 'OPTIONS', 'OPTIONS']);
  assert.deepEqual(
    playing.session.warnings.map(({ code }) => code),
    ['keepalive', 'keepalive'],
  );
  assert.equal(fault(playing), undefined);
});

test('Q78 454 means that the session is gone', async (t) => {
  const playing = await play(t, () => status(454, 'Session Not Found'));
  await round(playing);
  await playing.ended;
  assert.equal(fault(playing)!.code, 'connection-closed');
  assert.match(fault(playing)!.message, /OPTIONS CSeq 4 was answered 454 Session Not Found/);
});

test('Q78 a server that closes on a keepalive is told of with its method (old rtsp-simple-server)', async (t) => {
  const playing = await play(t, ({ socket }) => void socket.end());
  await round(playing, false);
  await playing.ended;
  assert.match(fault(playing)!.message, /EOF.*with the keepalive OPTIONS unanswered/);
});

test('Q79 an error with the CSeq of the request before is the answer (Tapo C520WS)', async (t) => {
  const playing = await play(t, ({ method, cseq }) => {
    if (method === 'OPTIONS') return LISTED('SET_PARAMETER');
    return status(400, 'Bad Request').replace('%CSEQ%', String(Number(cseq) - 1));
  });
  const methods = [await round(playing), await round(playing), await round(playing)];
  assert.deepEqual(methods, ['OPTIONS', 'SET_PARAMETER', 'GET_PARAMETER']);
  assert.equal(fault(playing), undefined);
});

test('Q79 an answer that matches nothing is dropped with a warning', async (t) => {
  const playing = await play(t, wellBehaved);
  playing.camera.socket.write('RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n');
  await media(playing);
  assert.deepEqual(
    playing.session.warnings.map(({ code }) => code),
    ['rtsp-oddity'],
  );
  assert.equal(await round(playing), 'OPTIONS');
  assert.equal(fault(playing), undefined);
});

test('Q80 no answer while media flow: downgraded, no error (Hipcam)', async (t) => {
  const playing = await play(t, ({ method }) => (method === 'OPTIONS' ? LISTED('GET_PARAMETER') : undefined));
  assert.equal(await round(playing), 'OPTIONS');
  assert.equal(await round(playing, false), 'GET_PARAMETER');
  await media(playing);
  assert.equal(await round(playing), 'OPTIONS');
  assert.equal(await round(playing), 'OPTIONS', 'they go on, on schedule');
  assert.deepEqual(
    playing.session.warnings.map(({ code }) => code),
    ['keepalive'],
  );
  assert.equal(fault(playing), undefined);
});

test('Q80 no answer and no media: the session has ended', async (t) => {
  const playing = await play(t, () => undefined);
  await round(playing, false);
  playing.time.advance(30_000);
  await playing.ended;
  assert.equal(fault(playing)!.code, 'connection-silent');
  assert.match(fault(playing)!.message, /OPTIONS CSeq 4 was not answered/);
});

test('Q81 an end at about the session timeout hints at the keepalive method (EvoStream)', async (t) => {
  const playing = await play(t, () => status(200, 'OK'));
  await round(playing);
  await round(playing);
  playing.camera.socket.end();
  await playing.ended;
  assert.match(fault(playing)!.message, /session's timeout of 60 s, although OPTIONS was answered/);
});

test('Q31 a keepalive that is challenged with a new nonce is sent again at once (Axis M5525)', async (t) => {
  let nonce = 'A';
  const time = new FakeTime();
  const challenge = () => status(401, 'Unauthorized', `WWW-Authenticate: Digest realm="r", nonce="${nonce}"`);
  const camera = await FakeCamera.start((received) => {
    const authorized = header(received.request, 'authorization')?.includes(`nonce="${nonce}"`);
    return authorized ? wellBehaved(received) : challenge();
  });
  t.after(() => camera.close());
  const session = await connect(camera.url, { username: 'u', clock: time, timers: time, silenceTimeoutMs: 0 });
  nonce = 'B';
  time.advance(30_000);
  await camera.received('OPTIONS', 2);
  const [first, second] = camera.requests.slice(-2);
  assert.match(header(first!.request, 'authorization')!, /nonce="A"/);
  assert.match(header(second!.request, 'authorization')!, /nonce="B"/);
  assert.equal(Number(second!.cseq), Number(first!.cseq) + 1);
  assert.deepEqual(session.warnings, []);
  assert.equal((await session.close()).result, 'done');
  assert.match(header(camera.requests.at(-1)!.request, 'authorization')!, /nonce="B"/);
});

test('Q31 a keepalive that is refused for good is worth one warning, the recording goes on', async (t) => {
  const playing = await play(t, () => status(401, 'Unauthorized', 'WWW-Authenticate: Basic realm="r"'));
  await round(playing);
  await media(playing);
  await round(playing);
  assert.deepEqual(
    playing.session.warnings.map(({ code }) => code),
    ['keepalive'],
  );
  assert.equal(fault(playing), undefined);
});

test('a keepalive that goes unanswered while the socket is paused is no fault', async (t) => {
  const time = new FakeTime();
  const camera = await FakeCamera.start();
  t.after(() => camera.close());
  const options: ConnectOptions = { clock: time, timers: time, maxBufferedBytes: 1000, teardown: 'never' };
  const session = await connect(camera.url, options);
  camera.socket.write(Buffer.alloc(16_000 * 1004, frame(0, Buffer.alloc(1000, 7))));
  const before = session.receiveStats.bytes;
  await until(() => session.receiveStats.bytes > before + 1000);
  for (let i = 1; i <= 5; i++) {
    time.advance(30_000);
    await camera.received('OPTIONS', i);
  }
  assert.deepEqual(session.warnings, []);
  assert.equal(session.source.readableEnded, false);
  await session.close();
});

test('Q5 Q79 Q86 whose answer a response is', () => {
  const waiting = { cseq: 5, lastCseq: 5 };
  const cases: [string | undefined, number, Parameters<typeof matchResponse>[2], ReturnType<typeof matchResponse>][] = [
    ['5', 200, undefined, 'stray'],
    ['5', 200, { ...waiting, phase: 'handshake' }, 'exact'],
    ['4', 200, { ...waiting, phase: 'handshake' }, 'old'],
    ['6', 200, { ...waiting, phase: 'handshake' }, 'impossible'],
    ['0', 200, { ...waiting, phase: 'handshake' }, 'guessed'],
    [undefined, 200, { ...waiting, phase: 'handshake' }, 'guessed'],
    ['4', 400, { ...waiting, phase: 'play' }, 'guessed'],
    ['4', 200, { ...waiting, phase: 'play' }, 'stray'],
    ['9', 200, { ...waiting, phase: 'play' }, 'stray'],
    ['4', 400, { ...waiting, phase: 'teardown' }, 'old'],
    ['9', 200, { ...waiting, phase: 'teardown' }, 'old'],
    ['5', 200, { ...waiting, phase: 'teardown' }, 'exact'],
  ];
  for (const [cseq, code, outstanding, expected] of cases)
    assert.equal(matchResponse(cseq, code, outstanding), expected);
});
