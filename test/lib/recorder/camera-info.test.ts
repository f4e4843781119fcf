import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { RetinaRecordError } from '../../../lib/errors.js';
import { cameraInfo } from '../../../lib/recorder/camera-info.js';
import { header } from '../../../lib/rtsp/message.js';
import { systemClock } from '../../../lib/time/clock.js';
import { described, FakeCamera, type Script, SDP, status, wellBehaved } from '../net/fake-camera.js';
import { FakeTime } from '../net/fake-timers.js';
import { cameraFor } from './cameras.js';

const HOUR_MS = 3_600_000;

async function fake(t: TestContext, script?: Script): Promise<FakeCamera> {
  const camera = await FakeCamera.start(script);
  t.after(() => camera.close());
  return camera;
}

describe('cameraInfo', () => {
  it('tells codec, size, rates, login, transports, and how far off the camera is', async (t) => {
    const auth = { scheme: 'digest', username: 'viewer', password: 'sesame', realm: 'r' } as const;
    const clock = { now: () => systemClock.now() + BigInt(HOUR_MS) * 1_000_000n };
    const camera = await cameraFor(t, { auth, clock, path: '/cam', transports: 'tcp' });
    const url = camera.url.replace('//', '//viewer:sesame@');
    const { observation, streams, transports, ...rest } = await cameraInfo(url, { waitMs: HOUR_MS });
    assert.deepEqual(rest, {
      url: camera.url,
      remote: camera.url.replace(/^rtsp:\/\/|\/cam$/g, ''),
      server: 'retina-record camera',
      tool: 'retina-record camera',
      name: 'demo.pcap',
      authentication: 'Digest MD5',
      warnings: [],
      problem: undefined,
    });
    const [video] = streams;
    assert.deepEqual(
      [video!.type, video!.encodingName, video!.width, video!.height, video!.codec, video!.profile, video!.level],
      ['video', 'h264', 640, 360, 'avc1.64001E', 'High', '3.0'],
    );
    assert.deepEqual([video!.sdpFrameRate, video!.spsFrameRate, video!.observed], [25, 25, true]);
    assert.equal(streams.length, 1);
    assert.deepEqual(transports, {
      tcp: { offered: true },
      udp: { offered: false, detail: '461 Unsupported Transport' },
    });
    const { frames, keyFrames, frameRate, lostPackets, senderReport, bytes, sps } = observation!;
    assert.ok(frames >= 12 && keyFrames >= 1 && bytes > 1000);
    assert.deepEqual([frameRate, lostPackets, sps?.width], [25, 0, 640]);
    // A camera that sends faster than time passes reports media time ahead of its clock.
    const offset = senderReport!.clockOffsetMs;
    assert.ok(Math.abs(offset - HOUR_MS) < 10_000, `${offset}`);
  });

  it('without sender reports it waits as long as told', async (t) => {
    const camera = await cameraFor(t, { senderReportIntervalMs: 0, pacing: 'realtime', loop: true });
    const { observation, problem } = await cameraInfo(camera.url, { waitMs: 200 });
    assert.equal(observation!.senderReport, undefined);
    assert.ok(observation!.frames > 0 && observation!.durationMs >= 199, `${observation!.durationMs}`);
    assert.equal(problem, undefined);
  });

  it('a camera that wants a login: the problem says which kinds it takes', async (t) => {
    const challenges = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, Basic realm="r"';
    const camera = await fake(t, () => status(401, 'Unauthorized', challenges));
    const { problem, streams, authentication } = await cameraInfo(camera.url);
    assert.equal(problem?.code, 'auth-required');
    assert.match(problem!.message, /none were given \(it asks for Digest SHA-256, Basic\)/);
    assert.deepEqual([streams, authentication], [[], undefined]);
  });

  it('a camera without H.264: its streams are told all the same', async (t) => {
    const sdp = 'v=0\r\ns=-\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000/2\r\na=control:a\r\n';
    const camera = await fake(t, (received) =>
      received.method === 'DESCRIBE' ? described(sdp) : wellBehaved(received),
    );
    const { problem, streams } = await cameraInfo(camera.url, { waitMs: 1 });
    assert.equal(problem?.code, 'no-video');
    assert.deepEqual(streams, [
      {
        index: 0,
        type: 'audio',
        encodingName: 'mpeg4-generic',
        clockRate: 16_000,
        channels: 2,
        problem: 'MPEG4-GENERIC without config is not recorded',
        observed: true,
      },
    ]);
  });

  it('Q138, Q143, Q144 audio: codec, rate and channels of what is recorded, or why it is not', async (t) => {
    const audio = ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000/2', 'a=fmtp:97 config=1408'];
    const others = ['m=audio 0 RTP/AVP 0', 'm=audio 0 RTP/AVP 98', 'a=rtpmap:98 OPUS/48000/1'];
    const camera = await fake(t, (received) =>
      received.method === 'DESCRIBE'
        ? described([SDP + audio.join('\r\n'), ...others, ''].join('\r\n'))
        : wellBehaved(received),
    );
    const { streams } = await cameraInfo(camera.url, { waitMs: 1 });
    assert.deepEqual(
      streams.slice(1).map(({ codec, sampleRate, channels, problem }) => [codec, sampleRate, channels, problem]),
      [
        ['alaw', 8000, 1, undefined],
        ['mp4a.40.2', 16_000, 1, undefined],
        ['ulaw', 8000, 1, undefined],
        [undefined, undefined, 1, 'OPUS is not recorded: only AAC (MPEG4-GENERIC), PCMA and PCMU are'],
      ],
    );
  });

  it('a camera of audio alone is looked at for that, and a note says so', async (t) => {
    const sdp =
      'v=0\r\ns=-\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\nm=audio 0 RTP/AVP 8\r\na=control:a\r\n';
    const camera = await fake(t, (received) =>
      received.method === 'DESCRIBE' ? described(sdp) : wellBehaved(received),
    );
    const { streams, problem, warnings } = await cameraInfo(camera.url, { waitMs: 1 });
    assert.deepEqual(
      streams.map(({ observed }) => observed),
      [false, true],
    );
    assert.equal(problem?.code, 'no-media');
    assert.ok(warnings.includes('no stream of H.264 video: audio alone would be recorded'), warnings.join());
  });

  it('a camera that refuses SETUP: what DESCRIBE said is told', async (t) => {
    const camera = await fake(t, (received) =>
      received.method === 'SETUP' ? status(453, 'Not Enough Bandwidth') : wellBehaved(received),
    );
    const { problem, streams, observation } = await cameraInfo(camera.url);
    assert.match(problem!.message, /SETUP.*453/);
    assert.deepEqual(
      streams.map(({ encodingName, observed }) => [encodingName, observed]),
      [
        ['h264', false],
        ['pcma', false],
      ],
    );
    assert.equal(observation, undefined);
  });

  it('a camera that plays but sends nothing; UDP is asked for, and taken back', async (t) => {
    const camera = await fake(t, (received) => {
      const transport = header(received.request, 'transport') ?? '';
      if (!transport.includes('client_port')) return wellBehaved(received);
      return status(200, 'OK', `Transport: ${transport};server_port=6970-6971`, 'Session: 99');
    });
    const { problem, transports } = await cameraInfo(camera.url, { waitMs: 1 });
    assert.equal(problem?.code, 'no-media');
    assert.deepEqual(transports, { tcp: { offered: true }, udp: { offered: true } });
    assert.deepEqual(camera.methods, ['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN', 'DESCRIBE', 'SETUP', 'TEARDOWN']);
    assert.equal(header(camera.requests.at(-1)!.request, 'session'), '99');
  });

  it('a camera that hangs up says so', async (t) => {
    const camera = await fake(t, (received) => {
      if (received.method === 'PLAY') process.nextTick(() => received.socket.end());
      return received.connection === 0 ? wellBehaved(received) : status(503, 'Service Unavailable');
    });
    const { problem, transports } = await cameraInfo(camera.url, { waitMs: HOUR_MS });
    assert.equal(problem?.code, 'connection-closed');
    assert.equal(transports.udp.offered, undefined);
    assert.match(transports.udp.detail!, /503/);
  });

  it('an abort ends the waiting, not the answer; before the camera plays it ends everything', async (t) => {
    const camera = await fake(t);
    const timers = new FakeTime();
    const stopping = new AbortController();
    const running = cameraInfo(camera.url, { waitMs: HOUR_MS, timers, signal: stopping.signal });
    while (!timers.delaysMs.includes(HOUR_MS)) await setImmediate();
    stopping.abort();
    const { problem, transports } = await running;
    assert.equal(problem?.code, 'no-media');
    assert.deepEqual(transports.udp, { offered: undefined });
    assert.equal(camera.methods.at(-1), 'TEARDOWN');
    await assert.rejects(cameraInfo(camera.url, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });

  it('an URL that is none is an error', async () => {
    const isUsage = (error: unknown) => error instanceof RetinaRecordError && error.code === 'url-invalid';
    await assert.rejects(cameraInfo('http://192.0.2.1/'), isUsage);
  });
});
