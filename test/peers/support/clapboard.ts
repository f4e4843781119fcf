import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runWell } from './processes.js';

/** Pictures a second. */
const RATE = 25;
/** The pictures that are white, and at whose times the beeps begin: no two as far apart, so that none is taken for another's. */
const CLAPS = [12, 31, 63, 80, 114, 131];
/** Length of a clap-board in seconds. */
const SECONDS = 6;
/** Length of a beep in seconds. */
const BEEP_S = 0.1;
/** Samples of one level reading: a millisecond at 48 kHz. */
const READING = 48;
/** A beep that is nearer to its flash than this is nearer to it than any other. */
const NEAR_S = 0.34;
const BRIGHT = 128;
/** Half of the beep's amplitude, in dB below full scale. */
const LOUD_DB = -12;

/** A clap-board may differ from one whose flashes and beeps coincide. */
interface ClapboardOptions {
  /** Hz. Default 48 000. */
  readonly sampleRate?: number | undefined;
  /** How much later the beeps are than the flashes, in seconds. Default 0. */
  readonly late?: number | undefined;
  /** B-frames between others. Default none. */
  readonly bFrames?: number | undefined;
}

/**
 * Makes an MP4 of H.264 and AAC: six seconds, black but for some white pictures, silent but for a beep of 1 kHz at the instant of each.
 */
export async function makeClapboard(folder: string, options: ClapboardOptions = {}): Promise<string> {
  const { sampleRate = 48_000, late = 0, bFrames = 0 } = options;
  const file = join(folder, `clapboard-${sampleRate}-${late}.mp4`);
  const flashes = CLAPS.map((picture) => `eq(n,${picture})`).join('+');
  const video = `color=black:size=320x180:rate=${RATE}:duration=${SECONDS},drawbox=t=fill:color=white:enable='${flashes}'`;
  const beeps = CLAPS.map((picture) => picture / RATE + late).map((from) => `gte(t,${from})*lt(t,${from + BEEP_S})`);
  const tone = `0.5*sin(2*PI*1000*t)*(${beeps.join('+')})`;
  const audio = `aevalsrc='${tone}':sample_rate=${sampleRate}:duration=${SECONDS}`;
  const inputs = ['-f', 'lavfi', '-i', video, '-f', 'lavfi', '-i', audio];
  const gop = ['-bf', `${bFrames}`, '-b_strategy', '0', '-g', `${RATE}`];
  const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', ...gop];
  const aac = ['-c:a', 'aac', '-b:a', '128k'];
  await runWell('ffmpeg', ['-nostdin', '-v', 'error', ...inputs, ...h264, ...aac, '-movflags', '+faststart', file]);
  return file;
}

/**
 * How much later than each flash of a file its beep is heard, in seconds to a millisecond, by the times at which ffmpeg would
 * show the one and play the other.
 *
 * @throws AssertionError if more than the first and the last flash have no beep near them: they may be cut off
 */
export async function beepDelays(file: string): Promise<number[]> {
  const [flashes, beeps] = [await flashTimes(file), await beepTimes(file)];
  const delays = flashes
    .map((flash) => beeps.map((beep) => beep - flash).reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a), Infinity))
    .filter((delay) => Math.abs(delay) < NEAR_S);
  assert.ok(delays.length >= CLAPS.length - 2, `flashes at ${flashes} s, beeps at ${beeps} s`);
  return delays;
}

/** Presentation times of the white pictures, in seconds. */
async function flashTimes(file: string): Promise<number[]> {
  return risings(file, '0:v:0', ['-vf', 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-'], BRIGHT);
}

/** Times at which a sound begins, in seconds. */
async function beepTimes(file: string): Promise<number[]> {
  const key = 'lavfi.astats.Overall.Peak_level';
  const level = `astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level`;
  return risings(
    file,
    '0:a:0',
    ['-af', `aresample=48000,asetnsamples=n=${READING}:p=0,${level},ametadata=print:key=${key}:file=-`],
    LOUD_DB,
  );
}

/** Times at which a figure that a filter prints for each frame gets above a threshold, having been below it for a while. */
async function risings(file: string, stream: string, filter: readonly string[], threshold: number): Promise<number[]> {
  const input = ['-nostdin', '-v', 'error', '-copyts', '-i', file, '-map', stream];
  const output = await runWell('ffmpeg', [...input, ...filter, '-f', 'null', '-']);
  const times: number[] = [];
  let lastHigh = Number.NEGATIVE_INFINITY;
  for (const [, pts, value] of output.toString('latin1').matchAll(/pts_time:(\S+)\s+\S+=(\S+)/g)) {
    const time = Number(pts);
    if (value === '-inf' || Number(value) <= threshold) continue;
    // The level of a tone has dips of its own.
    if (time - lastHigh > BEEP_S) times.push(time);
    lastHigh = time;
  }
  return times;
}
