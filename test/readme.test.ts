import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Camera, startCamera } from '../lib/camera/camera.js';
import { loadScript } from '../lib/camera/load-script.js';
import { packageFile } from '../lib/version.js';
import { readMp4 } from './read-mp4.js';

const root = fileURLToPath(packageFile('.'));
let camera: Camera;
let folder: string;

before(async () => {
  const auth = { scheme: 'digest', username: 'viewer', password: 'secret', realm: 'readme' } as const;
  camera = await startCamera({ script: await loadScript(join(root, 'fixtures/demo.pcap')), path: '/stream', auth });
  // Within the package, so that the examples find it by its name.
  await mkdir(join(root, 'dist/readme'), { recursive: true });
  folder = await mkdtemp(join(root, 'dist/readme/'));
  await symlink(join(root, 'fixtures'), join(folder, 'fixtures'), 'junction');
});

after(async () => {
  await camera.close();
  await rm(folder, { recursive: true });
});

/** Runs the example that stands behind `<!-- test: name -->`, with the embedded camera for the address of documentation. */
async function run(name: string): Promise<{ stdout: Buffer }> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const match = new RegExp(`<!-- test: ${name} -->\n\`\`\`js\n(.*?)\n\`\`\``, 's').exec(readme);
  assert.ok(match, `README has an example ${name}`);
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, match[1]!.replaceAll('rtsp://192.0.2.1/stream', camera.url));
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => errors.push(data));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, Buffer.concat(errors).toString());
  return { stdout: Buffer.concat(out) };
}

test('README: record', async () => {
  const { stdout } = await run('record');
  assert.match(stdout.toString(), /^\d{2,} frames, [1-9]\d* sender reports, ended by stopped\n$/);
  assert.ok(readMp4(await readFile(join(folder, 'out.mp4'))).samples.length >= 50);
});

test('README: tee to stdout and file', async () => {
  const { stdout } = await run('tee');
  assert.deepEqual(stdout, await readFile(join(folder, 'teed.mp4')));
  assert.ok(readMp4(stdout).samples.length >= 50);
});

test('README: replace a stage', async () => {
  await run('replace');
  const { samples } = readMp4(await readFile(join(folder, 'time-lapse.mp4')));
  assert.equal(samples.length, 6);
  assert.ok(samples.every(({ isSync }) => isSync));
});

test('README: count NAL units', async () => {
  const { stdout } = await run('count');
  const golden = JSON.parse(await readFile(join(root, 'fixtures/demo.json'), 'utf8')) as {
    streams: { nalUnits: Record<string, number> }[];
  };
  const counts = Object.entries(golden.streams[0]!.nalUnits).map(([type, n]) => `'${type}': ${n}`);
  for (const count of counts) assert.ok(stdout.toString().includes(count), `${count} in ${stdout.toString()}`);
});

test('README: a subset of the stages', async () => {
  const { stdout } = await run('subset');
  const golden = JSON.parse(await readFile(join(root, 'fixtures/demo.json'), 'utf8')) as {
    streams: { senderReports: { ntp: string; rtp: number }[] }[];
  };
  const expected = golden.streams[0]!.senderReports.map(({ ntp, rtp }) => `${ntp}n ${rtp}\n`).join('');
  assert.equal(stdout.toString(), expected);
});

test('README: every option of the command is in its table', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const source = await readFile(join(root, 'lib/cli/record-options.ts'), 'utf8');
  const options = [...source.matchAll(/'(?:-\w, )?(--[a-z-]+)/g)].map(([, name]) => name!);
  assert.ok(options.length > 10);
  for (const option of options) assert.ok(readme.includes(`\`${option}`), `${option} stands in README.md`);
  assert.ok((await stat(join(root, 'README.md'))).size > 0);
});
