import { readFile } from 'node:fs/promises';
import { createFile, Log, MP4BoxBuffer, type Sample } from 'mp4box';

/** The video track of an MP4 file, as mp4box reads it. */
export interface VideoTrack {
  readonly timescale: number;
  /** As the track header has it, in pixels. */
  readonly width: number;
  readonly height: number;
  /** MIME type of the file with the codecs of all its tracks (RFC 6381). */
  readonly mimeType: string;
  /** In order of decoding. */
  readonly samples: readonly VideoSample[];
  /** Warnings and errors of the parser. */
  readonly complaints: readonly string[];
}

/** One access unit of a file. */
export interface VideoSample {
  /** Whole NAL units, header byte first. */
  readonly nalUnits: readonly Buffer[];
  readonly isSync: boolean;
  /** Decode time, presentation time, duration: in ticks of the track's timescale. */
  readonly dts: number;
  readonly cts: number;
  readonly duration: number;
}

/**
 * Reads a file with mp4box, a parser that this project has no part in.
 *
 * @throws Error if mp4box finds another number of video tracks than one
 */
export async function readVideoTrack(path: string): Promise<VideoTrack> {
  const bytes = await readFile(path);
  const complaints: string[] = [];
  const { warn, error } = Log;
  Log.warn = (module, message) => complaints.push(`warning: ${module}: ${message}`);
  Log.error = (module, message) => complaints.push(`error: ${module}: ${message}`);
  try {
    const file = createFile(true);
    file.onError = (module, message) => complaints.push(`error: ${module}: ${message}`);
    const view = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(view, 0), true);
    file.flush();
    const info = file.getInfo();
    const [track, ...others] = info.videoTracks;
    if (track === undefined || others.length > 0) throw new Error(`${path}: not one video track`);
    const infos = file.getTrackSamplesInfo(track.id);
    const samples = infos.map((_, i) => toSample(file.getTrackSample(track.id, i)));
    const { timescale, track_width: width, track_height: height } = track;
    const mimeType = `video/mp4; codecs="${info.tracks.map(({ codec }) => codec).join()}"`;
    return { timescale, width, height, mimeType, samples, complaints };
  } finally {
    Object.assign(Log, { warn, error });
  }
}

function toSample({ data, is_sync: isSync, dts, cts, duration }: Sample): VideoSample {
  return { nalUnits: splitNalUnits(Buffer.from(data!)), isSync, dts, cts, duration };
}

/** NAL units behind lengths of four bytes (ISO/IEC 14496-15 5.3.2). */
function splitNalUnits(data: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let at = 0;
  while (at < data.length) {
    const length = data.readUInt32BE(at);
    if (length === 0 || at + 4 + length > data.length)
      throw new Error(`NAL unit of ${length} bytes at ${at} of ${data.length}`);
    units.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return units;
}
