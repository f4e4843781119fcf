import { type Layout, s32be, seq, struct, u16be, u32be } from 'buffer-layout';
import type { SpsInfo } from '../codec/h264-sps.js';
import { displayWidth } from './avc.js';
import { box, cstring, encode, fullBox, u32 } from './box.js';
import { type MovieTags, userData } from './tags.js';

/** The one track's id. */
export const TRACK_ID = 1;

/** Seconds from 1904-01-01, the epoch of MP4 files, to 1970-01-01. */
const MP4_UNIX_OFFSET_SECONDS = 2_082_844_800;
/** Timescale of the movie header in Hz; the media have their own. */
const MOVIE_TIMESCALE = 1000;
/** 1.0 as 16.16 fixed point. */
const ONE = 0x0001_0000;
/** Unity transformation (ISO/IEC 14496-12 section 6.2.2). */
const MATRIX = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000];
/** Track flags: enabled, in movie, in preview. */
const TRACK_FLAGS = 0x7;
/** ISO 639-2/T `und`, three letters of five bits. */
const LANGUAGE_UNDETERMINED = 0x55c4;
const TWO_32 = 0x1_0000_0000;

/** What follows the times in `mvhd` (section 8.2.2). */
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

/** What follows the times in `tkhd` (section 8.3.2). */
const trackHeaderRest: Layout<{
  reserved: number[];
  layerAndGroup: number;
  volumeAndReserved: number;
  matrix: number[];
  width: number;
  height: number;
}> = struct([
  seq(u32be(), 2, 'reserved'),
  u32be('layerAndGroup'),
  u32be('volumeAndReserved'),
  seq(s32be(), 9, 'matrix'),
  u32be('width'),
  u32be('height'),
]);

/** What follows the times in `mdhd` (section 8.4.2). */
const mediaHeaderRest: Layout<{ language: number; preDefined: number }> = struct([
  u16be('language'),
  u16be('preDefined'),
]);

/** What a `moov` of one video track says. */
export interface MovieOptions {
  readonly info: SpsInfo;
  /** Media timescale in Hz. */
  readonly timescale: number;
  /** Length of the track in ticks, 0 where all samples are in fragments. */
  readonly durationTicks: number;
  /** Start of the recording, Unix time in ns. */
  readonly creationTime: bigint;
  readonly tags: MovieTags;
  /** The `stbl`. */
  readonly sampleTable: Buffer;
  /** Boxes behind the track: `mvex`, if there are fragments. */
  readonly extension?: Buffer | undefined;
}

/** The `moov` box (section 8.2.1). */
export function movieBox({
  info,
  timescale,
  durationTicks,
  creationTime,
  tags,
  sampleTable,
  extension,
}: MovieOptions): Buffer {
  const created = Number(creationTime / 1_000_000_000n) + MP4_UNIX_OFFSET_SECONDS;
  const movieDuration = Math.round((durationTicks / timescale) * MOVIE_TIMESCALE);
  const mvhd = encode(movieHeaderRest, {
    rate: ONE,
    volumeAndReserved: 0x0100_0000,
    reserved: [0, 0],
    matrix: MATRIX,
    preDefined: [0, 0, 0, 0, 0, 0],
    nextTrackId: TRACK_ID + 1,
  });
  const tkhd = encode(trackHeaderRest, {
    reserved: [0, 0],
    layerAndGroup: 0,
    volumeAndReserved: 0,
    matrix: MATRIX,
    width: Math.round(displayWidth(info) * ONE),
    height: info.height * ONE,
  });
  const mdhd = encode(mediaHeaderRest, { language: LANGUAGE_UNDETERMINED, preDefined: 0 });
  return box(
    'moov',
    timedBox('mvhd', 0, created, [MOVIE_TIMESCALE], movieDuration, mvhd),
    box(
      'trak',
      timedBox('tkhd', TRACK_FLAGS, created, [TRACK_ID, 0], movieDuration, tkhd),
      ...(durationTicks > 0 ? [editList(movieDuration)] : []),
      box(
        'mdia',
        timedBox('mdhd', 0, created, [timescale], durationTicks, mdhd),
        fullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), u32(0, 0, 0), cstring('VideoHandler')),
        box('minf', fullBox('vmhd', 0, 1, u32(0, 0)), dataInformation(), sampleTable),
      ),
    ),
    ...(extension === undefined ? [] : [extension]),
    userData(tags),
  );
}

/**
 * A header that begins with creation and modification time, some fields, and a duration: in 32 bits (version 0, which every reader
 * knows) as long as they fit, else in 64 (version 1).
 */
function timedBox(
  type: string,
  flags: number,
  created: number,
  fields: readonly number[],
  duration: number,
  rest: Buffer,
): Buffer {
  if (created < TWO_32 && duration < TWO_32)
    return fullBox(type, 0, flags, u32(created, created, ...fields, duration), rest);
  return fullBox(type, 1, flags, u64(created), u64(created), u32(...fields), u64(duration), rest);
}

/** `edts` (section 8.6.5): the whole track from its first composition time on, which is 0 by construction. */
function editList(movieDuration: number): Buffer {
  const isLong = movieDuration >= TWO_32;
  const entry = isLong ? [u64(movieDuration), u64(0)] : [u32(movieDuration, 0)];
  return box('edts', fullBox('elst', isLong ? 1 : 0, 0, u32(1), ...entry, u32(ONE)));
}

/** `dinf` (section 8.7): the media lie in this file. */
function dataInformation(): Buffer {
  return box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
}

function u64(value: number): Buffer {
  return u32(Math.floor(value / TWO_32), value % TWO_32);
}
