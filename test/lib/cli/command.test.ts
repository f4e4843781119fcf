import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import { loadScript } from '../../../lib/camera/load-script.js';
import { packageFile, programName } from '../../../lib/version.js';
import { readMp4 } from '../../read-mp4.js';
import { COMMAND, runCommand } from './run-command.js';

const FIXTURE = fileURLToPath(packageFile('fixtures/demo.pcap'));
const SECRET = 'correct-horse';
let camera: Camera;
let locked: Camera;
let folder: string;
const file = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retina-record-cli-'));
  const script = await loadScript(FIXTURE);
  camera = await startCamera({ script, path: '/cam', senderReportIntervalMs: 200 });
  const auth = { scheme: 'digest', username: 'viewer', password: SECRET, realm: 'test' } as const;
  locked = await startCamera({ script, path: '/cam', auth });
});

after(async () => {
  await camera.close();
  await locked.close();
  await rm(folder, { recursive: true });
});

test('records for --duration and exits 0', async () => {
  const { result } = runCommand(['--url', camera.url, '--duration', '700ms', file('a.mp4')]);
  const { code, stdout, stderr } = await result;
  assert.equal(code, 0, stderr);
  assert.equal(stdout.length, 0);
  assert.match(stderr, /recorded .*a\.mp4: \d+ frames, 640x360/);
  assert.ok(readMp4(await readFile(file('a.mp4'))).samples.length >= 10);
});

test('loads none of Node’s modules behind a change of V8’s flags, which would have to compile it', async () => {
  const preload = file('preload.cjs');
  await writeFile(
    preload,
    `const v8 = require('node:v8');
    const set = v8.setFlagsFromString;
    let before;
    v8.setFlagsFromString = (flag) => {
      before ??= new Set(process.moduleLoadList);
      set(flag);
    };
    process.on('exit', () => {
      const late = process.moduleLoadList.filter((name) => name.startsWith('NativeModule') && !before.has(name));
      console.error('loaded late: ' + late.join());
    });`,
  );
  const args = ['--url', camera.url, '--duration', '0.3', file('late.mp4')];
  const { code, stderr } = await runCommand(args, { NODE_OPTIONS: `--require=${preload}` }).result;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^loaded late: $/m);
});

test('an existing OUT is refused with 2, and overwritten with -y', async () => {
  await writeFile(file('exists.mp4'), 'mine');
  const args = ['--url', camera.url, '--duration', '0.3', file('exists.mp4')];
  const refused = await runCommand(args).result;
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /exists\.mp4 exists; .*--overwrite/);
  assert.equal(await readFile(file('exists.mp4'), 'utf8'), 'mine');
  assert.equal((await runCommand(['-y', ...args]).result).code, 0);
  assert.ok(readMp4(await readFile(file('exists.mp4'))).samples.length > 0);
});

test('a leftover .partial is moved aside and named', async () => {
  await writeFile(file('left.mp4.partial'), 'evidence');
  const { code, stderr } = await runCommand(['--url', camera.url, '--duration', '0.3', file('left.mp4')]).result;
  assert.equal(code, 0);
  assert.match(stderr, /left\.mp4\.partial\.1/);
  assert.equal(await readFile(file('left.mp4.partial.1'), 'utf8'), 'evidence');
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends a recording well`, async () => {
    const { child, result, shows } = runCommand(['--url', camera.url, file(`${signal}.mp4`)]);
    await shows('recording to');
    assert.ok((await readdir(folder)).includes(`${signal}.mp4.partial`));
    child.kill(signal);
    const { code, stderr } = await result;
    assert.equal(code, 0, stderr);
    assert.ok(readMp4(await readFile(file(`${signal}.mp4`))).samples.length > 0);
  });
}

test('SIGINT while connecting records nothing: 3, and no file', async () => {
  const silent: Server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const accepted = new Promise((resolve) => silent.once('connection', resolve));
  const { child, result } = runCommand(['--url', `rtsp://127.0.0.1:${port}/`, file('never.mp4')]);
  await accepted;
  child.kill('SIGINT');
  const { code, stderr } = await result;
  assert.equal(code, 3, stderr);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('never')),
    [],
  );
  silent.close();
});

test('without OUT the file is named after time and camera, in the current folder', async () => {
  const url = camera.url.replace('127.0.0.1', 'localhost');
  const cwd = await mkdtemp(join(folder, 'current-'));
  const { code, stderr } = await runCommand(['--url', url, '--duration', '300ms'], {}, cwd).result;
  assert.equal(code, 0, stderr);
  const [name, ...others] = await readdir(cwd);
  assert.match(name!, /^movie\d{8}_\d{6}_localhost\.mp4$/);
  assert.deepEqual(others, []);
  assert.ok(stderr.includes(`recorded ${name}`), stderr);
});

