import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openOutput, outputError } from '../../../lib/recorder/output-file.js';
import { folderFor } from './cameras.js';

describe('OutputFile', () => {
  it('is cut to the last whole fragment and renamed', async (t) => {
    const folder = folderFor(t);
    const file = await openOutput(join(folder, 'a.mp4'), false);
    file.stream.end('whole fragment, torn frag');
    await once(file.stream, 'finish');
    assert.deepEqual(readdirSync(folder), ['a.mp4.partial']);
    await file.close(14);
    assert.deepEqual(readdirSync(folder), ['a.mp4']);
    assert.equal(readFileSync(join(folder, 'a.mp4'), 'utf8'), 'whole fragment');
  });

  it('is not lengthened', async (t) => {
    const folder = folderFor(t);
    const file = await openOutput(join(folder, 'a.mp4'), false);
    file.stream.end('short');
    await once(file.stream, 'finish');
    await file.close(100);
    assert.equal(readFileSync(join(folder, 'a.mp4'), 'utf8'), 'short');
  });

  it('is removed where nothing was recorded', async (t) => {
    const folder = folderFor(t);
    const file = await openOutput(join(folder, 'a.mp4'), false);
    await file.discard();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('does not follow or cut what stands in its way', async (t) => {
    const folder = folderFor(t);
    const path = join(folder, 'a.mp4');
    writeFileSync(path, 'kept');
    await assert.rejects(openOutput(path, false), { code: 'output-exists' });
    const file = await openOutput(path, true);
    assert.equal(readFileSync(path, 'utf8'), 'kept');
    await file.discard();
    assert.equal(readFileSync(path, 'utf8'), 'kept');
    await assert.rejects(openOutput(join(path, 'b.mp4'), false), {
      code: 'output-failed',
      message: /is not a folder \(ENOTDIR\)/,
    });
  });

  it('is never put in the place of a folder, a device or a pipe, overwriting or not', async (t) => {
    const folder = folderFor(t);
    for (const overwrite of [false, true]) {
      await assert.rejects(openOutput(folder, overwrite), {
        code: 'output-failed',
        message: /is a folder; name a file/,
      });
      if (process.platform === 'win32') continue;
      await assert.rejects(openOutput('/dev/null', overwrite), {
        code: 'output-failed',
        message: /device .* write to -/,
      });
    }
    assert.deepEqual(readdirSync(folder), []);
  });

  it('writes many buffers in order', async (t) => {
    const file = await openOutput(join(folderFor(t), 'a.mp4'), false);
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(10_000 + i, i));
    for (const piece of pieces) {
      // As the muxer does: memory from the file's pool, which takes it back when it has been written.
      const data = file.pool.take(piece.length);
      piece.copy(data);
      if (!file.stream.write(data.subarray(0, piece.length))) await once(file.stream, 'drain');
    }
    file.stream.end();
    await once(file.stream, 'finish');
    const expected = Buffer.concat(pieces);
    await file.close(expected.length);
    assert.ok(readFileSync(file.path).equals(expected));
  });
});

describe('a file that appears under the name during the recording', () => {
  it('is kept, and the recording gets another name; unless overwriting is allowed', async (t) => {
    const path = join(folderFor(t), 'a.mp4');
    for (const [overwrite, name] of [
      [false, 'a-1.mp4'],
      [true, 'a.mp4'],
    ] as const) {
      const file = await openOutput(path, overwrite);
      writeFileSync(path, 'somebody else');
      file.stream.end('recorded');
      await once(file.stream, 'finish');
      await file.close(8);
      assert.ok(file.finalPath.endsWith(name));
      assert.equal(readFileSync(file.finalPath, 'utf8'), 'recorded');
      assert.equal(readFileSync(path, 'utf8'), overwrite ? 'recorded' : 'somebody else');
      rmSync(path);
    }
  });
});

describe('two recorders with one name', () => {
  /** Opens the name twice, as two processes would, and writes to both. */
  async function pair(path: string) {
    const first = await openOutput(path, false);
    const second = await openOutput(path, false);
    for (const [file, text] of [
      [first, 'the first one'],
      [second, 'the second one'],
    ] as const) {
      file.stream.end(text);
      await once(file.stream, 'finish');
    }
    assert.equal(second.notes.leftover, `${path}.partial.1`);
    return { first, second };
  }

  it('both are kept, under names of their own, whichever ends first', async (t) => {
    for (const order of ['first', 'second'] as const) {
      const folder = folderFor(t);
      const path = join(folder, 'a.mp4');
      const { first, second } = await pair(path);
      for (const file of order === 'first' ? [first, second] : [second, first]) await file.close(100);
      assert.deepEqual(readdirSync(folder).sort(), ['a-1.mp4', 'a.mp4']);
      assert.equal(readFileSync(first.finalPath, 'utf8'), 'the first one');
      assert.equal(readFileSync(second.finalPath, 'utf8'), 'the second one');
    }
  });

  it('one that has nothing to keep removes its own file', async (t) => {
    const folder = folderFor(t);
    const { first, second } = await pair(join(folder, 'a.mp4'));
    await first.discard();
    assert.deepEqual(readdirSync(folder), ['a.mp4.partial']);
    await second.close(100);
    assert.equal(readFileSync(second.finalPath, 'utf8'), 'the second one');
  });
});

describe('outputError', () => {
  const CASES: [code: string, words: RegExp][] = [
    ['ENOSPC', /^cannot write \/x\/a\.mp4: the disk is full \(ENOSPC\)$/],
    ['EDQUOT', /quota/],
    ['EACCES', /no permission/],
    ['EROFS', /read-only/],
    ['ENOENT', /the folder \/x does not exist/],
    ['EIO', /the disk reports an error/],
    ['EOTHER', /cannot write \/x\/a\.mp4: something \(EOTHER\)/],
  ];
  for (const [code, words] of CASES) {
    it(`says what ${code} means, and keeps the cause`, () => {
      const cause = Object.assign(new Error('something'), { code });
      const error = outputError('/x/a.mp4', cause);
      assert.match(error.message, words);
      assert.deepEqual([error.code, error.cause], ['output-failed', cause]);
    });
  }
});
