import { createFile, type ISOFile, type Movie, type MP4BoxBuffer, type Sample } from 'mp4box';

/** One sample of the first track, as mp4box finds it. */
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

/** A file as a reader sees it that is not this project's. */
export interface Mp4 {
  /** mp4box's own view, for what is not told here. */
  readonly file: ISOFile;
  readonly info: Movie;
  readonly timescale: number;
  readonly samples: readonly Mp4Sample[];
  /** Types, offsets and sizes of the boxes at the top. */
  readonly boxes: readonly { readonly type: string; readonly start: number; readonly size: number }[];
}

/** Reads a whole MP4 file, fragmented or not, with mp4box. */
export function readMp4(bytes: Buffer): Mp4 {
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
  if (failure !== undefined) throw new Error(`mp4box: ${failure}`);
  if (info === undefined) throw new Error('mp4box finds no movie');
  const track = info.tracks[0]!;
  const samples = file.getTrackSamplesInfo(track.id).map((sample) => toSample(sample, bytes));
  const boxes = file.boxes.map(({ type, start, size }) => ({ type: type!, start: start!, size }));
  return { file: file as ISOFile, info, timescale: track.timescale, samples, boxes };
}

function toSample(sample: Sample, bytes: Buffer): Mp4Sample {
  const { dts, cts, duration, offset, size } = sample;
  if (offset + size > bytes.length) throw new Error(`sample ${sample.number} reaches beyond the end of the file`);
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
