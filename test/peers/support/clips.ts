import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWell } from './processes.js';

/** What a source clip is like. */
export interface ClipOptions {
  readonly seconds: number;
  readonly size: string;
  /** Pictures a second. */
  readonly rate: number;
  /** Further options of ffmpeg's encoder. */
  readonly encoder: readonly string[];
}

/** 1080p30 without reordering, an IDR each second. */
export const FULL_HD: ClipOptions = {
  seconds: 6,
  size: '1920x1080',
  rate: 30,
  encoder: ['-preset', 'superfast', '-bf', '0', '-g', '30', '-b:v', '6M'],
};

/** Three B-frames, one of them a reference of the others. */
export const B_PYRAMID: ClipOptions = {
  seconds: 6,
  size: '1280x720',
  rate: 30,
  encoder: [
    '-preset',
    'veryfast',
    '-bf',
    '3',
    '-b_strategy',
    '0',
    '-g',
    '45',
    '-refs',
    '4',
    '-x264-params',
    'b-pyramid=normal',
  ],
};

/** Four slices a picture, access unit delimiters, Baseline. */
export const SLICES: ClipOptions = {
  seconds: 6,
  size: '1280x720',
  rate: 25,
  encoder: ['-preset', 'veryfast', '-profile:v', 'baseline', '-g', '50', '-x264-params', 'slices=4:aud=1'],
};

/** Small, and an IDR every 0.4 s: for what ends at any moment. */
export const SMALL: ClipOptions = {
  seconds: 8,
  size: '640x360',
  rate: 25,
  encoder: ['-preset', 'veryfast', '-bf', '0', '-g', '10'],
};

/** A clip as a file, and its decoded pictures. */
export interface Clip {
  readonly file: string;
  /** As {@link decodedFrames} gives them. */
  readonly frames: () => Promise<readonly string[]>;
}

const clips = new Map<ClipOptions, Promise<Clip>>();
let clipFolder: string | undefined;

/** The MP4 file of a clip: a moving pattern with time and picture number in it, no two pictures alike. Made once in a process. */
export function makeClip(options: ClipOptions): Promise<Clip> {
  const made = clips.get(options) ?? encode(options, join(folderOfClips(), `${clips.size}.mp4`));
  clips.set(options, made);
  return made;
}

async function encode({ seconds, size, rate, encoder }: ClipOptions, file: string): Promise<Clip> {
  const pattern = `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`;
  const x264 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-sc_threshold', '0', ...encoder];
  await runWell('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    pattern,
    ...x264,
    '-movflags',
    '+faststart',
    file,
  ]);
  let frames: Promise<readonly string[]> | undefined;
  return {
    file,
    frames: () => {
      frames ??= decodedFrames(file);
      return frames;
    },
  };
}

function folderOfClips(): string {
  if (clipFolder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'retina-record-clips-'));
    // VLC does not run as root: it has to get in as somebody else.
    chmodSync(folder, 0o755);
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    clipFolder = folder;
  }
  return clipFolder;
}

/** Options of ffmpeg for one MD5 of each decoded picture, in order of presentation, on stdout. */
export const FRAMEMD5 = ['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];

/** What a recording without loss has in common with its source: one MD5 for each decoded picture of a file, in order. */
export async function decodedFrames(file: string): Promise<string[]> {
  return frameHashes(await runWell('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, ...FRAMEMD5]));
}

/** Column of the hash; behind it may stand what ffmpeg knows besides, such as how much of an audio frame an edit list leaves out. */
const HASH_COLUMN = 5;

/** The hashes in what ffmpeg writes with {@link FRAMEMD5}. */
export function frameHashes(text: Buffer): string[] {
  const lines = text.toString('latin1').split('\n');
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.split(',')[HASH_COLUMN]!.trim());
}
