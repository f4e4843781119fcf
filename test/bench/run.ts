import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rustRecorder } from '../peers/support/rust.js';
import { benchBareStages } from './bare-stages.js';
import { hasFfmpeg, makeClip, makeSmallClip } from './clip.js';
import { COMMAND } from './command.js';
import { undisturbed } from './core-speed.js';
import { benchFirehose } from './firehose.js';
import { benchGrowth } from './growth.js';
import { measure, median } from './measure.js';
import { benchRealtime } from './realtime.js';
import { benchStages, type StagesResult } from './stages.js';
import { synthesize } from './synthetic.js';
import { type Result, type Row, row } from './table.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    megabytes: { type: 'string', default: '605' },
    frames: { type: 'string', default: '500000' },
    only: { type: 'string', multiple: true },
    out: { type: 'string', default: 'bench-results.json' },
    rust: { type: 'string' },
  },
});
/** Passes of the stages in place of a pair: the core changes its speed every few of them. */
const PASSES = 40;
const pairs = Number(values.pairs);
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
const wanted = (name: string): boolean => values.only === undefined || values.only.includes(name);

if (wanted('stages')) await stages();
if (wanted('startup')) await startup();
if (['firehose', 'realtime', 'growth'].some(wanted)) {
  if (hasFfmpeg()) await recordings();
  else console.error('ffmpeg is not installed: no clips to record, and nothing to compare with; left out');
}
console.table(rows);
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
await writeFile(values.out, `${JSON.stringify({ machine, date: new Date().toISOString(), rows, raw }, null, 2)}\n`);

/** Whole recordings, by the command. */
async function recordings(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'retina-record-bench-'));
  const clip = await makeClip(folder);
  const keep = (name: string, result: Result): void => {
    rows.push(...result.rows);
    raw[name] = result.raw;
  };
  if (wanted('firehose')) {
    const rust = rustRecorder(values.rust);
    if (rust === undefined) console.error('the Rust retina-record is neither on PATH nor named by --rust: left out');
    const bytes = Number(values.megabytes) * 1e6;
    keep('firehose', await benchFirehose(folder, clip, { pairs, bytes, rust }));
  }
  if (wanted('realtime')) {
    keep('realtime', await benchRealtime(folder, clip, { pairs, seconds: Number(values.seconds) }));
  }
  if (wanted('growth')) {
    const small = await makeSmallClip(folder);
    keep('growth', await benchGrowth(folder, small, { pairs: Math.ceil(pairs / 2), frames: Number(values.frames) }));
  }
  await rm(folder, { recursive: true });
}

/** All six stages on one core, beside six Transforms that do the least that could be called recording. */
async function stages(): Promise<void> {
  const input = synthesize(30);
  const ours = await benchStages(input, pairs * PASSES);
  const bare = await benchBareStages(input, pairs * PASSES);
  const whole = undisturbed(ours);
  const rate = medianRate(ours);
  raw.stages = { ours, bare };
  rows.push(
    row('six stages alone', gigabytes(rate), '>= 1 GB/s', rate >= 1e9),
    row('  ns a packet', median(ours.map(({ nsPerPacket }) => nsPerPacket)).toFixed(0)),
    row('  six bare Transforms', gigabytes(medianRate(bare))),
    row('six stages, the core at its best', gigabytes(medianRate(whole))),
    row('  in so many passes', `${whole.length} of ${ours.length}`),
    row('  ns a packet', median(whole.map(({ nsPerPacket }) => nsPerPacket)).toFixed(0)),
    row('  six bare Transforms', gigabytes(medianRate(undisturbed(bare)))),
  );
}

function medianRate(results: readonly StagesResult[]): number {
  return median(results.map(({ bytesPerSecond }) => bytesPerSecond));
}

function gigabytes(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`;
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
