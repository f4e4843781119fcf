import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

const DIGEST = 'sha256';
const DIGEST_BYTES = 32;

/** A module that had to be compiled from its source. */
interface Fresh {
  readonly script: Script;
  readonly cache: CacheFile;
}

/**
 * From now on loads what V8 has made of the source of the CommonJS modules of one folder from files beside them: a third of the time that
 * the command takes to start goes into compiling. A file is taken only if it is, to the bit, what was written for this very source by this
 * very build of Node with these flags. Where the folder cannot be written to, all is as without.
 *
 * Such a module cannot use `import()`: V8 forgets who has to see to it. Node can do the same by itself from version 22 on, but not for
 * modules that are loaded behind a change of flags alone.
 *
 * @param folder the real path
 * @param engine names whose code a file holds; default {@link engineIdentity}
 * @returns keeps what has been compiled so far and had no file; to be called once those functions have run that are to be in it
 */
export function cacheCode(folder: string, engine = engineIdentity()): () => void {
  const { extensions } = createRequire(import.meta.url);
  const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env;
  // Whoever has put a handler there wants to see the sources.
  const isHooked = extensions['.cjs'] !== undefined;
  if (engine === undefined || isHooked || NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE) return () => {};
  const compiled: Fresh[] = [];
  extensions['.cjs'] = (module, filename) => {
    if (dirname(filename) !== folder) {
      extensions['.js']!(module, filename);
      return;
    }
    const source = readFileSync(filename);
    const cache = new CacheFile(filename, source, engine);
    const cachedData = cache.read();
    const text = source.toString(isAscii(source) ? 'latin1' : 'utf8');
    const script = new Script(`(function(exports,require,module,__filename,__dirname){${text}\n})`, {
      filename,
      cachedData,
    });
    if (cachedData === undefined || script.cachedDataRejected) compiled.push({ script, cache });
    const evaluate = script.runInThisContext() as (...args: unknown[]) => void;
    evaluate.call(module.exports, module.exports, createRequire(filename), module, filename, folder);
  };
  return () => {
    if (compiled.length === 0 || !isWritable(folder)) return;
    for (const { script, cache } of compiled.splice(0)) cache.write(script.createCachedData());
  };
}

/**
 * All that has to be the same for compiled code to be good. V8's own tag is not enough: of two releases of Node with the same version of V8
 * one may run the other's code, and wrongly. Undefined where Node may not look at its own file.
 */
function engineIdentity(): string | undefined {
  const { version, versions, arch, platform, execPath, execArgv, env } = process;
  const options = [...execArgv, env.NODE_OPTIONS];
  try {
    const { size, mtimeMs } = statSync(execPath);
    return JSON.stringify([version, versions.v8, arch, platform, size, mtimeMs, options, cachedDataVersionTag()]);
  } catch {
    return undefined;
  }
}

/** The compiled code of one module: behind a digest of it and of all that it depends on. */
class CacheFile {
  private readonly path: string;

  constructor(
    private readonly filename: string,
    private readonly source: Buffer,
    private readonly engine: string,
  ) {
    this.path = `${filename}.${process.version}-${process.arch}.cache`;
  }

  /** V8 itself does not look at what it is given: a damaged file could do anything. */
  read(): Buffer | undefined {
    let file: Buffer;
    try {
      file = readFileSync(this.path);
    } catch {
      return undefined;
    }
    const data = file.subarray(DIGEST_BYTES);
    return this.digest(data).equals(file.subarray(0, DIGEST_BYTES)) ? data : undefined;
  }

  /** Replaces the file at once: others may be reading it, or writing it too. */
  write(data: Buffer): void {
    const temporary = `${this.path}.${process.pid}`;
    try {
      writeFileSync(temporary, Buffer.concat([this.digest(data), data]), { flag: 'wx', mode: 0o644 });
      renameSync(temporary, this.path);
    } catch {
      try {
        rmSync(temporary, { force: true });
      } catch {
        // Nor could it be written, then.
      }
    }
  }

  private digest(data: Buffer): Buffer {
    const { filename, source, engine } = this;
    // Their lengths tell where one ends and the next begins.
    const head = JSON.stringify([engine, filename, source.length]);
    return createHash(DIGEST).update(head).update(source).update(data).digest();
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
