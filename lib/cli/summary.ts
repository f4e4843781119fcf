import type { RecordingReport } from '../recorder/report.js';
import { isEmpty } from './exit-code.js';
import { audioText, count, formatBytes } from './format.js';

/**
 * What came of a recording, in one line: why it ended, where it is, what is in it.
 *
 * @param name what the output is called if it has no path
 */
export function summary(report: RecordingReport, name: string): string {
  const { reason, error, path, frames, width, height, mediaSeconds, bytes, audio, senderReports, lostPackets } = report;
  const why = error === undefined ? '' : `${error.message}; `;
  if (isEmpty(report))
    return error === undefined ? `nothing was recorded: ${missing(report)}` : `${why}nothing was recorded`;
  const parts = [
    ...(frames === 0 ? [] : [count(frames, 'frame'), `${width}x${height}`]),
    ...(audio === undefined ? [] : [audioText(audio)]),
    `${mediaSeconds.toFixed(1)} s`,
    formatBytes(bytes),
    count(senderReports, 'sender report'),
    `${count(lostPackets + (audio?.lostPackets ?? 0), 'packet')} lost`,
  ];
  const ends = new Map([
    ['reader-gone', 'the reader went away; '],
    ['bye', 'the camera ended the stream; '],
  ]);
  return `${why}${ends.get(reason) ?? ''}recorded ${path ?? name}: ${parts.join(', ')}`;
}

/** Why there may be nothing, where no error says so. */
function missing({ faults }: RecordingReport): string {
  const kinds = Object.entries(faults).map(([code, times]) => `${code} ${times}x`);
  const seen = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  return `until then no picture came from which it could have started${seen}; retina-record info tells what the camera sends`;
}
