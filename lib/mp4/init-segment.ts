import { type Layout, s32be, seq, struct, u16be, u32be } from 'buffer-layout';
import type { H264Parameters } from '../codec/h264-parameters.js';
import { avcSampleEntry, displayWidth } from './avc.js';
import { box, cstring, encode, fullBox, u32 } from './box.js';
import { type MovieTags, userData } from './tags.js';

/** Seconds from 1904-01-01, the epoch of MP4 files, to 1970-01-01. */
const MP4_UNIX_OFFSET_SECONDS = 2_082_844_800;
/** Timescale of the movie header in Hz; the media have their own. */
const MOVIE_TIMESCALE = 1000;
const TRACK_ID = 1;
/** 1.0 as 16.16 fixed point. */
const ONE = 0x0001_0000;
/** Unity transformation (ISO/IEC 14496-12 section 6.2.2). */
const MATRIX = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000];
/** Track flags: enabled, in movie, in preview. */
const TRACK_FLAGS = 0x7;
/** ISO 639-2/T `und`, three letters of five bits. */
const LANGUAGE_UNDETERMINED = 0x55c4;
/** Default sample flags of a sample that is no random access point. */
const NON_SYNC_SAMPLE = 0x0101_0000;

const movieHeader: Layout<{
  creationTime: number;
  modificationTime: number;
  timescale: number;
  duration: number;
  rate: number;
  volumeAndReserved: number;
  reserved: number[];
  matrix: number[];
  preDefined: number[];
  nextTrackId: number;
}> = struct([
  u32be('creationTime'),
  u32be('modificationTime'),
  u32be('timescale'),
  u32be('duration'),
  s32be('rate'),
  u32be('volumeAndReserved'),
  seq(u32be(), 2, 'reserved'),
  seq(s32be(), 9, 'matrix'),
  seq(u32be(), 6, 'preDefined'),
  u32be('nextTrackId'),
]);

const trackHeader: Layout<{
  creationTime: number;
  modificationTime: number;
  trackId: number;
  reserved: number;
  duration: number;
  reserved2: number[];
  layerAndGroup: number;
  volumeAndReserved: number;
  matrix: number[];
  width: number;
  height: number;
}> = struct([
  u32be('creationTime'),
  u32be('modificationTime'),
  u32be('trackId'),
  u32be('reserved'),
  u32be('duration'),
  seq(u32be(), 2, 'reserved2'),
  u32be('layerAndGroup'),
  u32be('volumeAndReserved'),
  seq(s32be(), 9, 'matrix'),
  u32be('width'),
  u32be('height'),
]);

const mediaHeader: Layout<{
  creationTime: number;
  modificationTime: number;
  timescale: number;
  duration: number;
  language: number;
  preDefined: number;
}> = struct([
  u32be('creationTime'),
  u32be('modificationTime'),
  u32be('timescale'),
  u32be('duration'),
  u16be('language'),
  u16be('preDefined'),
]);

/** What an initialization segment says. */
export interface InitSegmentOptions {
  readonly parameters: H264Parameters;
  /** Media timescale in Hz. */
  readonly timescale: number;
  /** Start of the recording, Unix time in ns. */
  readonly creationTime: bigint;
  readonly tags: MovieTags;
}

/**
 * What stands ahead of the fragments (ISO/IEC 14496-12 section 8.8): `ftyp`, 16 bytes of `free` that a later step may turn into
 * the header of an `mdat`, and a `moov` without samples.
 */
export function initSegment({ parameters, timescale, creationTime, tags }: InitSegmentOptions): Buffer {
  const created = Number(creationTime / 1_000_000_000n) + MP4_UNIX_OFFSET_SECONDS;
  const times = { creationTime: created >>> 0, modificationTime: created >>> 0, duration: 0 };
  const mvhd = encode(movieHeader, {
    ...times,
    timescale: MOVIE_TIMESCALE,
    rate: ONE,
    volumeAndReserved: 0x0100_0000,
    reserved: [0, 0],
    matrix: MATRIX,
    preDefined: [0, 0, 0, 0, 0, 0],
    nextTrackId: TRACK_ID + 1,
  });
  const tkhd = encode(trackHeader, {
    ...times,
    trackId: TRACK_ID,
    reserved: 0,
    reserved2: [0, 0],
    layerAndGroup: 0,
    volumeAndReserved: 0,
    matrix: MATRIX,
    width: Math.round(displayWidth(parameters.info) * ONE),
    height: parameters.info.height * ONE,
  });
  const mdhd = encode(mediaHeader, { ...times, timescale, language: LANGUAGE_UNDETERMINED, preDefined: 0 });
  return Buffer.concat([
    box('ftyp', Buffer.from('isom'), u32(0x200), Buffer.from('isomiso2iso4iso6avc1mp41')),
    box('free', Buffer.alloc(8)),
    box(
      'moov',
      fullBox('mvhd', 0, 0, mvhd),
      box(
        'trak',
        fullBox('tkhd', 0, TRACK_FLAGS, tkhd),
        box(
          'mdia',
          fullBox('mdhd', 0, 0, mdhd),
          fullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), u32(0, 0, 0), cstring('VideoHandler')),
          box('minf', fullBox('vmhd', 0, 1, u32(0, 0)), dataInformation(), sampleTable(avcSampleEntry(parameters))),
        ),
      ),
      box('mvex', fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, NON_SYNC_SAMPLE))),
      userData(tags),
    ),
  ]);
}

/** `dinf` (section 8.7): the media lie in this file. */
function dataInformation(): Buffer {
  return box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
}

/** `stbl` (section 8.5) whose samples are all in fragments. */
function sampleTable(sampleEntry: Buffer): Buffer {
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
}