test('SIGINT while it waits for --start: nothing was asked of the camera, 3, no file', async () => {
  const { connections } = camera.stats;
  const args = ['--url', camera.url, '--start', '23:59:59.999', file('later.mp4')];
  const { child, result, shows } = runCommand(args);
  await shows('waiting until 23:59:59.999');
  child.kill('SIGINT');
  const { code, stderr } = await result;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /later\.mp4/);
  assert.equal(camera.stats.connections, connections);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('later')),
    [],
  );
});

test('the level of messages comes from RUST_LOG too, unless --log-level says otherwise', async () => {
  const args = ['-y', '--url', camera.url, '--duration', '300ms', file('level.mp4')];
  assert.equal((await runCommand(args, { RUST_LOG: 'error' }).result).stderr, '');
  const told = await runCommand(['--log-level', 'info', ...args], { RUST_LOG: 'error' }).result;
  assert.match(told.stderr, /recorded/);
});

test('stdout gets the same MP4, and a reader that goes away is no error', async () => {
  const whole = await runCommand(['--url', camera.url, '--duration', '700ms', '-']).result;
  assert.equal(whole.code, 0);
  assert.ok(readMp4(whole.stdout).samples.length >= 10);
  const { child, result } = runCommand(['--url', camera.url, '--fragment-duration', '0', '-']);
  child.stdout.once('data', () => child.stdout.destroy());
  const { code, stderr } = await result;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /the reader went away/);
});

test('--json writes NDJSON with the figures of the recording', async () => {
  const { code, stderr } = await runCommand(['--json', '--url', camera.url, '--duration', '500ms', file('json.mp4')])
    .result;
  assert.equal(code, 0);
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const end = lines.find(({ event }) => event === 'end')!;
  assert.equal(end.reason, 'duration');
  assert.equal(end.path, file('json.mp4'));
  assert.equal(end.frames, readMp4(await readFile(file('json.mp4'))).samples.length);
  assert.match(String((end.lastSenderReport as { ntp: string }).ntp), /^\d{18,20}$/);
});

test('a reader of stderr that goes away does not end the recording', async () => {
  const run = runCommand(['--url', camera.url, '--duration', '700ms', file('unheard.mp4')]);
  await run.shows('recording to');
  run.child.stderr.destroy();
  assert.equal((await run.result).code, 0);
  assert.ok(readMp4(await readFile(file('unheard.mp4'))).samples.length >= 10);
});

test('--quiet says nothing', async () => {
  const { stderr } = await runCommand(['--quiet', '--url', camera.url, '--duration', '300ms', file('quiet.mp4')])
    .result;
  assert.equal(stderr, '');
});

test('credentials: from option, URL, file and environment; never shown', async () => {
  const secret = file('secret.txt');
  await writeFile(secret, `${SECRET}\r\nmore\n`);
  const withUser = locked.url.replace('rtsp://', `rtsp://viewer:${SECRET}@`);
  const runs: [string[], NodeJS.ProcessEnv][] = [
    [['--url', locked.url, '--username', 'viewer', '--password', SECRET], {}],
    [['--url', withUser], {}],
    [['--url', locked.url, '--username', 'viewer', '--password-file', secret], {}],
    [['--url', locked.url, '--username', 'viewer'], { RETINA_RECORD_PASSWORD: SECRET }],
  ];
  for (const [args, env] of runs) {
    const out = file('auth.mp4');
    const { code, stderr } = await runCommand([...args, '-y', '--log-level', 'debug', '--duration', '300ms', out], env)
      .result;
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes(SECRET));
    assert.ok(!(await readFile(out)).includes(SECRET));
  }
});

test('refused credentials: 4, with the remedy, without the secret', async () => {
  const none = await runCommand(['--url', locked.url, file('no.mp4')]).result;
  assert.equal(none.code, 4);
  assert.match(none.stderr, /401.*user name/);
  const args = ['--url', locked.url, '--username', 'viewer', '--password', 'wrong-password', file('no.mp4')];
  const wrong = await runCommand(args).result;
  assert.equal(wrong.code, 4);
  assert.match(wrong.stderr, /refuses the user name or the password/);
  assert.ok(!wrong.stderr.includes('wrong-password'));
});

