import { type Layout, s32be, seq, struct, u32be } from 'buffer-layout';
import { assemble, deferredBox, encode } from './box.js';
import { MATRIX, ONE, timedBox } from './header-box.js';
import { type MovieTags, userData } from './tags.js';
import { presentationDuration, type TrackOptions, trackBox } from './track-box.js';

/** Seconds from 1904-01-01, the epoch of MP4 files, to 1970-01-01. */
const MP4_UNIX_OFFSET_SECONDS = 2_082_844_800;
/** Timescale of the movie header in Hz; the media have their own. */
export const MOVIE_TIMESCALE = 1000;

/** What follows the times in `mvhd` (ISO/IEC 14496-12 section 8.2.2). */
const movieHeaderRest: Layout<{
  rate: number;
  volumeAndReserved: number;
  reserved: number[];
  matrix: number[];
  preDefined: number[];
  nextTrackId: number;
}> = struct([
  s32be('rate'),
  u32be('volumeAndReserved'),
  seq(u32be(), 2, 'reserved'),
  seq(s32be(), 9, 'matrix'),
  seq(u32be(), 6, 'preDefined'),
  u32be('nextTrackId'),
]);

/** What a movie says of itself. */
export interface MovieHeader {
  /** Start of the recording, Unix time in ns. */
  readonly creationTime: bigint;
  readonly tags: MovieTags;
}

/** What a `moov` says. */
export interface MovieOptions extends MovieHeader {
  /** At least one, by id. */
  readonly tracks: readonly TrackOptions[];
  /** Boxes behind the tracks: `mvex`, if there are fragments. */
  readonly extension?: Buffer | undefined;
}

/** The `moov` box (section 8.2.1). */
export function movieBox({ tracks, creationTime, tags, extension }: MovieOptions): Buffer {
  const created = Number(creationTime / 1_000_000_000n) + MP4_UNIX_OFFSET_SECONDS;
  const mvhd = encode(movieHeaderRest, {
    rate: ONE,
    volumeAndReserved: 0x0100_0000,
    reserved: [0, 0],
    matrix: MATRIX,
    preDefined: [0, 0, 0, 0, 0, 0],
    nextTrackId: tracks.at(-1)!.id + 1,
  });
  const moov = deferredBox(
    'moov',
    timedBox('mvhd', 0, created, [MOVIE_TIMESCALE], Math.max(...tracks.map(presentationDuration)), mvhd),
    ...tracks.map((track) => trackBox(track, created)),
    ...(extension === undefined ? [] : [extension]),
    userData(tags),
  );
  return assemble(moov);
}
