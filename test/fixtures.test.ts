import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { packageFile } from '../lib/version.js';

/** Largest fixture in bytes. */
const MAX_FIXTURE = 1_000_000;

test('fixtures are those that were captured: small, with their sums, and described', async () => {
  const sums = await readFile(packageFile('fixtures/SHA256SUMS'), 'utf8');
  const readme = await readFile(packageFile('fixtures/README.md'), 'utf8');
  const listed = sums
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+\*?/) as [string, string]);
  const names = (await readdir(packageFile('fixtures/'))).filter((name) => /\.(pcap|pcapng|264)$/.test(name));
  assert.ok(names.length >= 8);
  for (const name of names) {
    const data = await readFile(packageFile(`fixtures/${name}`));
    const sum = createHash('sha256').update(data).digest('hex');
    assert.ok(data.length < MAX_FIXTURE, `${name} is small`);
    assert.ok(
      listed.some(([listedSum, file]) => file === name && listedSum === sum),
      `${name} has its sum in SHA256SUMS`,
    );
    assert.ok(readme.includes(name), `${name} is described in fixtures/README.md`);
  }
});
