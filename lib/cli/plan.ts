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
  const { url, start, overwrite = false, now = () => new Date(), lookUp = reverseLookup() } = options;
  const { host } = parseRtspUrl(url);
  const startAt = start && startMoment(start, now());
  const camera = out === undefined ? await cameraName(host, lookUp) : '';
  const path = out ?? generatedName(startAt ?? now(), camera);
  if (path !== '-') await checkOutput(path, overwrite);
  return { out: path, startAt };
}
