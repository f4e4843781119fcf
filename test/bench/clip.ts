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
  const path = join(folder, 'clip.h264');
  const source = `testsrc2=size=1920x1080:rate=${CLIP_FPS}:duration=${CLIP_SECONDS},noise=alls=12:allf=t`;
  const rate = [
    '-b:v',
    '8M',
    '-minrate',
    '8M',
    '-maxrate',
    '8M',
    '-bufsize',
    '8M',
    '-x264-params',
    'nal-hrd=none:aud=0',
  ];
  const codec = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-bf',
    '0',
    '-g',
    String(2 * CLIP_FPS),
    '-pix_fmt',
    'yuv420p',
  ];
  const args = ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, ...codec, ...rate, '-f', 'h264', path];
  const { status, stderr } = spawnSync('ffmpeg', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg cannot make the clip: ${stderr}`);
  return { path, frames: CLIP_FPS * CLIP_SECONDS, bytes: (await stat(path)).size };
}
