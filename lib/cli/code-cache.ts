import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

const DIGEST = 'sha256';
const DIGEST_BYTES = 32;

/** A module that had to be compiled from its source. */
interface Fresh {
  readonly script: Script;
  readonly source: Buffer;
  readonly path: string;
}

/**
 * From now on keeps what V8 makes of the source of the CommonJS modules of one folder, in files beside them, and loads it from there: a
 * third of the time that the command takes to start goes into compiling. A file is taken only if it is, to the bit, what was written for
 * this source by this version of V8 with these flags. Where the folder cannot be written to, all is as without.
 *
 * Such a module cannot use `import()`: V8 forgets who has to see to it. Node can do the same by itself from version 22 on, but not for
 * modules that are loaded behind a change of flags alone.
 *
 * @param folder the real path
 * @returns keeps what has been compiled so far and had no file; to be called once those functions have run that are to be in it
 */
export function cacheCode(folder: string): () => void {
  const { extensions } = createRequire(import.meta.url);
  const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE) return () => {};
  const tag = cachedDataVersionTag();
  const compiled: Fresh[] = [];
  extensions['.cjs'] = (module, filename) => {
    if (dirname(filename) !== folder) {
      extensions['.js']!(module, filename);
      return;
    }
    const source = readFileSync(filename);
    const path = `${filename}.${tag}.cache`;
    const cachedData = readCache(path, source);
    const text = source.toString(isAscii(source) ? 'latin1' : 'utf8');
    const script = new Script(`(function(exports,require,module,__filename,__dirname){${text}\n})`, {
      filename,
      cachedData,
    });
    if (cachedData === undefined || script.cachedDataRejected) compiled.push({ script, source, path });
    const evaluate = script.runInThisContext() as (...args: unknown[]) => void;
    evaluate.call(module.exports, module.exports, createRequire(filename), module, filename, folder);
  };
  return () => {
    for (const { script, source, path } of compiled.splice(0)) writeCache(path, source, script.createCachedData());
  };
}

/** V8 itself checks neither what it is given nor, but for its length, what it was made of: a damaged file could do anything. */
function readCache(path: string, source: Buffer): Buffer | undefined {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch {
    return undefined;
  }
  const data = file.subarray(DIGEST_BYTES);
  return digestOf(source, data).equals(file.subarray(0, DIGEST_BYTES)) ? data : undefined;
}

/** Replaces the file at once: others may be reading it, or writing it too. */
function writeCache(path: string, source: Buffer, data: Buffer): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, Buffer.concat([digestOf(source, data), data]), { flag: 'wx' });
    renameSync(temporary, path);
  } catch {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // Nor could it be written, then.
    }
  }
}

function digestOf(source: Buffer, data: Buffer): Buffer {
  return createHash(DIGEST).update(source).update(data).digest();
}
