import { join } from 'node:path';
import { CameraProcess } from './camera-process.js';
import { CLIP_FPS, type Clip } from './clip.js';
import { median, type Usage } from './measure.js';
import { OURS, runRecorder } from './recorders.js';
import { figures, megabytes, peak, type Result, row } from './table.js';

/** How much longer the long recording is. */
const TIMES = 8;
/** What the sample tables of a frame may take. */
const BYTES_A_FRAME = 24;

/**
 * What a recording's length costs in memory, closing included: peaks of recordings of many small frames, of which one is eight times
 * as long as the other.
 *
 * @param frames least number of the short one's
 */
export async function benchGrowth(
  folder: string,
  clip: Clip,
  { pairs, frames }: { readonly pairs: number; readonly frames: number },
): Promise<Result> {
  const turns = Math.ceil(frames / clip.frames);
  const short: Usage[] = [];
  const long: Usage[] = [];
  for (let i = 0; i < pairs; i++) {
    short.push(await record(folder, clip, turns));
    long.push(await record(folder, clip, turns * TIMES));
  }
  const more = turns * (TIMES - 1) * clip.frames;
  const bytesAFrame = median(long.map(({ peakBytes }, i) => (peakBytes - short[i]!.peakBytes) / more));
  const [fewer, most] = [turns * clip.frames, turns * TIMES * clip.frames];
  return {
    rows: [
      row(
        'growth: bytes of memory a frame',
        bytesAFrame.toFixed(1),
        `<= ${BYTES_A_FRAME}`,
        bytesAFrame <= BYTES_A_FRAME,
      ),
      row(`growth: peak memory, ${fewer} frames`, megabytes(peak(short))),
      row(`growth: peak memory, ${most} frames`, megabytes(peak(long))),
    ],
    raw: { frames: [fewer, most], short: figures(short), long: figures(long) },
  };
}

async function record(folder: string, clip: Clip, turns: number): Promise<Usage> {
  const camera = await CameraProcess.start(clip.path, ['--fast', '--turns', `${turns}`, '--fps', `${CLIP_FPS}`]);
  const expected = { minimumBytes: turns * clip.bytes * 0.99, frames: turns * clip.frames };
  const usage = await runRecorder(OURS, camera.url, join(folder, 'out.mp4'), expected);
  await camera.stop();
  return usage;
}
