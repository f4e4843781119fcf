import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCamera } from '../../../lib/camera/camera.js';
import { loadScript } from '../../../lib/camera/load-script.js';
import { cacheCode } from '../../../lib/cli/code-cache.js';
import { packageFile } from '../../../lib/version.js';
import { COMMAND, runCommand } from './run-command.js';

const require = createRequire(import.meta.url);
const handlers = { ...require.extensions };
// Either would leave the cache out, were the tests run with it.
delete process.env.NODE_DISABLE_COMPILE_CACHE;
delete process.env.NODE_V8_COVERAGE;
let folder: string;
let module: string;
/** Loads the module anew. */
const load = (file = module): unknown => {
  delete require.cache[file];
  return require(file);
};
const caches = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name !== 'module.cjs').sort();

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'retina-record-code-')));
  module = join(folder, 'module.cjs');
  await writeFile(module, 'exports.answer = ((a) => a * 6)(7);\n');
});

afterEach(async () => {
  delete require.extensions['.cjs'];
  Object.assign(require.extensions, handlers);
  await rm(folder, { recursive: true });
});

/** Keeps the module's code and returns the file that it is in. */
async function keptFile(): Promise<string> {
  const keep = cacheCode(folder);
  load();
  keep();
  delete require.extensions['.cjs'];
  const [name, ...others] = await caches();
  assert.deepEqual(others, []);
  return join(folder, name!);
}

test('a module is the same out of the cache, which is not written again', async () => {
  const file = await keptFile();
  const before = await stat(file, { bigint: true });
  const keep = cacheCode(folder);
  assert.equal((load() as { answer: number }).answer, 42);
  keep();
  assert.equal((await stat(file, { bigint: true })).mtimeNs, before.mtimeNs);
  assert.equal((await stat(file, { bigint: true })).ino, before.ino);
});

test('what is damaged anywhere, or cut short, is not used and made anew', async () => {
  const file = await keptFile();
  const whole = await readFile(file);
  const damaged = [Buffer.alloc(0), whole.subarray(0, 31), whole.subarray(0, -1), Buffer.concat([whole, whole])];
  for (let at = 0; at < whole.length; at++) {
    const copy = Buffer.from(whole);
    copy[at]! ^= 1 << (at % 8);
    damaged.push(copy);
  }
  for (const [at, data] of damaged.entries()) {
    await writeFile(file, data);
    const keep = cacheCode(folder);
    assert.equal((load() as { answer: number }).answer, 42);
    keep();
    delete require.extensions['.cjs'];
    const after = await readFile(file);
    assert.equal(after.length, whole.length, `damage ${at}`);
    assert.notDeepEqual(after, data, `damage ${at}`);
  }
});

test('code of another source of the same length is not used', async () => {
  await keptFile();
  await writeFile(module, (await readFile(module, 'utf8')).replace('a * 6', 'a * 5'));
  cacheCode(folder);
  assert.equal((load() as { answer: number }).answer, 35);
});

test('code that another build of Node has made is not used, however alike it is', async () => {
  const keepOther = cacheCode(folder, 'another');
  load();
  keepOther();
  const [name] = await caches();
  const other = await readFile(join(folder, name!));
  delete require.extensions['.cjs'];
  const keep = cacheCode(folder);
  assert.equal((load() as { answer: number }).answer, 42);
  keep();
  const own = await readFile(join(folder, name!));
  assert.notDeepEqual(own, other);
  assert.deepEqual(await caches(), [name]);
});

test('code of a module that has been moved is not used, as its errors would name the old place', async () => {
  const file = await keptFile();
  const moved = join(folder, 'moved.cjs');
  await cp(module, moved);
  await cp(file, file.replace('module.cjs', 'moved.cjs'));
  const before = await readFile(file.replace('module.cjs', 'moved.cjs'));
  delete require.extensions['.cjs'];
  const keep = cacheCode(folder);
  load(moved);
  keep();
  assert.notDeepEqual(await readFile(file.replace('module.cjs', 'moved.cjs')), before);
});

test('a handler that somebody has put there stays', async () => {
  const hook = (): void => {};
  require.extensions['.cjs'] = hook;
  const keep = cacheCode(folder);
  assert.equal(require.extensions['.cjs'], hook);
  load();
  keep();
  assert.deepEqual(await caches(), []);
});

