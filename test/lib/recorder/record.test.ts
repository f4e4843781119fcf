import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { record } from '../../../lib/recorder/record.js';
import { endedWell } from '../../../lib/recorder/report.js';
import { readMp4 } from '../../read-mp4.js';
import { readTiming } from '../../read-timing.js';
import { testScript } from '../camera/scripts.js';
import { FakeCamera, wellBehaved } from '../net/fake-camera.js';
import { FakeTime } from '../net/fake-timers.js';
import { cameraFor, demoDigests, digest, folderFor } from './cameras.js';

describe('record to a file', () => {
  it('writes every frame, to NAME.partial and then NAME, and reports', async (t) => {
    const camera = await cameraFor(t, { ssrc: 7, initialTimestamp: 4_294_900_000 });
    const folder = folderFor(t);
    const out = join(folder, 'out.mp4');
    const recording = await record(camera.url.replace('//', '//viewer:secret@'), out);
    await once(recording, 'start');
    assert.deepEqual(readdirSync(folder), ['out.mp4.partial']);
    const report = await recording.done;
    assert.deepEqual(readdirSync(folder), ['out.mp4']);
    const { startedAt, lastSenderReport, senderReports, bytes, ...rest } = report;
    assert.deepEqual(rest, {
      reason: 'bye',
      error: undefined,
      path: out,
      url: camera.url,
      frames: 150,
      keyFrames: 6,
      mediaSeconds: (149 * 3600) / 90_000,
      width: 640,
      height: 360,
      lostPackets: 0,
      damagedFrames: 0,
      faults: {},
    });
    assert.ok(endedWell(report.reason));
    const file = readFileSync(out);
    const { boxes } = readMp4(file);
    assert.deepEqual(
      boxes.map(({ type, start }) => [type, start]),
      [
        ['ftyp', 0],
        ['mdat', boxes[0]!.size],
        ['moov', bytes],
      ],
    );
    assert.ok(!file.includes('secret') && !file.includes('viewer'));
    const { samples } = readMp4(file);
    assert.deepEqual(
      samples.map(({ data }) => digest(data)),
      demoDigests,
    );
    const timings = samples.map(({ data }) => readTiming(data));
    const reports = timings.flatMap((timing) => timing.reports);
    assert.ok(senderReports >= 3 && reports.length >= senderReports - 1 && reports.length <= senderReports);
    if (reports.length === senderReports) assert.equal(lastSenderReport!.ntpTimestamp, reports.at(-1)!.ntp);
    assert.equal(lastSenderReport!.ssrc, 7);
    assert.equal(timings[0]!.frames[0]!.rtp, 4_294_900_000);
    assert.equal(typeof startedAt, 'bigint');
  });

  it('without timing info: no SEI of ours', async (t) => {
    const camera = await cameraFor(t);
    const out = join(folderFor(t), 'out.mp4');
    await (await record(camera.url, out, { noTimingInfo: true })).done;
    const { samples } = readMp4(readFileSync(out));
    assert.deepEqual(
      samples.map(({ data }) => digest(data)),
      demoDigests,
    );
    assert.ok(samples.every(({ data }) => !data.includes('strawlab.org')));
  });

  it('refuses a file that exists, before it says a word to the camera', async (t) => {
    const camera = await cameraFor(t);
    const folder = folderFor(t);
    const out = join(folder, 'out.mp4');
    writeFileSync(out, 'precious');
    await assert.rejects(record(camera.url, out), (error: Error & { code: string }) => {
      assert.equal(error.code, 'output-exists');
      assert.match(error.message, /out\.mp4 exists.*--overwrite/);
      return true;
    });
    assert.equal(readFileSync(out, 'utf8'), 'precious');
    assert.deepEqual([readdirSync(folder), camera.stats.connections], [['out.mp4'], 0]);
  });

  it('overwrites one on request, but only when the new one is complete', async (t) => {
    const camera = await cameraFor(t);
    const out = join(folderFor(t), 'out.mp4');
    writeFileSync(out, 'old');
    const recording = await record(camera.url, out, { overwrite: true });
    await once(recording, 'start');
    assert.equal(readFileSync(out, 'utf8'), 'old');
    await recording.done;
    assert.equal(readMp4(readFileSync(out)).samples.length, 150);
  });

  it('moves a leftover aside, never over another one, and names it', async (t) => {
    const camera = await cameraFor(t);
    const folder = folderFor(t);
    const out = join(folder, 'out.mp4');
    writeFileSync(`${out}.partial`, 'evidence');
    writeFileSync(`${out}.partial.1`, 'older evidence');
    const warnings: string[] = [];
    const recording = await record(camera.url, out, { onWarning: ({ message }) => warnings.push(message) });
    await recording.done;
    assert.equal(readFileSync(`${out}.partial.2`, 'utf8'), 'evidence');
    assert.equal(readFileSync(`${out}.partial.1`, 'utf8'), 'older evidence');
    assert.deepEqual(readdirSync(folder).sort(), ['out.mp4', 'out.mp4.partial.1', 'out.mp4.partial.2']);
    assert.equal(warnings.filter((message) => message.includes(`${out}.partial.2`)).length, 1);
  });

  it('names the leftover also where the camera cannot be reached', async (t) => {
    const camera = await cameraFor(t);
    await camera.close();
    const folder = folderFor(t);
    const out = join(folder, 'out.mp4');
    writeFileSync(`${out}.partial`, 'evidence');
    const warnings: string[] = [];
    await assert.rejects(record(camera.url, out, { onWarning: ({ message }) => warnings.push(message) }), /refused/i);
    assert.match(warnings.join(), /out\.mp4\.partial\.1/);
    assert.deepEqual(readdirSync(folder), ['out.mp4.partial.1']);
  });

  it('nothing recorded: no file', async (t) => {
    const camera = await cameraFor(t, { script: testScript(20) });
    const folder = folderFor(t);
    const report = await (await record(camera.url, join(folder, 'out.mp4'))).done;
    assert.deepEqual([report.reason, report.path, report.frames, report.bytes], ['bye', undefined, 0, 0]);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('a folder that does not exist', async (t) => {
    const camera = await cameraFor(t);
    const out = join(folderFor(t), 'missing', 'out.mp4');
    await assert.rejects(record(camera.url, out), {
      code: 'output-failed',
      message: /missing does not exist \(ENOENT\)/,
    });
  });
});

describe('how a recording ends', () => {
  it('stop, twice: the file is closed, the camera told, both get the same report', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const out = join(folderFor(t), 'out.mp4');
    const recording = await record(camera.url, out);
    await once(recording, 'start');
    const end = new Promise((resolve) =>
      camera.on('session', (event) => event.event === 'end' && resolve(event.reason)),
    );
    const first = recording.stop();
    const [a, b, c] = await Promise.all([first, recording.stop(), recording.done]);
    assert.equal(a, b);
    assert.equal(a, c);
    assert.deepEqual([a.reason, a.error, a.path], ['stopped', undefined, out]);
    assert.equal(await end, 'teardown');
    const { samples } = readMp4(readFileSync(out));
    assert.equal(samples.length, a.frames);
    assert.deepEqual(
      samples.slice(0, 150).map(({ data }) => digest(data)),
      demoDigests.slice(0, samples.length),
    );
  });

  it('a second stop that does not wait for the answer to TEARDOWN', async (t) => {
    const deaf = await FakeCamera.start((received) =>
      received.request.method === 'TEARDOWN' ? undefined : wellBehaved(received),
    );
    t.after(() => deaf.close());
    const folder = folderFor(t);
    const recording = await record(deaf.url, join(folder, 'out.mp4'), { timers: new FakeTime() });
    const stopping = recording.stop();
    await deaf.received('TEARDOWN');
    const report = await recording.stopWithoutTeardown();
    assert.equal(report, await stopping);
    assert.deepEqual([report.reason, readdirSync(folder)], ['stopped', []]);
  });

  it('its duration is over', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const time = new FakeTime();
    const recording = await record(camera.url, join(folderFor(t), 'out.mp4'), { durationMs: 5000, timers: time });
    await once(recording, 'start');
    time.advance(4999);
    assert.equal(recording.stats.frames > 0, true);
    time.advance(1);
    const report = await recording.done;
    assert.deepEqual([report.reason, report.error, endedWell(report.reason)], ['duration', undefined, true]);
    assert.equal(readMp4(readFileSync(report.path!)).samples.length, report.frames);
    assert.deepEqual(time.delaysMs, [], 'no timer is left');
  });

  it('the connection breaks: the file is kept and closed', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const recording = await record(camera.url, join(folderFor(t), 'out.mp4'));
    await once(recording, 'start');
    await camera.close();
    const report = await recording.done;
    assert.deepEqual(
      [report.reason, (report.error as Error & { code: string }).code],
      ['connection', 'connection-closed'],
    );
    assert.equal(endedWell(report.reason), false);
    assert.equal(readMp4(readFileSync(report.path!)).samples.length, report.frames);
  });

  it('data come, but no frames', async (t) => {
    const camera = await cameraFor(t, { script: testScript(20), loop: true });
    const time = new FakeTime();
    const folder = folderFor(t);
    const recording = await record(camera.url, join(folder, 'out.mp4'), { timers: time, silenceTimeoutMs: 0 });
    time.advance(30_000);
    const report = await recording.done;
    assert.deepEqual([report.reason, (report.error as Error & { code: string }).code], ['no-frames', 'no-frames']);
    assert.match(report.error!.message, /for 30 s/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('aborted before it begins: nothing is left', async (t) => {
    const camera = await cameraFor(t);
    const folder = folderFor(t);
    const signal = AbortSignal.abort();
    await assert.rejects(record(camera.url, join(folder, 'out.mp4'), { signal }), { name: 'AbortError' });
    assert.deepEqual(readdirSync(folder), []);
  });

  it('aborted while it connects: nothing is left', async (t) => {
    const silent = await FakeCamera.start(() => undefined);
    t.after(() => silent.close());
    const folder = folderFor(t);
    const controller = new AbortController();
    const attempt = record(silent.url, join(folder, 'out.mp4'), { signal: controller.signal, timers: new FakeTime() });
    await Promise.race([once(silent, 'request'), attempt]);
    assert.ok(existsSync(join(folder, 'out.mp4.partial')));
    controller.abort();
    await assert.rejects(attempt, { name: 'AbortError' });
    assert.deepEqual(readdirSync(folder), []);
  });

  it('aborted while it records: ends as if stopped', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const controller = new AbortController();
    const recording = await record(camera.url, join(folderFor(t), 'out.mp4'), { signal: controller.signal });
    await once(recording, 'start');
    controller.abort();
    const report = await recording.done;
    assert.deepEqual([report.reason, report.error], ['stopped', undefined]);
    assert.equal(readMp4(readFileSync(report.path!)).samples.length, report.frames);
  });
});
