import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import type { Chunk, Fault, Item } from '../../../lib/items.js';
import { connect } from '../../../lib/net/connect.js';
import type { ConnectOptions } from '../../../lib/net/options.js';
import type { Session } from '../../../lib/net/session.js';
import { StaleSessions } from '../../../lib/net/stale-sessions.js';
import type { Clock } from '../../../lib/time/clock.js';
import { described, FakeCamera, frame, type Script, SDP, status, wellBehaved } from './fake-camera.js';
import { FakeTime } from './fake-timers.js';
import { test, until } from './limited-test.js';
import { markingTime } from './marking-time.js';

interface Playing {
  readonly camera: FakeCamera;
  readonly session: Session;
  readonly time: FakeTime;
}

async function play(
  t: TestContext,
  options: ConnectOptions = {},
  script: Script = wellBehaved,
  clockOf: (time: FakeTime) => Clock = (time) => time,
): Promise<Playing> {
  const time = new FakeTime();
  const camera = await FakeCamera.start(script);
  const clock = clockOf(time);
  const session = await connect(camera.url, { clock, timers: time, teardown: 'never', ...options });
  t.after(async () => {
    await session.close();
    await camera.close();
  });
  return { camera, session, time };
}

async function collect(session: Session): Promise<Item[]> {
  return (await session.source.toArray()) as Item[];
}

function bytesOf(items: readonly Item[]): Buffer {
  return Buffer.concat(items.filter((item): item is Chunk => item.kind === 'chunk').map(({ data }) => data));
}

function lastFault(items: readonly Item[]): Fault {
  const last = items.at(-1);
  assert.ok(last?.kind === 'fault');
  return last;
}

/** The next item of a kind, with the source left open. */
async function next(session: Session, kind: Item['kind']): Promise<Item> {
  for (;;) {
    const item = session.source.read() as Item | null;
    if (item?.kind === kind) return item;
    if (item === null) await once(session.source, 'readable');
  }
}

test('the source begins with the presentation, then come the bytes behind the answer to PLAY', async (t) => {
  const media = Buffer.concat([frame(0, '8060006400001388112233446500'), frame(1, '80c8')]);
  const { camera, session, time } = await play(t, {}, (received) => {
    const answer = wellBehaved(received) as string;
    if (received.method !== 'PLAY') return answer;
    return Buffer.concat([frame(0, 'aaaa'), Buffer.from(answer.replace('%CSEQ%', received.cseq)), media]);
  });
  camera.socket.end(media);
  const items = await collect(session);
  assert.equal(items[0], session.presentation);
  assert.deepEqual(bytesOf(items), Buffer.concat([media, media]));
  const chunks = items.filter((item): item is Chunk => item.kind === 'chunk');
  let position = session.receiveStats.bytes - 2 * media.length;
  for (const chunk of chunks) {
    assert.deepEqual([chunk.recv, chunk.waited, chunk.position], [time.now(), false, position]);
    position += chunk.data.length;
  }
  const [video, audio] = session.presentation.media;
  assert.deepEqual(video!.setup, { rtpChannel: 0, rtcpChannel: 1, ssrc: 0x11223344 });
  assert.deepEqual(video!.rtpInfo, { seq: 100, rtptime: 5000, ssrc: undefined });
  assert.equal(audio!.setup, undefined);
});

test('the answer to PLAY may be cut anywhere without a byte of media lost', async (t) => {
  const media = frame(0, '8060006400001388112233446500');
  for (const cut of [1, 20, 40, 60, 80, 100]) {
    const { camera, session } = await play(t, {}, (received) => {
      const answer = wellBehaved(received) as string;
      if (received.method !== 'PLAY') return answer;
      const bytes = Buffer.concat([Buffer.from(answer.replace('%CSEQ%', received.cseq)), media]);
      received.socket.write(bytes.subarray(0, cut), () =>
        setImmediate(() => received.socket.write(bytes.subarray(cut))),
      );
      return undefined;
    });
    camera.socket.end();
    assert.deepEqual(bytesOf(await collect(session)), media);
  }
});

test('stop ends the source in order, without a fault', async (t) => {
  const { camera, session } = await play(t);
  camera.socket.write(frame(0, 'aabb'));
  await next(session, 'chunk');
  session.stop();
  assert.deepEqual(await collect(session), []);
  assert.equal(session.source.errored, null);
});

