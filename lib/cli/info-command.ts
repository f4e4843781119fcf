import { RetinaRecordError } from '../errors.js';
import { cameraInfo } from '../recorder/camera-info.js';
import { connectionOptions, withCapture } from './connection-options.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { infoJson, infoTable } from './info-table.js';
import type { Logger } from './log.js';
import type { ConnectionCliOptions, LogCliOptions } from './record-options.js';
import { handleSignals } from './signals.js';
import { print } from './stdout.js';

/** The options of `info` as commander gives them. */
export interface InfoCliOptions extends ConnectionCliOptions, LogCliOptions {
  /** ms. */
  readonly wait: number;
}

/**
 * `retina-record info --url URL`: what a camera offers, to stdout, even where it cannot be recorded; the exit code says whether
 * it can. A signal ends the waiting.
 */
export async function infoCommand(cli: InfoCliOptions, log: Logger): Promise<number> {
  const { url, wait } = cli;
  if (url === undefined)
    throw new RetinaRecordError('usage', '--url is missing behind info: which camera is it about?');
  // Warnings are part of the answer.
  const options = { ...(await connectionOptions(cli, log)), onWarning: undefined };
  const stopping = new AbortController();
  const release = handleSignals(() => stopping.abort());
  try {
    const { signal } = stopping;
    const info = await withCapture(cli, log, (capture) =>
      cameraInfo(url, { ...options, capture, waitMs: wait, signal }),
    );
    await print(cli.json ? infoJson(info) : infoTable(info, wait));
    return info.problem === undefined ? EXIT.ok : exitCodeOf(info.problem);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    log.error('ended before the camera had answered');
    return exitCodeOf(error);
  } finally {
    release();
  }
}