test('where nothing can be written all is as without, and nothing is left over', async () => {
  const file = await keptFile();
  await rm(file);
  await mkdir(file);
  const keep = cacheCode(folder);
  assert.equal((load() as { answer: number }).answer, 42);
  keep();
  assert.deepEqual(await caches(), [file.slice(folder.length + 1)]);
});

test('characters beyond ASCII, errors and other folders are as Node has them', async () => {
  const other = join(folder, 'other');
  await mkdir(other);
  await writeFile(join(other, 'other.cjs'), 'module.exports = __dirname;');
  await writeFile(
    module,
    'module.exports = ["–’", require("./other/other.cjs"), __filename, __dirname, new Error("x").stack];\n',
  );
  cacheCode(folder);
  const [text, otherFolder, filename, ownFolder, stack] = load() as string[];
  assert.equal(text, '–’');
  assert.equal(otherFolder, other);
  assert.equal(filename, module);
  assert.equal(ownFolder, folder);
  assert.match(stack!, new RegExp(`${module}:1:`));
  assert.deepEqual(await readdir(other), ['other.cjs']);
});

test('a module that throws throws', async () => {
  await writeFile(module, 'throw new Error("not today");');
  cacheCode(folder);
  assert.throws(load, /not today/);
});

for (const variable of ['NODE_DISABLE_COMPILE_CACHE', 'NODE_V8_COVERAGE']) {
  test(`${variable} leaves Node as it is`, async (t) => {
    t.after(() => {
      delete process.env[variable];
    });
    process.env[variable] = '1';
    const keep = cacheCode(folder);
    assert.deepEqual({ ...require.extensions }, handlers);
    load();
    keep();
    assert.deepEqual(await caches(), []);
  });
}

test('the command loads what it kept at its first recording, and records with what is damaged', async (t) => {
  const root = join(folder, 'package');
  const commandFolder = join(root, 'dist', 'command');
  await cp(dirname(COMMAND), commandFolder, {
    recursive: true,
    filter: (source) => !source.endsWith('.cache'),
  });
  await cp(packageFile('package.json'), join(root, 'package.json'));
  const preload = join(folder, 'preload.cjs');
  await writeFile(
    preload,
    `const vm = require('node:vm');
    const { basename } = require('node:path');
    const { Script } = vm;
    vm.Script = class extends Script {
      constructor(source, options) {
        super(source, options);
        const { cachedData, filename } = options;
        console.error('script: ' + basename(filename) + ' ' + (cachedData === undefined ? 'compiled' : !this.cachedDataRejected));
      }
    };`,
  );
  const camera = await startCamera({ script: await loadScript(fileURLToPath(packageFile('fixtures/demo.pcap'))) });
  t.after(() => camera.close());
  const record = async (...options: string[]): Promise<string[]> => {
    const args = ['--url', camera.url, '--duration', '0.3', '-y', join(folder, 'out.mp4'), ...options];
    const env = { NODE_OPTIONS: `--require=${preload}` };
    const run = runCommand(args, env, folder, join(commandFolder, 'retina-record.cjs'));
    const { code, stderr } = await run.result;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /recorded .*out\.mp4: \d+ frames/);
    return [...stderr.matchAll(/^script: (.*)$/gm)].map(([, what]) => what!);
  };
  const compiled = await record();
  assert.ok(compiled.includes('main.cjs compiled') && compiled.includes('record-command.cjs compiled'), `${compiled}`);
  const kept = compiled.map((line) => line.replace(/ compiled$/, ' true'));
  assert.ok(kept.every((line) => line.endsWith(' true')));
  assert.deepEqual(await record(), kept);
  // Loads more of Node's modules.
  assert.deepEqual(await record('--transport', 'udp'), kept);
  for (const name of await readdir(commandFolder)) {
    if (name.endsWith('.cache')) await writeFile(join(commandFolder, name), 'damaged');
  }
  assert.deepEqual(await record(), compiled);
  assert.deepEqual(await record(), kept);
  assert.equal((await readdir(commandFolder)).filter((name) => name.includes('.cache')).length, kept.length);
});
