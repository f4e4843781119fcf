import { createFile, type ISOFile, type Movie, type MP4BoxBuffer, type Sample } from 'mp4box';

/** One sample of a track, as mp4box finds it. */
export interface Mp4Sample {
  readonly data: Buffer;
  /** Decode and composition time in ticks of the media's timescale. */
  readonly dts: number;
  readonly cts: number;
  readonly duration: number;
  readonly isSync: boolean;
  /** is_depended_on of ISO/IEC 14496-12 section 8.8.3.1: 2 says that no other sample needs this one. */
  readonly dependedOn: number;
  /** Index of its sample description, from 0. */
  readonly description: number;
  /** Offset in the file. */
  readonly offset: number;
}

/** One track. */
export interface Mp4Track {
  readonly id: number;
  /** Handler type: `vide` or `soun`. */
  readonly handler: string;
  readonly timescale: number;
  readonly samples: readonly Mp4Sample[];
  /** Edit list: how long in ticks of the movie's timescale, from where in ticks of the media's (-1: nothing is shown). */
  readonly edits: readonly { readonly duration: number; readonly mediaTime: number }[];
}

/** A file as a reader sees it that is not this project's. */
export interface Mp4 {
  /** mp4box's own view, for what is not told here. */
  readonly file: ISOFile;
  readonly info: Movie;
  readonly tracks: readonly Mp4Track[];
  /** Of the first track. */
  readonly timescale: number;
  readonly samples: readonly Mp4Sample[];
  /** Types, offsets and sizes of the boxes at the top. */
  readonly boxes: readonly { readonly type: string; readonly start: number; readonly size: number }[];
}

/**
 * Reads an MP4 file, fragmented or not, with mp4box.
 *
 * @param torn whether the end may be damaged: samples that reach beyond it are left out, complaints passed over
 */
export function readMp4(bytes: Buffer, { torn = false } = {}): Mp4 {
  const file = createFile(true);
  let failure: string | undefined;
  let info: Movie | undefined;
  file.onError = (_module: string, message: string) => {
    failure ??= message;
  };
  file.onReady = (movie) => {
    info = movie;
  };
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as MP4BoxBuffer;
  copy.fileStart = 0;
  file.appendBuffer(copy, true);
  file.flush();
  if (failure !== undefined && !torn) throw new Error(`mp4box: ${failure}`);
  if (info === undefined) throw new Error('mp4box finds no movie');
  const tracks = info.tracks.map((_, i) => readTrack(file as ISOFile, i, bytes, torn));
  const { timescale, samples } = tracks[0]!;
  const boxes = file.boxes.map(({ type, start, size }) => ({ type: type!, start: start!, size }));
  return { file: file as ISOFile, info, tracks, timescale, samples, boxes };
}

function readTrack(file: ISOFile, i: number, bytes: Buffer, torn: boolean): Mp4Track {
  const { tkhd, mdia, edts } = file.moov.traks[i]!;
  const samples: Mp4Sample[] = [];
  for (const sample of file.getTrackSamplesInfo(tkhd.track_id)) {
    if (sample.offset + sample.size <= bytes.length) samples.push(toSample(sample, bytes));
    else if (!torn) throw new Error(`sample ${sample.number} reaches beyond the end of the file`);
  }
  return {
    id: tkhd.track_id,
    handler: mdia.hdlr.handler,
    timescale: mdia.mdhd.timescale,
    samples,
    edits: (edts?.elst?.entries ?? []).map((edit) => ({
      duration: edit.segment_duration,
      mediaTime: edit.media_time,
    })),
  };
}

function toSample(sample: Sample, bytes: Buffer): Mp4Sample {
  const { dts, cts, duration, offset, size } = sample;
  return {
    data: bytes.subarray(offset, offset + size),
    dts,
    cts,
    duration,
    isSync: sample.is_sync,
    dependedOn: sample.is_depended_on,
    description: sample.description_index,
    offset,
  };
}

/** The NAL units of a sample with 4-byte lengths (ISO/IEC 14496-15 section 5.3.4.2). */
export function sampleNalUnits(data: Buffer): Buffer[] {
  const nalUnits: Buffer[] = [];
  let offset = 0;
  while (offset < data.length) {
    const size = data.readUInt32BE(offset);
    offset += 4;
    if (size === 0 || offset + size > data.length)
      throw new Error(`NAL unit of ${size} bytes at ${offset} of ${data.length}`);
    nalUnits.push(data.subarray(offset, offset + size));
    offset += size;
  }
  return nalUnits;
}
