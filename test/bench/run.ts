import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBareStages } from './bare-stages.js';
import { CameraProcess } from './camera-process.js';
import { CLIP_FPS, type Clip, hasFfmpeg, makeClip } from './clip.js';
import { COMMAND } from './command.js';
import { measure, median, type Usage } from './measure.js';
import { FFMPEG, OURS, runRecorder } from './recorders.js';
import { benchStages } from './stages.js';
import { synthesize } from './synthetic.js';

/** One line of the table. */
interface Row {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly met: boolean | 'unknown';
}

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    megabytes: { type: 'string', default: '605' },
    only: { type: 'string', multiple: true },
    out: { type: 'string', default: 'bench-results.json' },
  },
});
const pairs = Number(values.pairs);
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
const wanted = (name: string): boolean => values.only === undefined || values.only.includes(name);

if (wanted('stages')) await stages();
if (wanted('startup')) await startup();
if (wanted('firehose') || wanted('realtime')) {
  if (hasFfmpeg()) {
    const folder = await mkdtemp(join(tmpdir(), 'retina-record-bench-'));
    const clip = await makeClip(folder);
    if (wanted('firehose')) await firehose(folder, clip);
    if (wanted('realtime')) await realtime(folder, clip);
    await rm(folder, { recursive: true });
  } else {
    console.error('ffmpeg is not installed: nothing to compare whole recordings with, left out');
  }
}
console.table(rows);
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
await writeFile(values.out, `${JSON.stringify({ machine, date: new Date().toISOString(), rows, raw }, null, 2)}\n`);

/** All six stages on one core, beside six Transforms that do the least that could be called recording. */
async function stages(): Promise<void> {
  const input = synthesize(30);
  const ours = await benchStages(input, pairs * 3);
  const bare = await benchBareStages(input, pairs * 3);
  const rate = median(ours.map(({ bytesPerSecond }) => bytesPerSecond));
  const bareRate = median(bare.map(({ bytesPerSecond }) => bytesPerSecond));
  raw.stages = { ours, bare };
  rows.push(
    row('six stages alone', `${(rate / 1e9).toFixed(2)} GB/s`, '>= 1 GB/s', rate >= 1e9),
    row('  ns a packet', median(ours.map(({ nsPerPacket }) => nsPerPacket)).toFixed(0), '', 'unknown'),
    row('  six bare Transforms', `${(bareRate / 1e9).toFixed(2)} GB/s`, '', 'unknown'),
    row('  ours / bare', (rate / bareRate).toFixed(2), '', 'unknown'),
  );
}

/** The command's own start beside an empty program's. */
async function startup(): Promise<void> {
  const ratios: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const empty = await measure(process.execPath, ['-e', '0']);
    const help = await measure(process.execPath, [COMMAND, '--help']);
    ratios.push(help.wallSeconds / empty.wallSeconds);
  }
  raw.startup = ratios;
  rows.push(row('--help / node -e 0', median(ratios).toFixed(2), '<= 3', median(ratios) <= 3));
}

/** The same bytes as fast as the recorder reads, ffmpeg and ours in turn. */
async function firehose(folder: string, clip: Clip): Promise<void> {
  const turns = Math.ceil((Number(values.megabytes) * 1e6) / clip.bytes);
  const expected = { minimumBytes: turns * clip.bytes * 0.99, frames: turns * clip.frames };
  const ours: Usage[] = [];
  const theirs: Usage[] = [];
  for (let i = 0; i < pairs; i++) {
    for (const [recorder, list] of [[FFMPEG, theirs] as const, [OURS, ours] as const]) {
      const camera = await CameraProcess.start(clip.path, [
        '--fast',
        '--turns',
        String(turns),
        '--fps',
        String(CLIP_FPS),
      ]);
      list.push(await runRecorder(recorder, camera.url, join(folder, 'out.mp4'), expected));
      await camera.stop();
    }
  }
  const cpu = ratio(ours, theirs, 'cpuSeconds');
  const wall = ratio(ours, theirs, 'wallSeconds');
  const peak = Math.max(...ours.map(({ peakBytes }) => peakBytes));
  raw.firehose = { megabytes: (turns * clip.bytes) / 1e6, ours: figures(ours), ffmpeg: figures(theirs) };
  rows.push(
    row('firehose: CPU, ours / ffmpeg', cpu.toFixed(2), '<= 0.6', cpu <= 0.6),
    row('firehose: CPU s, ours', median(ours.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2), '', 'unknown'),
    row('firehose: CPU s, ffmpeg', median(theirs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2), '', 'unknown'),
    row('firehose: wall, ours / ffmpeg', wall.toFixed(2), '<= 1', wall <= 1),
    row('firehose: peak memory', `${(peak / 1e6).toFixed(0)} MB`, '<= 200 MB', peak <= 200e6),
  );
}

/** One camera in real time, recorded by both at once. */
async function realtime(folder: string, clip: Clip): Promise<void> {
  const seconds = Number(values.seconds);
  const expected = { minimumBytes: ((clip.bytes * CLIP_FPS) / clip.frames) * seconds * 0.8 };
  const ours: Usage[] = [];
  const theirs: Usage[] = [];
  const camera = await CameraProcess.start(clip.path, ['--fps', String(CLIP_FPS)]);
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
  const peak = Math.max(...ours.map(({ peakBytes }) => peakBytes));
  raw.realtime = { seconds, ours: figures(ours), ffmpeg: figures(theirs) };
  rows.push(
    row(`real time ${seconds} s: CPU, ours / ffmpeg`, cpu.toFixed(2), '<= 1.2', cpu <= 1.2),
    row('real time: CPU s, ours', median(ours.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2), '', 'unknown'),
    row('real time: peak memory', `${(peak / 1e6).toFixed(0)} MB`, '<= 100 MB', peak <= 100e6),
  );
}

function ratio(ours: readonly Usage[], theirs: readonly Usage[], key: 'cpuSeconds' | 'wallSeconds'): number {
  return median(ours.map((usage, i) => usage[key] / theirs[i]![key]));
}

function figures(usages: readonly Usage[]): unknown {
  return usages.map(({ wallSeconds, cpuSeconds, peakBytes }) => ({ wallSeconds, cpuSeconds, peakBytes }));
}

function row(what: string, value: string, target: string, met: boolean | 'unknown'): Row {
  return { what, value, target, met };
}
