import { promises as files } from 'node:fs';
import { RetinaRecordError } from '../errors.js';
import type { ConnectOptions } from '../net/options.js';
import type { CaptureFile } from '../recorder/capture-file.js';
import { maskUrl, stripUserInfo } from '../rtsp/mask-url.js';
import { formatBytes } from './format.js';
import type { Logger } from './log.js';
import { findPassword } from './password.js';
import type { ConnectionCliOptions } from './record-options.js';

/** Warnings of what is as it should be. */
const EXPECTED: ReadonlySet<string> = new Set(['stream-left-out']);

/**
 * Checks the options of the connection and makes those of the library of them.
 *
 * @throws RetinaRecordError `usage`
 */
export async function connectionOptions(cli: ConnectionCliOptions, log: Logger): Promise<ConnectOptions> {
  const { username, password, tlsCa, tlsInsecure, teardown, transport } = cli;
  if (password !== undefined && username === undefined) {
    throw new RetinaRecordError('usage', '--password needs --username');
  }
  return {
    username,
    password: await findPassword(cli),
    teardown,
    transport,
    tls: { ca: tlsCa === undefined ? undefined : await readCa(tlsCa), insecure: tlsInsecure },
    onWarning: warn(log),
  };
}

/** Runs `work` with the capture that `--save-capture` asks for, and says in the end what became of it. */
export async function withCapture<T>(
  { url, saveCapture, overwrite }: ConnectionCliOptions,
  log: Logger,
  work: (capture: ConnectOptions['capture']) => Promise<T>,
): Promise<T> {
  if (saveCapture === undefined) return work(undefined);
  const { openCaptureFile } = await import('../recorder/capture-file.js');
  const file = await openCaptureFile(saveCapture, { overwrite, onWarning: warn(log) });
  if (url !== undefined && maskUrl(url) !== stripUserInfo(url)) {
    log.warn(
      { event: 'warning', code: 'capture' },
      `the capture will show the password inside the URL's path or query`,
    );
  }
  try {
    return await work(file.sink);
  } finally {
    await report(file, log);
  }
}

async function report(file: CaptureFile, log: Logger): Promise<void> {
  const { path, bytes, droppedBytes } = await file.close();
  if (path === undefined) return;
  const holes = droppedBytes === 0 ? '' : `, with holes: ${formatBytes(droppedBytes)} could not be written in time`;
  log.info({ event: 'capture', path, bytes, droppedBytes }, `captured ${path}: ${formatBytes(bytes)}${holes}`);
}

function warn(log: Logger): NonNullable<ConnectOptions['onWarning']> {
  return ({ code, message }) => log[EXPECTED.has(code) ? 'info' : 'warn']({ event: 'warning', code }, message);
}

async function readCa(path: string): Promise<Buffer> {
  return files.readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new RetinaRecordError('usage', `cannot read --tls-ca ${path} (${cause.code})`, {}, { cause });
  });
}
