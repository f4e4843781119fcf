import { resolve, sep } from 'node:path';
import { RetinaRecordError } from '../errors.js';
import { checkOutput } from '../recorder/output-file.js';
import { cameraName, generatedName, type ReverseLookup } from '../recorder/output-name.js';
import { parseRtspUrl } from '../rtsp/url.js';
import { reverseLookup } from './reverse-lookup.js';
import { startMoment, type TimeOfDay } from './start-time.js';

/** What has been decided before anything happens. */
export interface Plan {
  /** Path, or `-` for stdout. */
  readonly out: string;
  /** When to connect; undefined for at once. */
  readonly startAt: Date | undefined;
}

/** What {@link planRecording} goes by. */
export interface PlanOptions {
  readonly url: string;
  readonly start?: TimeOfDay | undefined;
  readonly overwrite?: boolean | undefined;
  /** Where a capture goes, which must not be where the recording goes. */
  readonly saveCapture?: string | undefined;
  /** Default the system's clock. */
  readonly now?: (() => Date) | undefined;
  /** Default by DNS. */
  readonly lookUp?: ReverseLookup | undefined;
}

/**
 * Settles where a recording goes and when it begins, so that what cannot work fails now and not after hours of waiting.
 *
 * @param out as it was given; without it the file is named after the start and the camera, in the current folder
 * @throws RetinaRecordError `url-invalid`, `usage`, `output-exists`, `output-failed`
 */
export async function planRecording(out: string | undefined, options: PlanOptions): Promise<Plan> {
  const { url, start, overwrite = false, saveCapture, now = () => new Date(), lookUp = reverseLookup() } = options;
  const { host } = parseRtspUrl(url);
  if (out === '' || out?.endsWith('/') || out?.endsWith(sep)) {
    throw new RetinaRecordError('usage', `OUT names no file: "${out}"`);
  }
  const startAt = start && startMoment(start, now());
  const camera = out === undefined ? await cameraName(host, lookUp) : '';
  const path = out ?? generatedName(startAt ?? now(), camera);
  if (path !== '-') await checkOutput(path, overwrite);
  // The recording is called the second of these while it grows.
  if (saveCapture !== undefined && [path, `${path}.partial`].some((name) => resolve(name) === resolve(saveCapture))) {
    throw new RetinaRecordError('usage', '--save-capture and OUT name the same file');
  }
  return { out: path, startAt };
}
