import * as fs from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { RetinaRecordError } from '../errors.js';
import type { Closing } from '../mp4/progressive.js';
import { BufferPool } from './buffer-pool.js';

const SUFFIX = '.partial';
/** Bytes that may wait to be written before the muxer is asked to wait. */
const WRITE_HIGH_WATER_MARK = 4 * 1024 * 1024;

// By descriptor: the streams of a FileHandle cannot be ended without closing it.
const openDescriptor = promisify(fs.open) as (path: string, flags: string) => Promise<number>;
const closeDescriptor = promisify(fs.close);
const truncate = promisify(fs.ftruncate);
const sync = promisify(fs.fsync);
const stat = promisify(fs.fstat) as (descriptor: number, options: { bigint: true }) => Promise<fs.BigIntStats>;
const write = promisify(fs.write) as (
  descriptor: number,
  data: Buffer,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

const { access, readdir, rename, stat: statPath, unlink } = fs.promises;

/** What {@link openOutput} found and did beside opening. */
export interface OutputNotes {
  /** Where a leftover of an earlier recording has been moved. */
  readonly leftover?: string | undefined;
}

/**
 * A recording's file: `NAME.partial` while it grows, `NAME` once it is closed.
 */
export class OutputFile {
  /** Where the file is until it is closed; another name if somebody has moved it aside. */
  partialPath: string;
  /** The name that {@link close} gave: `path`, or another one if a file of that name appeared during the recording. */
  finalPath: string;
  /** Memory for what is written to the stream. */
  readonly pool = new BufferPool();
  /** Takes the bytes; a real fs.WriteStream. Its descriptor stays open for {@link close}. */
  readonly stream: fs.WriteStream;

  constructor(
    readonly path: string,
    private readonly descriptor: number,
    readonly notes: OutputNotes,
    private readonly overwrite: boolean,
  ) {
    this.finalPath = path;
    this.partialPath = path + SUFFIX;
    this.stream = fs.createWriteStream(this.partialPath, {
      fd: descriptor,
      autoClose: false,
      fs: { write: recyclingWrite(this.pool) },
      highWaterMark: WRITE_HIGH_WATER_MARK,
    });
  }

  /**
   * Cuts the file to `length` bytes, the last whole fragment's end, makes it progressive if `closing` is given, syncs it, and gives
   * it its name. To be called once, after the stream has finished or failed.
   *
   * @returns why the file had to stay fragmented although `closing` was given
   */
  async close(length: number, closing?: Closing): Promise<Error | undefined> {
    let failure: Error | undefined;
    try {
      const { size } = await stat(this.descriptor, { bigint: true });
      if (size > length) await truncate(this.descriptor, length);
      if (closing !== undefined) failure = await this.makeProgressive(length, closing);
      await sync(this.descriptor);
      await this.locate();
    } finally {
      await closeDescriptor(this.descriptor);
    }
    if (!this.overwrite) this.finalPath = await freeName(this.path);
    await rename(this.partialPath, this.finalPath);
    await syncFolder(this.finalPath);
    return failure;
  }

  /** Whatever part of these writes has reached the disk when the power fails, the file plays; see {@link Closing}. */
  private async makeProgressive(length: number, [moov, ...rest]: Closing): Promise<Error | undefined> {
    try {
      await writeAt(this.descriptor, moov.data, moov.position);
      await sync(this.descriptor);
    } catch (error) {
      await truncate(this.descriptor, length);
      return outputError(this.path, error);
    }
    for (const { data, position } of rest) {
      await writeAt(this.descriptor, data, position);
      await sync(this.descriptor);
    }
    return undefined;
  }

  /** Removes the file, if nothing was recorded. */
  async discard(): Promise<void> {
    await this.locate().finally(() => closeDescriptor(this.descriptor));
    await unlink(this.partialPath);
  }

  /**
   * Finds the name that the file has now: another recorder that was given the same name takes this one for a leftover and moves it
   * aside, and what is called `NAME.partial` then is its file.
   */
  private async locate(): Promise<void> {
    const own = await stat(this.descriptor, { bigint: true });
    if (await isFile(this.partialPath, own)) return;
    const folder = dirname(this.partialPath);
    const prefix = `${basename(this.partialPath)}.`;
    const others = (await readdir(folder)).filter((name) => name.startsWith(prefix));
    for (const name of others) {
      if (await isFile(join(folder, name), own)) {
        this.partialPath = join(folder, name);
        return;
      }
    }
  }
}

async function isFile(path: string, { dev, ino }: fs.BigIntStats): Promise<boolean> {
  const found = await statPath(path, { bigint: true }).catch(() => undefined);
  return found?.ino === ino && found.dev === dev;
}

/**
 * Opens `path.partial` for a recording. A leftover of that name is evidence of a crash: it is moved aside, never overwritten.
 *
 * @throws RetinaRecordError `output-exists` unless `overwrite`; `output-failed` if the file cannot be made
 */
export async function openOutput(path: string, overwrite: boolean): Promise<OutputFile> {
  await checkOutput(path, overwrite);
  const partial = path + SUFFIX;
  try {
    const leftover = (await exists(partial)) ? await moveAside(partial) : undefined;
    return new OutputFile(path, await openDescriptor(partial, 'wx'), { leftover }, overwrite);
  } catch (error) {
    throw outputError(path, error);
  }
}

/**
 * Finds out whether {@link openOutput} could succeed, as far as that can be known without making a file.
 *
 * @throws RetinaRecordError as it does
 */
export async function checkOutput(path: string, overwrite: boolean): Promise<void> {
  const present = await statPath(path).catch(() => undefined);
  if (present !== undefined && !present.isFile()) {
    const what = present.isDirectory() ? 'a folder' : 'a device or a pipe, not a file';
    const remedy = present.isDirectory() ? 'name a file in it' : `write to - and redirect stdout there`;
    throw new RetinaRecordError('output-failed', `cannot write ${path}: it is ${what}; ${remedy}`);
  }
  if (present !== undefined && !overwrite) {
    throw new RetinaRecordError('output-exists', `${path} exists; choose another name, or allow --overwrite (-y)`);
  }
  await access(dirname(path), fs.constants.W_OK).catch((cause) => {
    throw outputError(path, cause);
  });
}

/** An error of the file system, with its cause and remedy in one line. */
export function outputError(path: string, cause: unknown): RetinaRecordError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const remedies = new Map([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is used up'],
    ['EACCES', 'no permission to write there'],
    ['EPERM', 'no permission to write there'],
    ['EROFS', 'the file system is read-only'],
    ['ENOENT', `the folder ${dirname(path)} does not exist`],
    ['ENOTDIR', `${dirname(path)} is not a folder`],
    ['EFBIG', 'the file system or a limit does not allow larger files'],
    ['EIO', 'the disk reports an error'],
  ]);
  const why = (code !== undefined && remedies.get(code)) || message;
  return new RetinaRecordError(
    'output-failed',
    `cannot write ${path}: ${why}${code ? ` (${code})` : ''}`,
    {},
    { cause },
  );
}

