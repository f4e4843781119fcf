import { join } from 'node:path';
import { CameraProcess } from './camera-process.js';
import { CLIP_FPS, type Clip } from './clip.js';
import type { Usage } from './measure.js';
import { FFMPEG, OURS, type Recorder, RUST, runRecorder } from './recorders.js';
import { cpuSeconds, figures, megabytes, peak, type Result, ratio, row } from './table.js';

/**
 * The same bytes as fast as the recorder reads: ffmpeg, ours and, where it is, the Rust program in turn.
 *
 * @param rust the Rust program's executable
 */
export async function benchFirehose(
  folder: string,
  clip: Clip,
  options: { readonly pairs: number; readonly bytes: number; readonly rust: string | undefined },
): Promise<Result> {
  const { pairs, bytes, rust } = options;
  const turns = Math.ceil(bytes / clip.bytes);
  const expected = { minimumBytes: turns * clip.bytes * 0.99, frames: turns * clip.frames };
  const record = async (recorder: Recorder): Promise<Usage> => {
    const camera = await CameraProcess.start(clip.path, ['--fast', '--turns', `${turns}`, '--fps', `${CLIP_FPS}`]);
    const usage = await runRecorder(recorder, camera.url, join(folder, 'out.mp4'), expected);
    await camera.stop();
    return usage;
  };
  const ours: Usage[] = [];
  const ffmpeg: Usage[] = [];
  const original: Usage[] = [];
  for (let i = 0; i < pairs; i++) {
    ffmpeg.push(await record(FFMPEG));
    ours.push(await record(OURS));
    if (rust !== undefined) original.push(await record(RUST(rust)));
  }
  const cpu = ratio(ours, ffmpeg, 'cpuSeconds');
  const wall = ratio(ours, ffmpeg, 'wallSeconds');
  const rows = [
    row('firehose: CPU, ours / ffmpeg', cpu.toFixed(2), '<= 0.6', cpu <= 0.6),
    row('firehose: CPU s, ours', cpuSeconds(ours)),
    row('firehose: CPU s, ffmpeg', cpuSeconds(ffmpeg)),
    row('firehose: wall, ours / ffmpeg', wall.toFixed(2), '<= 1', wall <= 1),
    row('firehose: peak memory', megabytes(peak(ours)), '<= 200 MB', peak(ours) <= 200e6),
  ];
  if (rust !== undefined) {
    rows.push(
      row('firehose: CPU, ours / Rust', ratio(ours, original, 'cpuSeconds').toFixed(2)),
      row('firehose: CPU s, Rust', cpuSeconds(original)),
      row('firehose: wall, ours / Rust', ratio(ours, original, 'wallSeconds').toFixed(2)),
      row('firehose: peak memory, Rust', megabytes(peak(original))),
    );
  }
  const raw = { megabytes: (turns * clip.bytes) / 1e6, ours: figures(ours), ffmpeg: figures(ffmpeg) };
  return { rows, raw: rust === undefined ? raw : { ...raw, rust: figures(original) } };
}
