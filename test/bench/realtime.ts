import { join } from 'node:path';
import { CameraProcess } from './camera-process.js';
import { CLIP_FPS, type Clip } from './clip.js';
import type { Usage } from './measure.js';
import { FFMPEG, OURS, runRecorder } from './recorders.js';
import { cpuSeconds, figures, megabytes, peak, type Result, ratio, row } from './table.js';

/** One camera in real time, recorded by ffmpeg and ours at once. */
export async function benchRealtime(
  folder: string,
  clip: Clip,
  { pairs, seconds }: { readonly pairs: number; readonly seconds: number },
): Promise<Result> {
  const expected = { minimumBytes: ((clip.bytes * CLIP_FPS) / clip.frames) * seconds * 0.8 };
  const ours: Usage[] = [];
  const theirs: Usage[] = [];
  const camera = await CameraProcess.start(clip.path, ['--fps', `${CLIP_FPS}`]);
  for (let i = 0; i < pairs; i++) {
    const [a, b] = await Promise.all([
      runRecorder(OURS, camera.url, join(folder, 'ours.mp4'), expected, seconds),
      runRecorder(FFMPEG, camera.url, join(folder, 'theirs.mp4'), expected, seconds),
    ]);
    ours.push(a);
    theirs.push(b);
  }
  await camera.stop();
  const cpu = ratio(ours, theirs, 'cpuSeconds');
  return {
    rows: [
      row(`real time ${seconds} s: CPU, ours / ffmpeg`, cpu.toFixed(2), '<= 1.2', cpu <= 1.2),
      row('real time: CPU s, ours', cpuSeconds(ours)),
      row('real time: peak memory', megabytes(peak(ours)), '<= 100 MB', peak(ours) <= 100e6),
    ],
    raw: { seconds, ours: figures(ours), ffmpeg: figures(theirs) },
  };
}