async function moveAside(partial: string): Promise<string> {
  for (let n = 1; ; n++) {
    const target = `${partial}.${n}`;
    if (await exists(target)) continue;
    await rename(partial, target);
    return target;
  }
}

/** The path, or `NAME-1.mp4` and so on if there is such a file by now: nobody's file is ever replaced unasked. */
async function freeName(path: string): Promise<string> {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  let name = path;
  for (let n = 1; await exists(name); n++) name = `${stem}-${n}${extension}`;
  return name;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Writes all of `data` at a position. */
async function writeAt(descriptor: number, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await write(descriptor, data, done, data.length - done, position + done)).bytesWritten;
  }
}

/** Makes a rename last through a power failure, where the platform lets folders be opened. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await openDescriptor(dirname(path), 'r');
    await sync(folder).finally(() => closeDescriptor(folder));
  } catch {
    // Windows cannot; the name is in place all the same.
  }
}

/** fs.write that gives a buffer back to its pool once all of it is in the file. */
function recyclingWrite(pool: BufferPool): typeof fs.write {
  const write = (
    descriptor: number,
    data: Buffer,
    offset: number,
    length: number,
    position: number | null,
    callback: (error: NodeJS.ErrnoException | null, written: number, data: Buffer) => void,
  ): void => {
    fs.write(descriptor, data, offset, length, position, (error, written) => {
      callback(error, written, data);
      if (error === null && written === length) pool.give(data);
    });
  };
  return write as typeof fs.write;
}
