import type { AudioConfig } from '../codec/audio-config.js';
import { u32 } from './box.js';
import { u64 } from './header-box.js';
import { RESERVED_OFFSET } from './init-segment.js';
import { MOVIE_TIMESCALE, type MovieHeader, movieBox } from './movie.js';
import type { SampleIndex } from './sample-index.js';
import { sampleTable } from './sample-table.js';
import type { Edit, TrackOptions } from './track-box.js';
import type { TrackFormat } from './track-format.js';

/** Bytes to be written over or behind what a file holds. */
export interface ClosingWrite {
  readonly data: Buffer;
  readonly position: number;
}

/**
 * What turns a fragmented file into a progressive one, in place: writes, each to be synced before the next. Whatever bytes of one of them
 * have reached the disk when the power fails, the file plays:
 *
 * 1. the `moov`, behind the last whole fragment, under the name of `free`: torn or not, there is nothing in it for a reader;
 * 2. its name: a second `moov`, which says the same as the first one and its fragments, or still a box of no known name;
 * 3. the length of all media, into the content of the reserved `free` box, where no reader looks;
 * 4. over the header of that box that of an `mdat` whose size is that length, and which so swallows everything up to `moov`: torn, it is
 *    a box of some other name, either of 16 bytes as before or of that length.
 */
export type Closing = readonly [moov: ClosingWrite, name: ClosingWrite, length: ClosingWrite, header: ClosingWrite];

/** A track of a closed file. */
export interface ClosedTrack {
  /** From 1. */
  readonly id: number;
  /** Media timescale in Hz. */
  readonly timescale: number;
  /** All samples, at least one. */
  readonly index: SampleIndex;
  /** For audio; absent for video, whose parameter sets are in the index. */
  readonly audio?: AudioConfig | undefined;
  /**
   * When the first sample is shown, in ticks of the timescale since the movie's start; negative: so much of the beginning never is, less
   * than there is. Default 0.
   */
  readonly startTicks?: number | undefined;
}

/**
 * Makes the bytes that close a file (ISO/IEC 14496-12 section 8.5): a whole `moov` with the sample tables, and the header of the
 * `mdat` that hides the fragments' own boxes.
 *
 * @param end offset behind the last whole fragment, where the `moov` will stand
 */
export function closeMovie(tracks: readonly ClosedTrack[], end: number, header: MovieHeader): Closing {
  const moov = movieBox({ ...header, tracks: tracks.map(closed) });
  const name = Buffer.from(moov.subarray(4, 8));
  moov.write('free', 4, 'latin1');
  return [
    { data: moov, position: end },
    { data: name, position: end + 4 },
    { data: u64(end - RESERVED_OFFSET), position: RESERVED_OFFSET + 8 },
    // Size 1: the size follows in 64 bits.
    { data: Buffer.concat([u32(1), Buffer.from('mdat')]), position: RESERVED_OFFSET },
  ];
}

function closed({ id, timescale, index, audio, startTicks = 0 }: ClosedTrack): TrackOptions {
  const format: TrackFormat =
    audio === undefined ? { kind: 'video', parameters: index.descriptions } : { kind: 'audio', config: audio };
  const { durationTicks } = index;
  const edits = editList(startTicks, durationTicks, timescale);
  return { id, format, timescale, durationTicks, edits, sampleTable: sampleTable(index, format) };
}

/**
 * An empty edit ahead of a track that starts late; the beginning of one that starts early is left out. What is less than half a tick of
 * the movie's timescale is neither. Durations are rounded up: a reader shows no sample of an edit of no duration.
 */
function editList(startTicks: number, durationTicks: number, timescale: number): Edit[] {
  const inMovie = (ticks: number): number => (ticks * MOVIE_TIMESCALE) / timescale;
  const start = Math.round(inMovie(startTicks));
  const mediaTime = start < 0 ? -startTicks : 0;
  const all: Edit = { duration: Math.ceil(inMovie(durationTicks - mediaTime)), mediaTime };
  return start > 0 ? [{ duration: start, mediaTime: -1 }, all] : [all];
}
