import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { connect } from '../../../lib/net/connect.js';
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
}

/** Starts a session with a script for TEARDOWN. */
async function play(t: TestContext, answer: Script, options: ConnectOptions = {}, sdp = SDP): Promise<Playing> {
  const time = new FakeTime();
  const camera = await FakeCamera.start((received, fake) => {
    if (received.method === 'TEARDOWN') return answer(received, fake);
    return received.method === 'DESCRIBE' ? described(sdp) : wellBehaved(received);
  });
  t.after(() => camera.close());
  const session = await connect(camera.url, { clock: time, timers: time, ...options });
  return { camera, session, time };
}

const teardowns = (camera: FakeCamera) => camera.requests.filter(({ method }) => method === 'TEARDOWN');
const LIVE555 = SDP.replace('a=control:*', 'a=tool:LIVE555 Streaming Media v2013.04.08');

test('Q85 auto: one TEARDOWN to the base URL with the bare id, success is 2xx, 454 and 500 (Hikvision DS-2CD2032)', async (t) => {
  for (const code of [200, 250, 454, 500]) {
    const { camera, session } = await play(t, () => status(code));
    assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: code });
    const [received] = teardowns(camera);
    assert.equal(received!.request.uri, camera.url);
    assert.equal(header(received!.request, 'session'), '4711');
  }
});

test('Q85 auto: another answer, the end of the connection and silence for 5 s count as done too', async (t) => {
  const refused = await play(t, () => status(400, 'Bad Request'));
  assert.deepEqual(await refused.session.close(), {
    result: 'unconfirmed',
    attempts: 1,
    status: 400,
    error: undefined,
  });
  const closing = await play(t, ({ socket }) => void socket.end());
  assert.equal((await closing.session.close()).result, 'unconfirmed');
  const silent = await play(t, () => undefined);
  const closed = silent.session.close();
  await silent.camera.received('TEARDOWN');
  assert.deepEqual(silent.time.delaysMs, [5000, 60_000]);
  silent.time.advance(5000);
  const outcome = await closed;
  assert.equal(outcome.result, 'unconfirmed');
  assert.match(outcome.error!.message, /TEARDOWN CSeq 4 was not answered/);
  assert.equal(silent.camera.sockets.length, 1);
  assert.deepEqual(silent.time.delaysMs, []);
});

test('auto: nothing is sent after the connection has ended', async (t) => {
  const { camera, session } = await play(t, () => status(200));
  camera.socket.end();
  await session.source.toArray();
  assert.deepEqual(await session.close(), { result: 'unconfirmed', attempts: 0, status: undefined, error: undefined });
  assert.equal(camera.sockets.length, 1);
});

test('never: nothing is sent', async (t) => {
  const { camera, session } = await play(t, () => status(200), { teardown: 'never' });
  assert.deepEqual(await session.close(), { result: 'skipped', attempts: 0 });
  assert.equal(teardowns(camera).length, 0);
});

test('always: fresh connections with 1, 2, 4, 8, 16, 16 … s until the session has timed out', async (t) => {
  const { camera, session, time } = await play(t, ({ socket }) => void socket.end(), { teardown: 'always' });
  camera.socket.end();
  await session.source.toArray();
  const began = time.now();
  const closed = session.close();
  const at: number[] = [];
  for (const [i, limitMs] of [1000, 2000, 4000, 8000, 16_000, 16_000, 16_000].entries()) {
    await camera.received('TEARDOWN', i + 1);
    at.push(Number(time.now() - began) / 1e9);
    // The slice is waited out although the attempt failed at once.
    await until(() => time.delaysMs.length === 2 || (time.delaysMs.length === 1 && i === 6));
    await new Promise(setImmediate);
    time.advance(limitMs);
  }
  const outcome = await closed;
  assert.deepEqual(at, [0, 1, 3, 7, 15, 31, 47]);
  assert.deepEqual([outcome.result, outcome.attempts], ['unconfirmed', 7]);
  assert.equal(camera.sockets.length, 8);
  assert.deepEqual(time.delaysMs, []);
  // Whoever waits for it is told why, once.
  const told = session.warnings.filter(({ code }) => code === 'teardown').map(({ message }) => message);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /has not confirmed TEARDOWN; it is asked again for up to 60 s/);
});