test('Q23 a bare end of the connection is a fault at the end of the source', async (t) => {
  const { camera, session } = await play(t);
  camera.socket.end(frame(0, 'aabb'));
  const items = await collect(session);
  const fault = lastFault(items);
  assert.equal(fault.code, 'connection-closed');
  assert.match(fault.message, /EOF/);
  assert.match(fault.message, new RegExp(`connection 127.0.0.1:${camera.port}, byte ${session.receiveStats.bytes}`));
  assert.doesNotMatch(fault.message, /inside/);
  assert.deepEqual(bytesOf(items), frame(0, 'aabb'));
});

test('Q23 an end inside a frame says so, a reset keeps its cause', async (t) => {
  const inside = await play(t);
  inside.camera.socket.end(frame(0, Buffer.alloc(100)).subarray(0, 50));
  assert.match(lastFault(await collect(inside.session)).message, /inside a frame or message/);
  const reset = await play(t);
  reset.camera.socket.resetAndDestroy();
  const fault = lastFault(await collect(reset.session));
  assert.match(fault.message, /ECONNRESET/);
  assert.equal((fault.cause as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('Q23 silence ends the session after its limit, counted from the last byte', async (t) => {
  const { camera, session, time } = await play(t, { silenceTimeoutMs: 8000 });
  time.advance(5000);
  camera.socket.write(frame(0, 'aabb'));
  await next(session, 'chunk');
  time.advance(7999);
  assert.equal(session.source.readableEnded, false);
  time.advance(1);
  const fault = lastFault(await collect(session));
  assert.equal(fault.code, 'connection-silent');
  assert.match(fault.message, /no media were received for 8000 ms/);
  assert.deepEqual(time.delaysMs, []);
});

test('Q23 answers to keepalives are no media: silence ends the session all the same', async (t) => {
  const script: Script = (received) => {
    const answer = wellBehaved(received) as string;
    return received.method === 'SETUP' ? answer.replace('timeout=60', 'timeout=10') : answer;
  };
  const { camera, session, time } = await play(t, {}, script);
  const ended = collect(session);
  for (let n = 1; n <= 2; n++) {
    const before = session.receiveStats.bytes;
    time.advance(5000);
    await camera.received(n === 1 ? 'OPTIONS' : 'GET_PARAMETER');
    await until(() => session.receiveStats.bytes > before);
  }
  time.advance(5000);
  const fault = lastFault(await ended);
  assert.equal(fault.code, 'connection-silent');
  assert.match(fault.message, /no media were received for 15000 ms/);
});

test('silence of 15 s by default, 0 for never', async (t) => {
  const { time } = await play(t);
  assert.deepEqual(time.delaysMs, [15_000, 30_000]);
  const never = await play(t, { silenceTimeoutMs: 0 });
  assert.deepEqual(never.time.delaysMs, [30_000]);
});

test('back-pressure pauses the socket at the cap; what is read after is marked, and silence does not count', async (t) => {
  const { camera, session, time } = await play(t, { maxBufferedBytes: 100_000 });
  const sent = Buffer.alloc(16_000 * 1004, frame(0, Buffer.alloc(1000, 7)));
  const flushed = new Promise<void>((resolve) => camera.socket.write(sent, () => resolve()));
  // Nobody reads the source. The connection is paused once the cap is passed, whatever the kernels hold.
  await until(() => session.receiveStats.bytes >= 100_000);
  await new Promise(setImmediate);
  const held = session.receiveStats.bytes;
  assert.ok(held < 3_000_000, `${held} bytes were read ahead`);
  time.advance(60_000);
  assert.equal(session.source.readableEnded, false);
  assert.equal(session.source.errored, null);

  const items: Chunk[] = [];
  let total = 0;
  for await (const item of session.source) {
    if (item.kind !== 'chunk') continue;
    items.push(item);
    total += item.data.length;
    if (total >= sent.length) break;
  }
  await flushed;
  // Behind the media come the answers to two keepalives.
  assert.deepEqual(bytesOf(items).subarray(0, sent.length), sent);
  assert.equal(items[0]!.waited, false);
  assert.ok(items.some(({ waited }) => waited));
});

test('answers get through while nobody reads the source', async (t) => {
  const { camera, session, time } = await play(t, { silenceTimeoutMs: 0 });
  camera.socket.write(Buffer.alloc(600_000, frame(0, Buffer.alloc(996))));
  time.advance(30_000);
  await camera.received('OPTIONS');
  await until(() => session.serverInfo.publicMethods.length > 0);
  assert.ok(session.serverInfo.publicMethods.includes('GET_PARAMETER'));
});

test('Q84 lost framing does not end the source, and answers are found again (live555)', async (t) => {
  const { camera, session, time } = await play(t, { silenceTimeoutMs: 0 });
  const torn = Buffer.concat([
    frame(0, Buffer.alloc(200)).subarray(0, 50),
    Buffer.alloc(200_000, 0x55),
    frame(0, 'aabb'),
  ]);
  camera.socket.write(torn);
  let read = 0;
  while (read < torn.length) read += ((await next(session, 'chunk')) as Chunk).data.length;
  assert.deepEqual(
    session.warnings.map(({ code }) => code),
    ['rtsp-framing'],
  );
  time.advance(30_000);
  await camera.received('OPTIONS');
  await until(() => session.serverInfo.publicMethods.length > 0);
  assert.equal(session.source.readableEnded, false);
});

for (const [how, clockOf] of [
  ['', (time: FakeTime): Clock => time],
  [', by a clock that marks', markingTime],
] as const) {
  test(`holdMs keeps what is received for a while, and whatever ends the session comes behind it${how}`, async (t) => {
    const { camera, session, time } = await play(t, { holdMs: 1000 }, wellBehaved, clockOf);
    const media = frame(0, '8060006400001388112233446500');
    assert.equal(await next(session, 'presentation'), session.presentation);
    const before = session.receiveStats.bytes;
    camera.socket.write(media);
    await until(() => session.receiveStats.bytes === before + media.length);
    assert.equal(session.source.read(), null);
    time.advance(1000);
    assert.deepEqual(bytesOf([session.source.read() as Item]), media);
    camera.socket.end(media);
    const items = await collect(session);
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['chunk', 'fault'],
    );
  });

  test(`an answer is found at once whatever holdMs says, and so is silence${how}`, async (t) => {
    const media = frame(0, '8060006400001388112233446500');
    // A frame is cut: its rest comes after a request was made, before the answer.
    const script: Script = (received) => {
      const answer = wellBehaved(received) as string;
      if (received.method !== 'OPTIONS') return answer;
      return Buffer.concat([media.subarray(5), Buffer.from(answer.replace('%CSEQ%', received.cseq))]);
    };
    const { camera, session, time } = await play(t, { holdMs: 600_000, silenceTimeoutMs: 40_000 }, script, clockOf);
    let expected = session.receiveStats.bytes;
    const send = async (data: Buffer) => {
      camera.socket.write(data);
      expected += data.length;
      await until(() => session.receiveStats.bytes >= expected);
    };
    await send(Buffer.concat([media, media.subarray(0, 5)]));
    time.advance(30_000);
    await camera.received('OPTIONS');
    await until(() => session.serverInfo.publicMethods.length > 0);
    assert.deepEqual(session.warnings, []);
    assert.equal((await next(session, 'presentation')).kind, 'presentation');
    assert.equal(session.source.read(), null);
    expected = session.receiveStats.bytes;
    await send(media);
    time.advance(39_000);
    assert.equal(session.source.readableEnded, false);
    time.advance(1000);
    const items = await collect(session);
    assert.match(lastFault(items).message, /no media were received for 40000 ms/);
    assert.ok(bytesOf(items).subarray(-media.length).equals(media));
  });

  test(`stop hands on what holdMs has kept, and no timer is left${how}`, async (t) => {
    const { camera, session, time } = await play(t, { holdMs: 1000, silenceTimeoutMs: 0 }, wellBehaved, clockOf);
    const timers = time.delaysMs.length;
    const media = frame(0, '8060006400001388112233446500');
    const before = session.receiveStats.bytes;
    camera.socket.write(media);
    await until(() => session.receiveStats.bytes === before + media.length);
    assert.equal(time.delaysMs.length, timers + 1);
    session.stop();
    assert.deepEqual(time.delaysMs, []);
    assert.deepEqual(bytesOf(await collect(session)), media);
  });

  test(`what holdMs has kept carries the time of its read, and waited only behind a pause${how}`, async (t) => {
    const media = frame(0, '8060006400001388112233446500');
    const options = { holdMs: 4000, maxBufferedBytes: 1 };
    const { camera, session, time } = await play(t, options, wellBehaved, clockOf);
    const reads: bigint[] = [];
    const send = async (): Promise<void> => {
      const { bytes } = session.receiveStats;
      reads.push(time.now());
      camera.socket.write(media);
      await until(() => session.receiveStats.bytes === bytes + media.length);
    };
    const start = session.receiveStats.bytes;
    for (const ms of [0, 40, 300, 500]) {
      time.advance(ms);
      await send();
    }
    // Nobody reads: what is handed on now passes the cap, and the connection is paused until it has been taken.
    time.advance(160);
    await send();
    const chunks: Chunk[] = [];
    while (chunks.length < 5) chunks.push((await next(session, 'chunk')) as Chunk);
    await send();
    session.stop();
    chunks.push(...(await collect(session)).filter((item): item is Chunk => item.kind === 'chunk'));
    for (const [i, chunk] of chunks.entries()) {
      const late = chunk.recv - reads[i]!;
      assert.ok(late >= -100_000n && late < 5_000_000n, `${late} ns`);
      assert.deepEqual([chunk.position, chunk.waited], [start + i * media.length, i === 5]);
    }
    assert.equal(chunks.length, 6);
  });
}

test('an abort destroys the source with an AbortError, and close sends nothing', async (t) => {
  const controller = new AbortController();
  const { camera, session, time } = await play(t, { signal: controller.signal, teardown: 'always' });
  const failed = assert.rejects(collect(session), { name: 'AbortError' });
  controller.abort();
  await failed;
  assert.deepEqual(await session.close(), { result: 'skipped', attempts: 0 });
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'PLAY']);
  assert.deepEqual(time.delaysMs, []);
});

test('an abort before anybody reads the source ends nothing but the session', async (t) => {
  const controller = new AbortController();
  const { session } = await play(t, { signal: controller.signal });
  controller.abort();
  await new Promise((resolve) => session.source.on('close', resolve));
  assert.equal(session.source.errored?.name, 'AbortError');
});

test('a source that the pipeline destroys leaves the connection for TEARDOWN', async (t) => {
  const { camera, session } = await play(t, { teardown: 'auto' });
  session.source.on('error', () => {});
  session.source.destroy(new Error('disk full'));
  camera.socket.write(frame(0, Buffer.alloc(60_000)));
  assert.deepEqual(await session.close(), { result: 'done', attempts: 1, status: 200 });
  assert.equal(camera.methods.at(-1), 'TEARDOWN');
});

test('Q83 an old live555 is warned of, and foreign data are remembered once for 65 s', async (t) => {
  const time = new FakeTime();
  const staleSessions = new StaleSessions(time);
  const sdp = SDP.replace('a=control:*', 'a=tool:LIVE555 Streaming Media v2013.04.08');
  const { camera, session } = await play(t, { staleSessions }, (received) =>
    received.method === 'DESCRIBE' ? described(sdp) : wellBehaved(received),
  );
  assert.equal(session.serverInfo.tool, 'LIVE555 Streaming Media v2013.04.08');
  assert.deepEqual(
    session.warnings.map(({ code }) => code),
    ['stale-session-bug'],
  );
  const heard: string[] = [];
  session.on('warning', ({ code }) => heard.push(code));
  const server = `127.0.0.1:${camera.port}`;
  assert.equal(staleSessions.waitMs(server), 0);
  session.noteForeignData();
  time.advance(5000);
  session.noteForeignData();
  assert.deepEqual(heard, ['stale-session']);
  assert.equal(staleSessions.waitMs(server), 60_000);
  time.advance(60_000);
  assert.equal(staleSessions.waitMs(server), 0);
  assert.equal(session.source.readableEnded, false);
});

test('two sessions in one process share nothing', async (t) => {
  const a = await play(t);
  const b = await play(t);
  a.camera.socket.end();
  await collect(a.session);
  b.camera.socket.write(frame(0, 'aabb'));
  assert.equal((await next(b.session, 'chunk')).kind, 'chunk');
});

test('a session that is printed shows no credentials', async (t) => {
  const { session } = await play(t, { username: 'admin', password: 'hunter2' }, (received) =>
    received.cseq === '1' ? status(401, '', 'WWW-Authenticate: Basic realm="r"') : wellBehaved(received),
  );
  assert.equal(session.serverInfo.authScheme, 'Basic');
  const printed = inspect(session, { depth: 20, showHidden: true });
  assert.match(printed, /authenticator/);
  assert.doesNotMatch(printed, /hunter2|YWRtaW46/);
});
