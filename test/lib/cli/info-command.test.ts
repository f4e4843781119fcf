import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import { loadScript } from '../../../lib/camera/load-script.js';
import { infoTable } from '../../../lib/cli/info-table.js';
import { pcapSource } from '../../../lib/pcap/source.js';
import type { CameraInfo } from '../../../lib/recorder/camera-info.js';
import { unixNsToNtp } from '../../../lib/time/ntp.js';
import { packageFile } from '../../../lib/version.js';
import { readMp4 } from '../../read-mp4.js';
import { runCommand } from './run-command.js';

const SECRET = 'correct-horse';
let camera: Camera;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retina-record-info-'));
  const script = await loadScript(fileURLToPath(packageFile('fixtures/demo.pcap')));
  const auth = { scheme: 'digest', username: 'viewer', password: SECRET, realm: 'test' } as const;
  camera = await startCamera({ script, path: '/cam', auth, pacing: 'fast' });
});

after(async () => {
  await camera.close();
  await rm(folder, { recursive: true });
});

test('info prints a table, keeps a capture, and shows no secret', async () => {
  const capture = join(folder, 'info.pcap');
  const args = ['info', '--url', camera.url, '--username', 'viewer', '--save-capture', capture];
  const { code, stdout, stderr } = await runCommand(args, { RETINA_RECORD_PASSWORD: SECRET }).result;
  assert.equal(code, 0, stderr);
  const table = stdout.toString();
  for (const line of [
    /^camera +rtsp:\/\/127\.0\.0\.1:\d+\/cam/m,
    /^login +Digest MD5$/m,
    /^transports +TCP yes, UDP yes$/m,
    /^stream 0 +video H264 High, level 3\.0, 640x360, 25 fps by its SPS/m,
    /^reports +the first sender report came after \d/m,
    /^clock +the camera's clock is [\d.]+ m?s (behind|ahead of) ours$/m,
  ])
    assert.match(table, line);
  const bytes = readFileSync(capture);
  assert.ok(!bytes.includes(SECRET) && !table.includes(SECRET) && !bytes.includes('response='));
  assert.match(stderr, /captured .*info\.pcap/);
  assert.ok((await pcapSource(capture).toArray()).some(({ kind }) => kind === 'chunk'));
  const again = await runCommand(args).result;
  assert.equal(again.code, 2);
  assert.match(again.stderr, /info\.pcap exists/);
});

test('info --json is one document on stdout, whatever comes of it', async () => {
  const good = await runCommand(['info', '--json', '--url', camera.url.replace('//', `//viewer:${SECRET}@`)]).result;
  assert.equal(good.code, 0, good.stderr);
  const info = JSON.parse(good.stdout.toString());
  assert.deepEqual([info.url, info.streams[0].width, info.problem], [camera.url, 640, undefined]);
  assert.match(info.observation.senderReport.ntpTimestamp, /^\d{18,20}$/);
  const refused = await runCommand(['info', '--json', '--url', camera.url]).result;
  assert.equal(refused.code, 4);
  assert.equal(JSON.parse(refused.stdout.toString()).problem.code, 'auth-required');
});

test('info over UDP, for cameras that do nothing else', async () => {
  const url = camera.url.replace('//', `//viewer:${SECRET}@`);
  const { code, stdout, stderr } = await runCommand(['info', '--transport', 'udp', '--url', url]).result;
  assert.equal(code, 0, stderr);
  assert.match(stdout.toString(), /^transports +TCP not known, UDP yes$/m);
  assert.match(stdout.toString(), /^frames +\d+ in /m);
});

test('info into a reader that goes away says nothing of it', async () => {
  const url = camera.url.replace('//', `//viewer:${SECRET}@`);
  const { child, result } = runCommand(['info', '--url', url]);
  child.stdout.destroy();
  const { code, stderr } = await result;
  assert.deepEqual([code, stderr], [0, '']);
});

test('info without --url is a usage error', async () => {
  const { code, stderr } = await runCommand(['info']).result;
  assert.equal(code, 2);
  assert.match(stderr, /--url is missing/);
});

test('--save-capture while recording: the capture served as a camera records the same pictures', async () => {
  const [out, capture, second] = ['a.mp4', 'a.pcap', 'b.mp4'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const script = await loadScript(fileURLToPath(packageFile('fixtures/demo.pcap')));
  const once = await startCamera({ script, pacing: 'fast', loop: false });
  const args = ['--no-timing-info', '--url', once.url, '--save-capture', capture, out];
  const recorded = await runCommand(args).result;
  await once.close();
  assert.equal(recorded.code, 0, recorded.stderr);
  const { child, result } = runCommand(['camera', capture, '--port', '0', '--quiet', '--fast', '--no-loop']);
  const url = await new Promise<string>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  const replayed = await runCommand(['--no-timing-info', '--url', url, second]).result;
  child.kill('SIGTERM');
  await result;
  // The served camera hangs up at the end of its file.
  assert.ok(existsSync(second), replayed.stderr);
  const samples = (path: string) => readMp4(readFileSync(path)).samples.map(({ data }) => data.toString('latin1'));
  assert.deepEqual(samples(second), samples(out));
  assert.equal(samples(out).length, 150);
});

describe('infoTable', () => {
  const now = 1_700_000_000_000_000_000n;
  const base: CameraInfo = {
    url: 'rtsp://camera/',
    transports: { tcp: { offered: true }, udp: { offered: undefined } },
    streams: [],
    warnings: [],
  };
  const withReport = (ntpTimestamp: bigint, clockOffsetMs: number): CameraInfo => ({
    ...base,
    observation: {
      durationMs: 1000,
      frames: 1,
      keyFrames: 1,
      bytes: 1,
      lostPackets: 0,
      faults: { 'rtp-loss': 2 },
      senderReport: { afterMs: 100, ntpTimestamp, recv: now, clockOffsetMs },
    },
  });
  const audio = { index: 1, type: 'audio', encodingName: 'mpeg4-generic', clockRate: 90_000, observed: false };
  const cases: [string, CameraInfo, RegExp][] = [
    ['a clock ahead', withReport(unixNsToNtp(now), 12.34), /^clock +the camera's clock is 12\.3 ms ahead of ours$/m],
    ['a clock behind', withReport(unixNsToNtp(now), -3_600_000), /clock is 3600\.0 s behind ours$/m],
    [
      'a clock never set',
      withReport(unixNsToNtp(5_000_000_000n), -1.7e12),
      /it says 1970-01-01T00:00:05\.\d+Z; was it ever/,
    ],
    ['no clock at all', withReport(0n, -3e12), /^clock +the report carries no time of day$/m],
    ['faults', withReport(0n, 0), /^faults +rtp-loss 2$/m],
    [
      'Q138 audio that is recorded',
      { ...base, streams: [{ ...audio, channels: 1, sampleRate: 16_000, codec: 'mp4a.40.2' }] },
      /^stream 1 +audio MPEG4-GENERIC, mp4a\.40\.2, 16000 Hz, 1 channel$/m,
    ],
    [
      'Q144 audio that is not recorded, and why',
      { ...base, streams: [{ ...audio, problem: 'AAC of tomorrow is not recorded' }] },
      /^stream 1 +audio MPEG4-GENERIC, 90000 Hz; AAC of tomorrow is not recorded$/m,
    ],
    ['text of the camera', { ...base, server: 'x\u001b[2J\ny' }, /^server +x \[2J y$/m],
  ];
  for (const [name, info, expected] of cases) it(name, () => assert.match(infoTable(info, 6000), expected));
});
