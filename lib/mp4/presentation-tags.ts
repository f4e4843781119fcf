import { hostname } from 'node:os';
import type { Presentation } from '../items.js';
import { maskUrl } from '../rtsp/mask-url.js';
import { programName } from '../version.js';
import type { MovieTags } from './tags.js';

/** Session names that say nothing of the camera. */
const EMPTY_NAMES = /^(?:[- ]*|session|media presentation|no name|rtsp session|unnamed)$/i;

/** The tags of a recording: where from, by what, on which host. @param presentation undefined if it is not known */
export function presentationTags(presentation: Presentation | undefined): MovieTags {
  const own = { host: hostname(), encoder: programName() };
  if (presentation === undefined) return own;
  const { url, name } = presentation;
  const told = name !== undefined && !EMPTY_NAMES.test(name.trim()) ? name : undefined;
  return { url: maskUrl(url), name: told, ...own };
}
