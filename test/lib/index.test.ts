import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** Lets each module that is loaded be told, on a line of stderr. */
const LOADER = `
  import { writeSync } from 'node:fs';
  export function load(url, context, next) {
    writeSync(2, url + '\\n');
    return next(url, context);
  }`;

/** What is loaded for a module of the package. */
function loadedFor(path: string): string[] {
  const url = new URL(path, import.meta.url).href;
  const loader = `data:text/javascript,${encodeURIComponent(LOADER)}`;
  const script = `import { register } from 'node:module'; register(${JSON.stringify(loader)}); await import(${JSON.stringify(url)});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stderr.trim().split('\n');
}

/** The packages among them. */
function packages(modules: readonly string[]): string[] {
  const names = modules.flatMap((url) => /\/node_modules\/([^/]+)/.exec(url)?.slice(1) ?? []);
  return [...new Set(names)].sort();
}

test('importing the library loads neither commander nor a logger, and the stages alone not even streams for taps', () => {
  const library = loadedFor('../../lib/index.js');
  assert.ok(library.some((url) => url.endsWith('/lib/net/session.js')));
  assert.deepEqual(packages(library), ['buffer-layout', 'pumpify', 'through2']);
  assert.deepEqual(packages(loadedFor('../../transforms/index.js')), ['buffer-layout']);
});
