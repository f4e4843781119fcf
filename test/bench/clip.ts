import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A clip to serve. */
export interface Clip {
  readonly path: string;
  readonly frames: number;
  readonly bytes: number;
}

export const CLIP_FPS = 30;
const CLIP_SECONDS = 10;

/** Whether ffmpeg is there to compare with. */
export function hasFfmpeg(): boolean {
  return spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
}

/** Makes 10 s of 1080p H.264 at 8 Mbit/s with a key frame every two seconds, as cameras send. */
export async function makeClip(folder: string): Promise<Clip> {
  const rate = ['-b:v', '8M', '-minrate', '8M', '-maxrate', '8M', '-bufsize', '8M'];
  return encode(join(folder, 'clip.h264'), '1920x1080', CLIP_SECONDS, ',noise=alls=12:allf=t', rate);
}

/** Makes 100 s of pictures of some hundred bytes. */
export async function makeSmallClip(folder: string): Promise<Clip> {
  return encode(join(folder, 'small.h264'), '64x64', 10 * CLIP_SECONDS, '', ['-b:v', '30k']);
}

async function encode(
  path: string,
  size: string,
  seconds: number,
  filter: string,
  rate: readonly string[],
): Promise<Clip> {
  const source = `testsrc2=size=${size}:rate=${CLIP_FPS}:duration=${seconds}${filter}`;
  const gop = ['-bf', '0', '-g', String(2 * CLIP_FPS), '-pix_fmt', 'yuv420p', '-x264-params', 'nal-hrd=none:aud=0'];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', ...gop, ...rate];
  const args = ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, ...codec, '-f', 'h264', path];
  const { status, stderr } = spawnSync('ffmpeg', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg cannot make the clip: ${stderr}`);
  return { path, frames: CLIP_FPS * seconds, bytes: (await stat(path)).size };
}
