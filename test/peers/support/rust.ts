import { closeSync, openSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The Rust retina-record's executable. A script of that name on PATH is this project's own.
 *
 * @param named where it is, if not on PATH; default: what RETINA_RECORD_RUST says
 */
export function rustRecorder(named = process.env.RETINA_RECORD_RUST): string | undefined {
  const { PATH = '' } = process.env;
  const candidates = named ? [named] : PATH.split(delimiter).map((folder) => join(folder, 'retina-record'));
  return candidates.find((path) => isBinary(path));
}

function isBinary(path: string): boolean {
  const start = Buffer.alloc(2);
  try {
    const descriptor = openSync(path, 'r');
    readSync(descriptor, start);
    closeSync(descriptor);
  } catch {
    return false;
  }
  return start.toString('latin1') !== '#!';
}
