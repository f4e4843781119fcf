import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { connect } from '../../../lib/net/connect.js';
import type { ConnectOptions } from '../../../lib/net/options.js';
import type { Session } from '../../../lib/net/session.js';
import { makeChallenge, verify } from '../../../lib/rtsp/auth-check.js';
import { header } from '../../../lib/rtsp/message.js';
import { described, FakeCamera, frame, type Received, type Script, SDP, status, wellBehaved } from './fake-camera.js';
import { FakeTime } from './fake-timers.js';

async function start(t: TestContext, script: Script): Promise<FakeCamera> {
  const camera = await FakeCamera.start(script);
  t.after(() => camera.close());
  return camera;
}

/** Connects, runs the test and closes the session. */
async function withSession(
  camera: FakeCamera,
  options: ConnectOptions,
  check: (session: Session) => Promise<void> | void = () => {},
): Promise<void> {
  const session = await connect(camera.url, options);
  try {
    await check(session);
  } finally {
    await session.close();
  }
}

/** Answers one method by itself and all others well. */
function except(method: string, answer: Script): Script {
  return (received, camera) => (received.method === method ? answer(received, camera) : wellBehaved(received));
}

const codes = (session: Session) => session.warnings.map(({ code }) => code);

test('Q3 CSeq is the first field of every request, spelled so, from 1, the repeat after a 401 too', async (t) => {
  const camera = await start(t, (received) =>
    received.cseq === '1'
      ? status(401, 'Unauthorized', 'WWW-Authenticate: Digest realm="r", nonce="n"')
      : wellBehaved(received),
  );
  await withSession(camera, { username: 'u', password: 'p' });
  assert.deepEqual(camera.methods, ['DESCRIBE', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
  camera.requests.forEach(({ raw }, i) => {
    assert.equal(raw.split('\r\n')[1], `CSeq: ${i + 1}`);
  });
});

test('Q5 an answer with a lower CSeq is dropped, the right one taken', async (t) => {
  const old = status(500, 'Old').replace('%CSEQ%', '1');
  const camera = await start(
    t,
    except('SETUP', (received) => old + (wellBehaved(received) as string)),
  );
  await withSession(camera, {}, (session) => assert.deepEqual(session.warnings, []));
});

test('Q5 answers without CSeq (Parrot) or with 0 (Foscam C1) are taken with one warning', async (t) => {
  for (const cseq of ['CSeq: 0', 'Cseq: abc', 'X: y']) {
    const camera = await start(t, (received) => (wellBehaved(received) as string).replace('CSeq: %CSEQ%', cseq));
    await withSession(camera, {}, (session) => assert.deepEqual(codes(session), ['rtsp-oddity']));
  }
});

test('Q5 an answer with a CSeq never sent ends the attempt', async (t) => {
  const camera = await start(t, (received) => (wellBehaved(received) as string).replace('%CSEQ%', '77'));
  await assert.rejects(connect(camera.url), { code: 'rtsp-syntax', message: /DESCRIBE CSeq 1 has CSeq 77/ });
});

test('Q6 Q7 a server that ends lines with LF and gives no reason plays from the right byte on (YUAN)', async (t) => {
  const camera = await start(t, (received) => {
    const [head, body] = (wellBehaved(received) as string).replace('200 OK', '200').split(/\r\n\r\n/) as [
      string,
      string,
    ];
    const answer = Buffer.from(`${head.replace('%CSEQ%', received.cseq).replaceAll('\r\n', '\n')}\n\n${body}`);
    return received.method === 'PLAY' ? Buffer.concat([answer, frame(0, 'beef')]) : answer;
  });
  await withSession(camera, {}, async (session) => {
    session.stop();
    const items = await session.source.toArray();
    assert.deepEqual(
      items.slice(1).map(({ data }) => data),
      [frame(0, 'beef')],
    );
  });
});

test('Q8 of a doubled header the first counts, of WWW-Authenticate all', async (t) => {
  const camera = await start(t, (received) =>
    received.cseq === '1'
      ? status(401, '', 'WWW-Authenticate: Basic realm="x"', 'WWW-Authenticate: Digest realm="x", nonce="n"')
      : (wellBehaved(received) as string).replace('\r\n', '\r\nServer: A\r\nServer: B\r\n'),
  );
  await withSession(camera, { username: 'u' }, ({ serverInfo }) => {
    assert.equal(serverInfo.server, 'A');
    assert.equal(serverInfo.authScheme, 'Digest MD5');
  });
});

test('Q10 an answer whose Content-Length is no number has no body, and nobody waits for one', async (t) => {
  const camera = await start(t, (received) => {
    const answer = wellBehaved(received) as string;
    return received.method === 'DESCRIBE' ? answer : answer.replace('\r\n\r\n', '\r\nContent-Length: none\r\n\r\n');
  });
  await withSession(camera, { responseTimeoutMs: 5000 }, (session) => assert.deepEqual(session.warnings, []));
  assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
});

test('Q13 junk before an answer is skipped with one warning', async (t) => {
  const camera = await start(t, (received) =>
    Buffer.concat([Buffer.alloc(50), Buffer.from((wellBehaved(received) as string).replace('%CSEQ%', received.cseq))]),
  );
  await withSession(camera, {}, (session) => assert.deepEqual(codes(session), ['junk']));
});

test('Q14 data on assigned channels before the answer to PLAY are dropped silently (Reolink, v4l2rtspserver)', async (t) => {
  const answer = (received: Received) =>
    Buffer.from((wellBehaved(received) as string).replace('%CSEQ%', received.cseq));
  const early = Buffer.concat([frame(1, '80c80001'), frame(0, '8060')]);
  const camera = await start(
    t,
    except('PLAY', (received) => Buffer.concat([early, answer(received), frame(0, 'beef')])),
  );
  await withSession(camera, {}, async (session) => {
    session.stop();
    const items = await session.source.toArray();
    assert.deepEqual(
      items.slice(1).map(({ data }) => data),
      [frame(0, 'beef')],
    );
    assert.deepEqual(session.warnings, []);
  });
});

test('Q15 data on a channel that was never set up give one warning before PLAY (Tenda CP3PRO)', async (t) => {
  const junk = Buffer.concat(Array.from({ length: 100 }, () => frame(2, 'aabb')));
  const camera = await start(
    t,
    except('PLAY', (received, fake) => {
      fake.reply(received, junk);
      return wellBehaved(received);
    }),
  );
  await withSession(camera, {}, (session) => assert.deepEqual(codes(session), ['unassigned-channel']));
});

test('Q16 data of a previous client before the answer to DESCRIBE (Reolink RLC-410)', async (t) => {
  const camera = await start(t, (received, fake) => {
    if (received.method !== 'DESCRIBE') return wellBehaved(received);
    fake.reply(received, frame(0, 'aabb'));
    if (received.cseq === '2') return described();
    return status(401, '', 'WWW-Authenticate: Basic realm="r"');
  });
  await withSession(camera, { username: 'u', password: 'p' }, (session) => {
    assert.deepEqual(codes(session), ['early-data']);
    assert.equal(session.serverInfo.authScheme, 'Basic');
  });
});

test('Q17 requests of the server are answered, before PLAY and in play', async (t) => {
  const options = 'OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n';
  const announce = 'ANNOUNCE * RTSP/1.0\r\nCSeq: 10\r\n\r\n';
  const camera = await start(
    t,
    except('SETUP', (received) => options + wellBehaved(received)),
  );
  const answers: unknown[] = [];
  camera.on('response', ({ status: code, headers }) => {
    answers.push([code, headers.get('cseq')[0]]);
    camera.emit('answered');
  });
  await withSession(camera, {}, async (session) => {
    if (answers.length === 0) await once(camera, 'answered');
    camera.socket.write(announce);
    await once(camera, 'answered');
    assert.deepEqual(answers, [
      [200, '9'],
      [501, '10'],
    ]);
    assert.deepEqual(codes(session), ['rtsp-oddity']);
    assert.equal(session.source.readableEnded, false);
  });
});

test('Q18 302 to another port: DESCRIBE goes there with that URI and without credentials', async (t) => {
  const there = await start(t, wellBehaved);
  const target = there.url.replace('/live', '/x');
  const here = await start(t, () => status(302, 'Moved', `Location: ${target}`));
  await withSession(here, { username: 'u', password: 'hunter2' }, (session) => {
    assert.equal(session.remote, `127.0.0.1:${there.port}`);
    assert.deepEqual(codes(session), ['redirect']);
  });
  assert.equal(there.requests[0]!.request.uri, target);
  assert.equal(here.requests.length, 1);
});

test('Q18 credentials stay with the server they were given for', async (t) => {
  const challenge = status(401, '', 'WWW-Authenticate: Basic realm="r"');
  const there = await start(t, () => challenge);
  const here = await start(t, () => status(302, 'Moved', `Location: ${there.url}`));
  await assert.rejects(connect(here.url, { username: 'u', password: 'hunter2' }), {
    code: 'auth-required',
    message: new RegExp(`redirects to 127.0.0.1:${there.port}, .*name ${there.url} itself to send them there`),
  });
  assert.ok(there.requests.every(({ raw }) => !/authorization/i.test(raw)));
  const same = await start(t, (received) => {
    if (received.request.uri.endsWith('/live')) return status(301, 'Moved', 'Location: /other');
    return header(received.request, 'authorization') === undefined ? challenge : wellBehaved(received);
  });
  await withSession(same, { username: 'u', password: 'p' });
  assert.equal(same.requests[1]!.request.uri, same.url.replace('/live', '/other'));
});

test('Q18 redirects without Location, to plain text and in a circle end', async (t) => {
  const circle = await start(t, (_, camera) => status(302, 'Moved', `Location: ${camera.url}`));
  await assert.rejects(connect(circle.url), { code: 'redirect-loop' });
  assert.equal(circle.requests.length, 6);
  const nowhere = await start(t, () => status(302, 'Moved'));
  await assert.rejects(connect(nowhere.url), { code: 'redirect-invalid' });
});

test('Q19 every request carries a User-Agent', async (t) => {
  const camera = await start(t, wellBehaved);
  await withSession(camera, { userAgent: 'x/1' });
  assert.equal(camera.requests.length, 4);
  for (const { request } of camera.requests) assert.equal(header(request, 'user-agent'), 'x/1');
});

test('Q20 the request line has the URL as configured, without user info', async (t) => {
  const camera = await start(t, wellBehaved);
  const host = `127.0.0.1:${camera.port}`;
  const session = await connect(`rtsp://u:p@${host}/a?b=1&c=2`);
  await session.close();
  assert.ok(camera.requests[0]!.raw.startsWith(`DESCRIBE rtsp://${host}/a?b=1&c=2 RTSP/1.0\r\n`));
  assert.ok(camera.requests.every(({ raw }) => !raw.includes('u:p')));
});

test('Q21 the first request is DESCRIBE', async (t) => {
  const camera = await start(t, wellBehaved);
  await withSession(camera, {});
  assert.equal(camera.methods[0], 'DESCRIBE');
});

test('Q22 errors name method, CSeq, status, reason and what helps', async (t) => {
  const cases: [string, number, string, string, RegExp][] = [
    [
      'SETUP',
      461,
      'Unsupported transport',
      'transport-refused',
      /SETUP CSeq 2 for stream rtsp:.*461 Unsupported transport.*--transport udp/,
    ],
    ['DESCRIBE', 404, 'Stream Not Found', 'not-found', /DESCRIBE CSeq 1 was answered 404 Stream Not Found.*path/],
    ['DESCRIBE', 503, '', 'rtsp-status', /503 – the server has too many clients/],
    ['PLAY', 453, 'Not Enough Bandwidth', 'rtsp-status', /PLAY CSeq 3.*453.*bandwidth/],
    ['PLAY', 454, 'Session Not Found', 'rtsp-status', /454/],
    ['DESCRIBE', 418, 'Teapot', 'rtsp-status', /418 Teapot/],
  ];
  for (const [method, code, reason, expected, message] of cases) {
    const camera = await start(
      t,
      except(method, () => status(code, reason)),
    );
    await assert.rejects(connect(camera.url), { code: expected, message });
    // What was set up before is taken down again.
    assert.equal(camera.methods.includes('TEARDOWN'), method === 'PLAY');
  }
});

test('Q23 a connection that ends before PLAY says which answer was missing', async (t) => {
  const closing = await start(t, ({ socket }) => void socket.end());
  await assert.rejects(connect(closing.url), {
    code: 'connection-closed',
    message: /EOF while expecting response to DESCRIBE CSeq 1/,
  });
  const resetting = await start(t, ({ socket }) => void socket.resetAndDestroy());
  await assert.rejects(connect(resetting.url), {
    code: 'connection-closed',
    message: /ECONNRESET while expecting response to DESCRIBE/,
  });
});

test('Q24 the 401 is answered on the same connection, and Authorization goes with every later request', async (t) => {
  const policy = {
    scheme: 'digest',
    username: 'admin',
    password: 'p%40x',
    realm: 'r',
    qop: true,
    algorithm: 'SHA-256',
  } as const;
  const camera = await start(t, (received) => {
    const { method, uri } = received.request;
    const authorization = header(received.request, 'authorization');
    if (!verify(policy, 'n', { method, uri, authorization })) {
      return status(401, 'Unauthorized', `WWW-Authenticate: ${makeChallenge(policy, 'n')}`);
    }
    return wellBehaved(received);
  });
  await withSession(camera, { username: 'admin', password: 'p%40x' });
  assert.deepEqual(camera.methods, ['DESCRIBE', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
  assert.equal(camera.sockets.length, 1);
  const url = camera.url.replace('//', '//admin:p%2540x@');
  await (await connect(url)).close();
  await (await connect(camera.url.replace('//', '//admin@'), { password: 'p%40x' })).close();
  assert.equal(camera.requests.length, 15);
});

test('Q24 a server that closes after its 401 is connected to again', async (t) => {
  const camera = await start(t, (received, fake) => {
    if (header(received.request, 'authorization') !== undefined) return wellBehaved(received);
    fake.reply(received, status(401, '', 'WWW-Authenticate: Digest realm="r", nonce="n"'));
    received.socket.end();
    return undefined;
  });
  await withSession(camera, { username: 'u', password: 'p' });
  assert.equal(camera.sockets.length, 2);
  const again = camera.requests.find(({ connection }) => connection === 1)!;
  assert.deepEqual([again.method, again.cseq], ['DESCRIBE', '1']);
});

test('Q31 wrong credentials are refused after the same nonce, and their text is nowhere', async (t) => {
  const camera = await start(t, () => status(401, 'Unauthorized', 'WWW-Authenticate: Digest realm="r", nonce="n"'));
  await assert.rejects(
    connect(camera.url, { username: 'admin', password: 'hunter2' }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'auth-rejected');
      assert.match(error.message, /DESCRIBE CSeq 2 was answered 401 Unauthorized/);
      assert.doesNotMatch(`${error.message}${error.stack}${JSON.stringify(error)}`, /hunter2|Digest username/);
      return true;
    },
  );
  assert.equal(camera.requests.length, 2);
});

test('Q32 Digest offered but only Basic works (Hikvision set to Basic)', async (t) => {
  const offer = status(401, '', 'WWW-Authenticate: Digest realm="r", nonce="n"', 'WWW-Authenticate: Basic realm="r"');
  const camera = await start(t, (received) => {
    return header(received.request, 'authorization')?.startsWith('Basic ') ? wellBehaved(received) : offer;
  });
  await withSession(camera, { username: 'u', password: 'p' }, ({ serverInfo }) =>
    assert.equal(serverInfo.authScheme, 'Basic'),
  );
  assert.deepEqual(camera.methods.slice(0, 4), ['DESCRIBE', 'DESCRIBE', 'DESCRIBE', 'SETUP']);
});

test('Q33 a 401 without credentials and one without a challenge are told apart', async (t) => {
  const camera = await start(t, () => status(401, 'Unauthorized'));
  await assert.rejects(connect(camera.url), { code: 'auth-required', message: /none were given/ });
  await assert.rejects(connect(camera.url, { username: 'u' }), {
    code: 'auth-unsupported',
    message: /no WWW-Authenticate/,
  });
  const exotic = await start(t, () => status(401, '', 'WWW-Authenticate: Negotiate'));
  await assert.rejects(connect(exotic.url, { username: 'u' }), { code: 'auth-unsupported', message: /neither/ });
});

test('Q35 every fresh connection begins with DESCRIBE, after a redirect too (Hikvision)', async (t) => {
  const there = await start(t, wellBehaved);
  const here = await start(t, () => status(302, 'Moved', `Location: ${there.url}`));
  await withSession(here, {});
  assert.equal(there.methods[0], 'DESCRIBE');
});

test('Q41 an absolute control URL goes into SETUP as it is, over the same connection', async (t) => {
  const control = 'rtsp://10.0.0.5/media/video1/video';
  const camera = await start(
    t,
    except('DESCRIBE', () => described(SDP.replace('trackID=1', control))),
  );
  await withSession(camera, {});
  const setup = await camera.received('SETUP');
  assert.equal(setup.request.uri, control);
  assert.equal(camera.sockets.length, 1);
});

test('Q42 PLAY goes to the aggregate URL, TEARDOWN to the base', async (t) => {
  const sdp = SDP.replace('a=control:*\r\n', '');
  const camera = await start(
    t,
    except('DESCRIBE', (_, fake) => described(sdp, `Content-Base: ${fake.url}/`)),
  );
  await withSession(camera, {});
  assert.equal((await camera.received('PLAY')).request.uri, camera.url);
  assert.equal((await camera.received('TEARDOWN')).request.uri, `${camera.url}/`);
  assert.equal((await camera.received('SETUP')).request.uri, `${camera.url}/trackID=1`);
});

test('Q56 by default the first H.264 video is set up; without one the error names what there is', async (t) => {
  const h265 = await start(
    t,
    except('DESCRIBE', () => described(SDP.replace('H264', 'H265'))),
  );
  await assert.rejects(connect(h265.url), { code: 'no-video', message: /video h265, audio pcma/ });
  assert.deepEqual(h265.methods, ['DESCRIBE']);
  const swapped = SDP.replace(/(m=video[\s\S]*)(m=audio[\s\S]*)/, '$2$1');
  const camera = await start(
    t,
    except('DESCRIBE', () => described(swapped)),
  );
  await withSession(camera, {}, ({ presentation }) => {
    assert.deepEqual(
      presentation.media.map(({ setup }) => setup !== undefined),
      [false, true],
    );
  });
});

test('Q57 two SETUPs ask for 0-1 and 2-3, the second with the bare session id', async (t) => {
  const camera = await start(t, wellBehaved);
  await withSession(camera, { selectMedia: () => [0, 1] });
  const setups = camera.requests.filter(({ method }) => method === 'SETUP').map(({ request }) => request);
  assert.deepEqual(
    setups.map((request) => header(request, 'transport')),
    ['RTP/AVP/TCP;unicast;interleaved=0-1', 'RTP/AVP/TCP;unicast;interleaved=2-3'],
  );
  assert.deepEqual(
    setups.map((request) => header(request, 'session')),
    [undefined, '4711'],
  );
  assert.deepEqual(
    setups.map(({ uri }) => uri),
    [`${camera.url}/trackID=1`, `${camera.url}/trackID=2`],
  );
});

test('Q59 Q68 PLAY: aggregate URL, bare session id, Range and nothing else special', async (t) => {
  // Without a session control the aggregate URL is the one that was asked for, not the base.
  const sdp = SDP.replace('a=control:*\r\n', '');
  const camera = await start(
    t,
    except('DESCRIBE', (_, fake) => described(sdp, `Content-Base: ${fake.url}/`)),
  );
  await withSession(camera, {});
  const { raw } = await camera.received('PLAY');
  assert.equal(
    raw,
    `PLAY ${camera.url} RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: retina-record\r\nSession: 4711\r\nRange: npt=0.000-\r\n\r\n`,
  );
});

test('Q60 another session id in the second SETUP: first one kept, or an error (H264DVR)', async (t) => {
  let next = 231970;
  const changing = except('SETUP', ({ request }) =>
    status(200, '', `Transport: ${header(request, 'transport')}`, `Session: ${next++}`),
  );
  const camera = await start(t, changing);
  await withSession(camera, { selectMedia: () => [0, 1] }, (session) =>
    assert.deepEqual(codes(session), ['session-oddity']),
  );
  assert.equal(header((await camera.received('PLAY')).request, 'session'), '231970');
  await assert.rejects(connect(camera.url, { selectMedia: () => [0, 1], sessionId: 'require-match' }), {
    code: 'session-mismatch',
    message: /"231973" after "231972"/,
  });
});

test('Q60 no session id at all, or only in a later answer', async (t) => {
  const camera = await start(
    t,
    except('SETUP', ({ request }) => status(200, '', `Transport: ${header(request, 'transport')}`)),
  );
  await withSession(camera, {});
  assert.equal(header((await camera.received('PLAY')).request, 'session'), undefined);
  const late = await start(
    t,
    except('SETUP', ({ request, cseq }) =>
      status(200, '', `Transport: ${header(request, 'transport')}`, ...(cseq === '3' ? ['Session: late'] : [])),
    ),
  );
  await withSession(late, { selectMedia: () => [0, 1] });
  assert.equal(header((await late.received('PLAY')).request, 'session'), 'late');
  const single = await start(
    t,
    except('SETUP', ({ request, cseq }) =>
      status(200, '', `Transport: ${header(request, 'transport')}`, ...(cseq === '2' ? ['Session: once'] : [])),
    ),
  );
  await withSession(single, { selectMedia: () => [0, 1] });
  assert.equal(header((await single.received('PLAY')).request, 'session'), 'once');
});

test('Q64 other channels than asked for are used, and the next proposal avoids them', async (t) => {
  const answers = ['8-9', '0-1'];
  const camera = await start(
    t,
    except('SETUP', () => status(200, '', `Transport: RTP/AVP/TCP;interleaved=${answers.shift()}`, 'Session: A')),
  );
  await withSession(camera, { selectMedia: () => [0, 1] }, ({ presentation }) => {
    assert.deepEqual(
      presentation.media.map(({ setup }) => setup!.rtpChannel),
      [8, 0],
    );
  });
  assert.match(header((await camera.received('SETUP', 2)).request, 'transport')!, /interleaved=0-1$/);
});

test('Q65 a UDP answer to a TCP request ends the attempt and takes the session down', async (t) => {
  const camera = await start(
    t,
    except('SETUP', () => status(200, '', 'Transport: RTP/AVP;client_port=5000-5001;server_port=1-2', 'Session: A')),
  );
  await assert.rejects(connect(camera.url), { code: 'transport-invalid', message: /insists on UDP/ });
  assert.equal(header((await camera.received('TEARDOWN')).request, 'session'), 'A');
});

test('Q67 a SETUP that is never answered ends after the limit with the stream named (Uniview)', async (t) => {
  const time = new FakeTime();
  const camera = await start(
    t,
    except('SETUP', (received) => (received.cseq === '3' ? undefined : wellBehaved(received))),
  );
  const connecting = connect(camera.url, { selectMedia: () => [0, 1], timers: time, clock: time });
  await camera.received('SETUP', 2);
  assert.deepEqual(time.delaysMs, [10_000]);
  time.advance(10_000);
  await assert.rejects(connecting, {
    code: 'response-timeout',
    message: /SETUP CSeq 3 for stream rtsp:.*trackID=2 was not answered within 10000 ms/,
  });
  assert.deepEqual(camera.methods.slice(-1), ['TEARDOWN']);
});

test('Q67 nothing is set up but the streams to be recorded (Uniview answers no SETUP of its metadata)', async (t) => {
  const only = except('SETUP', (received) =>
    received.request.uri.endsWith('trackID=1') ? wellBehaved(received) : undefined,
  );
  const camera = await start(t, only);
  await withSession(camera, {});
  await withSession(camera, { selectMedia: () => [0] });
  assert.deepEqual(
    camera.methods,
    [...Array(2)].flatMap(() => ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']),
  );
});

test('Q69 no RTP-Info is fine', async (t) => {
  const camera = await start(
    t,
    except('PLAY', () => status(200)),
  );
  await withSession(camera, {}, ({ presentation }) => assert.equal(presentation.media[0]!.rtpInfo, undefined));
});

test('a connection that is refused, and one that answers no RTSP', async (t) => {
  const gone = await start(t, wellBehaved);
  const { url, port } = gone;
  await gone.close();
  await assert.rejects(connect(url), { code: 'connect-refused', message: new RegExp(`127.0.0.1:${port}`) });
  const damaged = await start(t, () => 'RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n');
  await assert.rejects(connect(damaged.url), { code: 'rtsp-limit', message: /DESCRIBE CSeq 1: Content-Length/ });
  const http = await start(t, () => Buffer.alloc(100_000, 'HTTP/1.0 400 '));
  await assert.rejects(connect(http.url), { code: 'rtsp-framing' });
});

test('a connection that does not come about in time', async (t) => {
  const time = new FakeTime();
  const camera = await start(t, () => undefined);
  const connecting = connect(camera.url.replace('rtsp:', 'rtsps:'), {
    timers: time,
    clock: time,
    connectTimeoutMs: 500,
  });
  // The camera speaks no TLS and never says a word.
  await once(camera, 'connection');
  await new Promise(setImmediate);
  time.advance(500);
  await assert.rejects(connecting, { code: 'connect-timeout', message: /500 ms/ });
});

test('an abort before, while waiting for an answer, and the reason is kept', async (t) => {
  const camera = await start(t, () => undefined);
  const before = AbortSignal.abort('why');
  await assert.rejects(connect(camera.url, { signal: before }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
    cause: 'why',
  });
  const controller = new AbortController();
  const connecting = connect(camera.url, { signal: controller.signal });
  await camera.received('DESCRIBE');
  controller.abort();
  await assert.rejects(connecting, { name: 'AbortError' });
  assert.deepEqual(camera.methods, ['DESCRIBE']);
});

test('an abort between SETUP and the answer to PLAY takes the session down without waiting', async (t) => {
  const controller = new AbortController();
  const camera = await start(t, (received) => {
    if (received.method === 'PLAY' || received.method === 'TEARDOWN') return undefined;
    const authorized = header(received.request, 'authorization') !== undefined;
    return authorized ? wellBehaved(received) : status(401, '', 'WWW-Authenticate: Basic realm="r"');
  });
  const connecting = connect(camera.url, { username: 'u', signal: controller.signal });
  await camera.received('PLAY');
  controller.abort();
  await assert.rejects(connecting, { name: 'AbortError' });
  const { request } = await camera.received('TEARDOWN');
  assert.equal(header(request, 'session'), '4711');
  assert.match(header(request, 'authorization')!, /^Basic /);
  assert.equal(header(request, 'cseq'), '5');
});

test('warnings before the session exists reach onWarning and session.warnings', async (t) => {
  const camera = await start(
    t,
    except('DESCRIBE', () => described().replace('Content-Type: application/sdp\r\n', '')),
  );
  const heard: string[] = [];
  await withSession(camera, { onWarning: ({ code }) => heard.push(code) }, (session) => {
    assert.deepEqual(codes(session), ['sdp-oddity']);
    assert.deepEqual(heard, ['sdp-oddity']);
  });
});