test('errors before anything is recorded are one line, and leave no file', async () => {
  const before = await readdir(folder);
  const refused = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => refused.once('listening', resolve));
  const { port } = refused.address() as { port: number };
  await new Promise((resolve) => refused.close(resolve));
  const cases: [string[], number, RegExp][] = [
    [['--url', `rtsp://127.0.0.1:${port}/`, file('e.mp4')], 3, /refused/],
    [['--url', 'http://127.0.0.1/', file('e.mp4')], 2, /rtsp:\/\//],
    [['--url', camera.url, join(folder, 'no/such/folder/e.mp4')], 3, /does not exist/],
    [['--url', `${camera.url}/elsewhere`, file('e.mp4')], 4, /404/],
    [[file('e.mp4')], 2, /--url/],
    [['--url', camera.url, '--no-video', '--no-audio', file('e.mp4')], 2, /--no-video and --no-audio .*nothing/],
    [['--url', camera.url, '--no-video', file('e.mp4')], 4, /no stream of audio .*only: video h264/],
    [['--url', camera.url, '--transport', 'pigeon', file('e.mp4')], 2, /tcp, udp, auto/],
    [['--url', camera.url, '--start', '25:00', file('e.mp4')], 2, /HH:MM:SS/],
    [['--url', camera.url, '--start', '00:00', file('e.mp4')], 2, /--start 00:00:00 has passed.*it is \d\d:\d\d:\d\d/],
    [['--url', camera.url, '--password', 'x', file('e.mp4')], 2, /--username/],
    [['--url', camera.url, '--duration', 'soon', file('e.mp4')], 2, /250ms, 5s, 10m/],
    [['--url', camera.url, '--teardown', 'maybe', file('e.mp4')], 2, /auto, always, never/],
    [['--nonsense'], 2, /unknown option/],
    [['camera', file('missing.pcap')], 2, /cannot read/],
    [['camera', FIXTURE, '--password', 'x', '--port', '0'], 2, /--username/],
  ];
  for (const [args, code, message] of cases) {
    const { code: actual, stderr } = await runCommand(args).result;
    assert.equal(actual, code, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.ok(stderr.trim().split('\n').length <= 2, stderr);
  }
  assert.deepEqual(await readdir(folder), before);
});

test('a camera that hangs up ends the recording with 1, the file is kept', async () => {
  const script = await loadScript(FIXTURE);
  const brief = await startCamera({ script, path: '/cam' });
  const { result, shows } = runCommand(['--url', brief.url, '--fragment-duration', '0', file('cut.mp4')]);
  await shows('recording to');
  await brief.close();
  const { code, stderr } = await result;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /closed the connection|the connection broke/);
  assert.ok(readMp4(await readFile(file('cut.mp4'))).samples.length > 0);
});

test('the end of the stream by RTCP BYE is a good end', async () => {
  const script = await loadScript(FIXTURE);
  const ending = await startCamera({ script, path: '/cam', loop: false, pacing: 'fast', atEnd: 'stay' });
  const { code, stderr } = await runCommand(['--url', ending.url, file('bye.mp4')]).result;
  await ending.close();
  assert.equal(code, 0, stderr);
  assert.equal(readMp4(await readFile(file('bye.mp4'))).samples.length, 150);
});

test('demo reports what it has recorded', async () => {
  const { code, stdout, stderr } = await runCommand(['demo', '--duration', '1s', file('demo.mp4')]).result;
  assert.equal(code, 0, stderr);
  assert.match(stdout.toString(), /video +H\.264 640x360, \d+ frames/);
  assert.match(stdout.toString(), /[1-9]\d* sender reports?/);
  assert.ok(stdout.toString().includes(file('demo.mp4')));
});

test('demo that records nothing says so, and shows no table', async () => {
  const { code, stdout, stderr } = await runCommand(['demo', '--duration', '1ms', file('none.mp4')]).result;
  assert.equal(code, 3, stderr);
  assert.equal(stdout.toString(), '');
});

test('stdout that cannot be written: one line says why', { skip: !existsSync('/dev/full') }, async () => {
  const full = openSync('/dev/full', 'w');
  const args = [COMMAND, '--url', camera.url, '--duration', '5s', '-'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /ERROR: cannot write stdout: the disk is full \(ENOSPC\)/);
});

test('camera prints its URL and ends on a signal', async () => {
  const { child, result } = runCommand(['camera', FIXTURE, '--port', '0', '--quiet']);
  const url = await new Promise<string>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  assert.equal((await runCommand(['--url', url, '--duration', '300ms', file('served.mp4')]).result).code, 0);
  child.kill('SIGTERM');
  assert.equal((await result).code, 0);
});

test('--version and --help', async () => {
  const version = await runCommand(['--version']).result;
  assert.deepEqual([version.code, version.stdout.toString().trim()], [0, programName()]);
  const help = await runCommand(['--help']).result;
  assert.equal(help.code, 0);
  for (const word of ['--url', 'demo', 'camera', '--allow-loss', '--start', '--no-audio'])
    assert.ok(help.stdout.includes(word));
});
