import type { H264Parameters } from '../codec/h264-parameters.js';
import { avcSampleEntry } from './avc.js';
import { box, fullBox, u32 } from './box.js';
import { movieBox, TRACK_ID } from './movie.js';
import type { MovieTags } from './tags.js';

/** Default sample flags of a sample that is no random access point. */
const NON_SYNC_SAMPLE = 0x0101_0000;

const FTYP = box('ftyp', Buffer.from('isom'), u32(0x200), Buffer.from('isomiso2iso4iso6avc1mp41'));

/** Offset of the 16 bytes of `free` that closing turns into the header of an `mdat`. */
export const RESERVED_OFFSET = FTYP.length;

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
 * What stands ahead of the fragments (ISO/IEC 14496-12 section 8.8): `ftyp`, 16 bytes of `free` for the header of an `mdat`, and a
 * `moov` without samples.
 */
export function initSegment({ parameters, timescale, creationTime, tags }: InitSegmentOptions): Buffer {
  const moov = movieBox({
    info: parameters.info,
    timescale,
    durationTicks: 0,
    creationTime,
    tags,
    sampleTable: sampleTable(avcSampleEntry(parameters)),
    extension: box('mvex', fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, NON_SYNC_SAMPLE))),
  });
  return Buffer.concat([FTYP, box('free', Buffer.alloc(8)), moov]);
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
