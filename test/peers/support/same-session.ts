import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import { loadScript } from '../../../lib/camera/load-script.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import { readMp4 } from '../../read-mp4.js';
import { readTiming } from '../../read-timing.js';
import { source, temporaryFolder } from './paths.js';
import { rustRecorder } from './peers.js';
import { type Outcome, start } from './processes.js';
import { startRecording } from './recorder.js';

/** What a track holds, without what two recordings of one session may differ in. */
export interface TrackContent {
  readonly handler: string;
  readonly timescale: number;
  readonly samples: readonly SampleContent[];
}

/** One sample. */
export interface SampleContent {
  readonly dts: number;
  readonly cts: number;
  readonly duration: number;
  readonly isSync: boolean;
  /** RTP timestamps in frame timing SEI: one, or none without timing. */
  readonly rtp: readonly number[];
  /** Sender reports in it. */
  readonly reports: readonly string[];
  /** MD5 of each NAL unit that is not timing SEI, in order; for audio of the whole frame. */
  readonly content: readonly string[];
}

/** One session recorded twice. */
export interface Pair {
  readonly ours: Recorded;
  readonly theirs: Recorded;
}

/** How a program ended, and what it left. */
export interface Recorded extends Outcome {
  readonly tracks: readonly TrackContent[];
}

/**
 * A camera whose sessions are all the same to the last bit, sender reports included: no loop, fixed SSRC, sequence numbers and
 * timestamps that wrap around soon, a wall clock that begins anew.
 */
export async function repeatingCamera(
  t: TestContext,
  fixture: string,
  options: Partial<CameraOptions> = {},
): Promise<Camera> {
  const camera = await startCamera({
    script: await loadScript(source(`fixtures/${fixture}.pcap`)),
    loop: false,
    pacing: 'fast',
    ssrc: 0x1234,
    initialSequence: 65_400,
    initialTimestamp: 0xffff0000,
    clock: { now: () => 1_700_000_000_000_000_000n },
    ...options,
  });
  t.after(() => camera.close());
  return camera;
}

/** Records a camera by both programs, each into a file that it is told. */
export async function recordTwice(t: TestContext, url: string, args: readonly string[]): Promise<Pair> {
  const folder = temporaryFolder(t);
  const [own, other] = [join(folder, 'ours.mp4'), join(folder, 'theirs.mp4')];
  const rust = start(rustRecorder()!, ['--url', url, ...args, other], { env: { RUST_BACKTRACE: '0' } });
  t.after(() => rust.stop('SIGKILL'));
  const [ours, theirs] = await Promise.all([startRecording(t, url, [...args, own]).ended, rust.ended]);
  return {
    ours: { ...ours, tracks: await readTracks(own) },
    theirs: { ...theirs, tracks: await readTracks(other) },
  };
}

async function readTracks(path: string): Promise<TrackContent[]> {
  const bytes = await readFile(path);
  return readMp4(bytes).tracks.map(({ handler, timescale, samples }) => ({
    handler,
    timescale,
    samples: samples.map(({ data, dts, cts, duration, isSync }) => ({
      dts,
      cts,
      duration,
      isSync,
      ...look(data, handler),
    })),
  }));
}

function look(data: Buffer, handler: string): Pick<SampleContent, 'rtp' | 'reports' | 'content'> {
  if (handler !== 'vide') return { rtp: [], reports: [], content: [md5(data)] };
  const { frames, reports, nalUnits } = readTiming(data);
  return {
    rtp: frames.map(({ rtp }) => rtp),
    reports: reports.map(({ ntp, rtp }) => `${ntp} ${rtp}`),
    content: nalUnits.map((unit) => `${unit[0]! & 0x1f} ${md5(unit)}`),
  };
}

function md5(data: Buffer): string {
  return createHash('md5').update(data).digest('hex');
}
