import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { RetinaRecordError } from '../errors.js';
import { type AnnexBScriptOptions, annexBScript } from './annexb-script.js';
import { pcapScript } from './pcap-script.js';
import type { CameraScript } from './script.js';

/** Largest file that is loaded, in bytes: it is held in memory twice. */
const MAX_FILE = 1024 ** 3;

/**
 * Loads what a camera is to serve.
 *
 * @param path a capture (`.pcap`, `.pcapng`, `.cap`), or an H.264 byte stream (`.h264`, `.264`, `.avc`)
 * @throws RetinaRecordError `camera-script` if the file is too large, of no known kind, or holds nothing to serve
 */
export async function loadScript(path: string, options: AnnexBScriptOptions = {}): Promise<CameraScript> {
  const { size } = await stat(path);
  if (size > MAX_FILE)
    throw new RetinaRecordError('camera-script', `${path} is larger than the cap of ${MAX_FILE} bytes`);
  switch (extname(path).toLowerCase()) {
    case '.h264':
    case '.264':
    case '.avc':
      return annexBScript(await readFile(path), basename(path), options);
    case '.pcap':
    case '.pcapng':
    case '.cap':
      return pcapScript(path, basename(path));
    default:
      throw new RetinaRecordError(
        'camera-script',
        `${path} is neither a capture (.pcap) nor an H.264 byte stream (.h264)`,
      );
  }
}
