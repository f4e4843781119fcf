import { hostname } from 'node:os';
import type { Presentation } from '../items.js';
import type { MovieTags } from '../mp4/tags.js';
import { maskUrl } from '../rtsp/url.js';
import { programName } from '../version.js';

/** Session names that say nothing of the camera. */
const EMPTY_NAMES = /^(?:[- ]*|session|media presentation|no name|rtsp session|unnamed)$/i;

/** The tags of a recording: where from, by what, on which host. */
export function recordingTags({ url, name }: Presentation): MovieTags {
  const told = name !== undefined && !EMPTY_NAMES.test(name.trim()) ? name : undefined;
  return { url: maskUrl(url), name: told, host: hostname(), encoder: programName() };
}
