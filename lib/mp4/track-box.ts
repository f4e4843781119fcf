import { type Layout, s32be, seq, struct, u16be, u32be } from 'buffer-layout';
import { displayWidth } from './avc.js';
import { box, cstring, type Deferred, deferredBox, encode, fullBox, u16, u32 } from './box.js';
import { MATRIX, ONE, timedBox, u64 } from './header-box.js';
import type { TrackFormat } from './track-format.js';

/** Track flags: enabled, in movie, in preview. */
const TRACK_FLAGS = 0x7;
/** ISO 639-2/T `und`, three letters of five bits. */
const LANGUAGE_UNDETERMINED = 0x55c4;
/** Volume 1.0 as 8.8 fixed point, in the upper half of a word. */
const FULL_VOLUME = 0x0100_0000;
const TWO_31 = 0x8000_0000;
const TWO_32 = 0x1_0000_0000;

/** What follows the times in `tkhd` (ISO/IEC 14496-12 section 8.3.2). */
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

/** One entry of an edit list (section 8.6.6). */
export interface Edit {
  /** How long it is shown, in ticks of the movie's timescale. */
  readonly duration: number;
  /** Where in the media it begins, in ticks of the media's timescale; -1: nothing is shown. */
  readonly mediaTime: number;
}

/** What a `trak` says. */
export interface TrackOptions {
  /** From 1. */
  readonly id: number;
  readonly format: TrackFormat;
  /** Media timescale in Hz. */
  readonly timescale: number;
  /** Length of the media in ticks of that, 0 where all samples are in fragments. */
  readonly durationTicks: number;
  /** What of the media is shown when; empty where all samples are in fragments. */
  readonly edits: readonly Edit[];
  /** The `stbl`. */
  readonly sampleTable: Deferred;
}

/** How long a track's edits are together, in ticks of the movie's timescale. */
export function presentationDuration({ edits }: TrackOptions): number {
  return edits.reduce((sum, { duration }) => sum + duration, 0);
}

/**
 * The `trak` box (section 8.3.1).
 *
 * @param created seconds since 1904
 */
export function trackBox(track: TrackOptions, created: number): Deferred {
  const { id, format, timescale, durationTicks, edits } = track;
  const isVideo = format.kind === 'video';
  const info = isVideo ? format.parameters[0]!.info : undefined;
  const tkhd = encode(trackHeaderRest, {
    reserved: [0, 0],
    layerAndGroup: 0,
    volumeAndReserved: isVideo ? 0 : FULL_VOLUME,
    matrix: MATRIX,
    width: info === undefined ? 0 : Math.round(displayWidth(info) * ONE),
    height: info === undefined ? 0 : info.height * ONE,
  });
  const mdhd = encode(mediaHeaderRest, { language: LANGUAGE_UNDETERMINED, preDefined: 0 });
  const [handler, name] = isVideo ? ['vide', 'VideoHandler'] : ['soun', 'SoundHandler'];
  // Video: no composition mode; sound: balance in the middle (sections 12.1.2, 12.2.2).
  const mediaHeader = isVideo ? fullBox('vmhd', 0, 1, u32(0, 0)) : fullBox('smhd', 0, 0, u16(0, 0));
  return deferredBox(
    'trak',
    timedBox('tkhd', TRACK_FLAGS, created, [id, 0], presentationDuration(track), tkhd),
    ...(edits.length > 0 ? [editList(edits)] : []),
    deferredBox(
      'mdia',
      timedBox('mdhd', 0, created, [timescale], durationTicks, mdhd),
      fullBox('hdlr', 0, 0, u32(0), Buffer.from(handler!), u32(0, 0, 0), cstring(name!)),
      deferredBox('minf', mediaHeader, dataInformation(), track.sampleTable),
    ),
  );
}

/** `edts` (section 8.6.5). */
function editList(edits: readonly Edit[]): Buffer {
  const isLong = edits.some(({ duration, mediaTime }) => duration >= TWO_32 || mediaTime >= TWO_31);
  const entries = edits.flatMap(({ duration, mediaTime }) => [
    ...(isLong ? [u64(duration), mediaTime < 0 ? u32(-1, -1) : u64(mediaTime)] : [u32(duration, mediaTime)]),
    u32(ONE),
  ]);
  return box('edts', fullBox('elst', isLong ? 1 : 0, 0, u32(edits.length), ...entries));
}

/** `dinf` (section 8.7): the media lie in this file. */
function dataInformation(): Buffer {
  return box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
}
