import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { loadScript } from '../../../lib/camera/load-script.js';
import { RetinaRecordError } from '../../../lib/errors.js';
import type { Fault } from '../../../lib/items.js';
import { pcapSource } from '../../../lib/pcap/source.js';
import { openCaptureFile } from '../../../lib/recorder/capture-file.js';
import { record } from '../../../lib/recorder/record.js';
import {
  Fmp4Muxer,
  H264Depacketizer,
  RtcpSenderReportTap,
  RtpParser,
  SeiInjector,
  TcpInterleaveDemux,
} from '../../../transforms/index.js';
import { readMp4 } from '../../read-mp4.js';
import { cameraFor, demoDigests, digest, folderFor } from './cameras.js';

const AUTH = { scheme: 'digest', username: 'viewer', password: 'open-sesame', realm: 'capture' } as const;

/** The samples of a file, timing SEI included. */
function samplesOf(bytes: Buffer): { data: string; dts: number; cts: number }[] {
  return readMp4(bytes).samples.map(({ data, dts, cts }) => ({ data: data.toString('latin1'), dts, cts }));
}

/** Runs a capture through the six stages. */
async function replay(path: string): Promise<{ mp4: Buffer; faults: Fault[] }> {
  const parts: Buffer[] = [];
  const faults: Fault[] = [];
  const source = pcapSource(path).on('data', (item) => {
    if (item.kind === 'fault') faults.push(item);
  });
  await pipeline(
    source,
    new TcpInterleaveDemux(),
    new RtpParser(),
    new RtcpSenderReportTap(),
    new H264Depacketizer(),
    new SeiInjector(),
    new Fmp4Muxer(),
    new Writable({
      write(part: Buffer, _encoding, callback) {
        parts.push(Buffer.from(part));
        callback();
      },
    }),
  );
  return { mp4: Buffer.concat(parts), faults };
}

describe('openCaptureFile', () => {
  it('round trip: a replayed session has the same samples with the same timing, and served again the same pictures', async (t) => {
    const folder = folderFor(t);
    const path = join(folder, 'session.pcap');
    const camera = await cameraFor(t, { auth: AUTH, senderReportIntervalMs: 500 });
    const capture = await openCaptureFile(path);
    const { username, password } = AUTH;
    const out = join(folder, 'live.mp4');
    const recording = await record(camera.url, out, { username, password, capture: capture.sink });
    const report = await recording.done;
    const result = await capture.close();
    assert.deepEqual([report.reason, report.frames], ['bye', 150]);
    const bytes = readFileSync(path);
    assert.deepEqual(result, { path, bytes: bytes.length, droppedBytes: 0 });

    const live = samplesOf(readFileSync(out));
    const replayed = await replay(path);
    assert.deepEqual(replayed.faults, []);
    assert.deepEqual(samplesOf(replayed.mp4), live);

    const again = await cameraFor(t, { script: await loadScript(path) });
    const second = join(folder, 'again.mp4');
    assert.equal((await (await record(again.url, second)).done).frames, 150);
    const digests = readMp4(readFileSync(second)).samples.map(({ data }) => digest(data));
    assert.deepEqual(digests, demoDigests);

    // Nothing of the credentials is in it, but what was said is.
    for (const secret of [password, username, 'response=', 'cnonce=']) assert.ok(!bytes.includes(secret), secret);
    for (const word of ['Authorization: Digest ***', 'WWW-Authenticate: Digest', 'SETUP ', 'PLAY ', 'TEARDOWN ']) {
      assert.ok(bytes.includes(word), word);
    }
  });

  it('is kept when the session does not come about', async (t) => {
    const path = join(folderFor(t), 'refused.pcap');
    const camera = await cameraFor(t, { auth: AUTH });
    const capture = await openCaptureFile(path);
    const credentials = { username: 'viewer', password: 'guess' };
    await assert.rejects(record(camera.url, join(folderFor(t), 'no.mp4'), { ...credentials, capture: capture.sink }));
    assert.equal((await capture.close()).path, path);
    const bytes = readFileSync(path);
    assert.ok(bytes.includes('401 Unauthorized') && !bytes.includes('guess'));
    const items = await pcapSource(path).toArray();
    assert.ok(items.some(({ kind }) => kind === 'chunk'));
  });

  it('refuses a file that exists, unless told to overwrite it; without a connection it leaves none', async (t) => {
    const path = join(folderFor(t), 'a.pcap');
    writeFileSync(path, 'precious');
    const isExists = (error: unknown) => error instanceof RetinaRecordError && error.code === 'output-exists';
    await assert.rejects(openCaptureFile(path), isExists);
    assert.equal(readFileSync(path, 'latin1'), 'precious');
    const capture = await openCaptureFile(path, { overwrite: true });
    assert.equal((await capture.close()).path, undefined);
    assert.ok(!existsSync(path));
    const isFailed = (error: unknown) =>
      error instanceof RetinaRecordError && error.code === 'output-failed' && /does not exist/.test(error.message);
    await assert.rejects(openCaptureFile(join(path, 'no', 'b.pcap')), isFailed);
  });

  it('a disk that is full ends the capture with a warning, not the recording', {
    skip: !existsSync('/dev/full'),
  }, async (t) => {
    const camera = await cameraFor(t);
    const warnings: string[] = [];
    const onWarning = ({ message }: { message: string }) => warnings.push(message);
    const capture = await openCaptureFile('/dev/full', { overwrite: true, onWarning });
    const report = await (await record(camera.url, join(folderFor(t), 'a.mp4'), { capture: capture.sink })).done;
    assert.deepEqual([report.reason, report.frames], ['bye', 150]);
    assert.equal((await capture.close()).path, undefined);
    assert.deepEqual(warnings.length, 1);
    assert.match(warnings[0]!, /the capture ends here.*disk is full/);
  });
});
