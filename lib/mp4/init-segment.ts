import { box, fullBox, u32 } from './box.js';
import { type MovieHeader, movieBox } from './movie.js';
import { emptySampleTable } from './sample-table.js';
import type { TrackFormat } from './track-format.js';

/** Default sample flags of a sample that is no random access point. */
const NON_SYNC_SAMPLE = 0x0101_0000;

const FTYP = box('ftyp', Buffer.from('isom'), u32(0x200), Buffer.from('isomiso2iso4iso6avc1mp41'));

/** Offset of the 16 bytes of `free` that closing turns into the header of an `mdat`. */
export const RESERVED_OFFSET = FTYP.length;

/** A track as it stands ahead of the fragments. */
export interface FragmentedTrack {
  /** From 1. */
  readonly id: number;
  readonly format: TrackFormat;
  /** Media timescale in Hz. */
  readonly timescale: number;
}

/**
 * What stands ahead of the fragments (ISO/IEC 14496-12 section 8.8): `ftyp`, 16 bytes of `free` for the header of an `mdat`, and a
 * `moov` without samples.
 */
export function initSegment(tracks: readonly FragmentedTrack[], header: MovieHeader): Buffer {
  const moov = movieBox({
    ...header,
    tracks: tracks.map((track) => ({
      ...track,
      durationTicks: 0,
      edits: [],
      sampleTable: emptySampleTable(track.format),
    })),
    extension: box('mvex', ...tracks.map(({ id }) => fullBox('trex', 0, 0, u32(id, 1, 0, 0, NON_SYNC_SAMPLE)))),
  });
  return Buffer.concat([FTYP, box('free', Buffer.alloc(8)), moov]);
}
