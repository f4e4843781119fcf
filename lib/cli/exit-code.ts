import { RetinaRecordError } from '../errors.js';
import { endedWell, type RecordingReport, type RecordingStats } from '../recorder/report.js';

/** Exit codes of the command. */
export const EXIT = {
  ok: 0,
  /** Ended early; the file is kept, closed and named. */
  early: 1,
  usage: 2,
  /** Nothing was recorded. */
  nothing: 3,
  /** Trying again will not help: credentials refused, no such stream, no usable track, transport refused. */
  hopeless: 4,
  /** Killed by a third signal, as shells report SIGINT. */
  killed: 130,
} as const;

const USAGE_CODES = new Set(['usage', 'url-invalid', 'output-exists', 'tls-ca-invalid']);
const HOPELESS_CODES = new Set([
  'auth-required',
  'auth-rejected',
  'auth-unsupported',
  'not-found',
  'no-video',
  'no-audio',
  'sdp-invalid',
  'redirect-insecure',
  'transport-refused',
]);

/** The exit code for an error before anything was recorded. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof RetinaRecordError ? error.code : '';
  if (USAGE_CODES.has(code)) return EXIT.usage;
  return HOPELESS_CODES.has(code) ? EXIT.hopeless : EXIT.nothing;
}

/** The exit code for a recording that has ended. */
export function exitCodeOfReport(report: RecordingReport): number {
  const { reason } = report;
  if (reason === 'reader-gone') return EXIT.ok;
  if (isEmpty(report)) return EXIT.nothing;
  return endedWell(reason) ? EXIT.ok : EXIT.early;
}

/** Whether there is nothing in a recording so far, neither video nor audio. */
export function isEmpty({ frames, audio }: Pick<RecordingStats, 'frames' | 'audio'>): boolean {
  return frames === 0 && (audio === undefined || audio.frames === 0);
}