test('Q24 Q85 the TEARDOWN on a fresh connection carries Authorization, and a new nonce is answered', async (t) => {
  const time = new FakeTime();
  let nonce = 'A';
  const camera = await FakeCamera.start((received) => {
    if (header(received.request, 'authorization')?.includes(`nonce="${nonce}"`)) return wellBehaved(received);
    return status(401, '', `WWW-Authenticate: Digest realm="r", nonce="${nonce}"`);
  });
  t.after(() => camera.close());
  const session = await connect(camera.url, { username: 'u', clock: time, timers: time, teardown: 'always' });
  camera.socket.end();
  await session.source.toArray();
  nonce = 'B';
  assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: 200 });
  const [first, second] = teardowns(camera);
  assert.match(header(first!.request, 'authorization')!, /nonce="A"/);
  assert.match(header(second!.request, 'authorization')!, /nonce="B"/);
  assert.deepEqual([first!.connection, first!.cseq, second!.cseq], [1, '1', '2']);
});

test('Q83 auto means always for an old live555 (Reolink)', async (t) => {
  const { camera, session } = await play(t, () => status(200), {}, LIVE555);
  camera.socket.end();
  await session.source.toArray();
  assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: 200 });
  assert.equal(teardowns(camera)[0]!.connection, 1);
});

test('Q84 after torn framing TEARDOWN is tried on the same connection, then on a fresh one (live555)', async (t) => {
  const { camera, session, time } = await play(
    t,
    ({ connection }) => (connection === 0 ? undefined : status(200)),
    {},
    LIVE555,
  );
  camera.socket.write(Buffer.concat([frame(0, Buffer.alloc(100)).subarray(0, 54), frame(0, 'aabb')]));
  await until(() => session.receiveStats.bytes === camera.socket.bytesWritten);
  const closed = session.close();
  await camera.received('TEARDOWN');
  time.advance(5000);
  assert.deepEqual(await closed, { result: 'done', attempts: 2, status: 200 });
  assert.deepEqual(
    teardowns(camera).map(({ connection }) => connection),
    [0, 1],
  );
});

test('Q85 a fresh connection that answers 500 is done at once (Hikvision DS-2CD2032)', async (t) => {
  const { camera, session } = await play(t, () => status(500, 'Internal Server Error'), { teardown: 'always' });
  camera.socket.end();
  await session.source.toArray();
  assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: 500 });
  assert.ok(session.warnings.every(({ code }) => code !== 'teardown'));
});

test('Q86 media and late answers while TEARDOWN is outstanding are skipped (Reolink)', async (t) => {
  const late = status(200).replace('%CSEQ%', '3');
  const foreign = status(200).replace('%CSEQ%', '77');
  const { session } = await play(t, (received, fake) => {
    fake.reply(received, frame(0, Buffer.alloc(1400)));
    fake.reply(received, late);
    fake.reply(received, foreign);
    fake.reply(received, frame(1, 'aabb'));
    return status(200, 'OK');
  });
  assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: 200 });
});

test('TEARDOWN gets through with a keepalive outstanding and the socket paused', async (t) => {
  const time = new FakeTime();
  const camera = await FakeCamera.start((received) =>
    received.method === 'OPTIONS' ? undefined : wellBehaved(received),
  );
  t.after(() => camera.close());
  const session = await connect(camera.url, { clock: time, timers: time, maxBufferedBytes: 1000, silenceTimeoutMs: 0 });
  camera.socket.write(Buffer.alloc(4000 * 1004, frame(0, Buffer.alloc(1000, 7))));
  time.advance(30_000);
  await camera.received('OPTIONS');
  assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: 200 });
});

test('a second close without teardown cuts the first one short', async (t) => {
  const { camera, session, time } = await play(t, () => undefined, { teardown: 'always' });
  const first = session.close();
  await camera.received('TEARDOWN');
  const second = session.close({ teardown: false });
  assert.equal((await second).result, 'unconfirmed');
  assert.equal(await first, await second);
  assert.deepEqual(time.delaysMs, []);
  const skipped = await play(t, () => undefined);
  assert.deepEqual(await skipped.session.close({ teardown: false }), { result: 'skipped', attempts: 0 });
});
