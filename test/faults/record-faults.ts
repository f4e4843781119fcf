import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCamera } from '../../lib/camera/camera.js';
import type { CameraStats } from '../../lib/camera/context.js';
import type { FaultPlan } from '../../lib/camera/faults/plan.js';
import { loadScript } from '../../lib/camera/load-script.js';
import type { CameraOptions } from '../../lib/camera/options.js';
import { exitCodeOf, exitCodeOfReport } from '../../lib/cli/exit-code.js';
import type { RecordOptions } from '../../lib/recorder/options.js';
import { record } from '../../lib/recorder/record.js';
import type { RecordingReport } from '../../lib/recorder/report.js';
import { packageFile } from '../../lib/version.js';
import { type Mp4Sample, readMp4, sampleNalUnits } from '../read-mp4.js';
import { VirtualTime } from './virtual-time.js';

const demo = await loadScript(fileURLToPath(packageFile('fixtures/demo.pcap')));
/** Virtual time that the longest way to give up may take: silence, then a TEARDOWN that nobody answers, in all its forms. */
const LIMIT_S = 180;
/** Nothing that the camera sends in its two turns of the demo, twice over, comes near this. */
const MAX_SENT = 8 * 1024 * 1024;

/** What came of recording from a camera with faults. */
export interface FaultyRun {
  /** Absent where recording never began. */
  readonly report: RecordingReport | undefined;
  readonly error: (Error & { code?: string }) | undefined;
  readonly exitCode: number;
  readonly samples: readonly Mp4Sample[];
  /** What the camera says it did. */
  readonly happened: readonly string[];
  readonly bytesSent: number;
  /** What the camera has counted. */
  readonly stats: CameraStats;
  readonly elapsedS: number;
}

/** Options of a run beyond the faults themselves. */
export interface RunOptions {
  readonly recorder?: RecordOptions;
  readonly camera?: Partial<CameraOptions>;
}

/**
 * Records the demo from a camera with these faults, in virtual time, until it ends by itself, and checks what has to hold whatever
 * happens: it does end, the camera was not read without bound, what is on disk is as reported and can be read.
 */
export async function recordFaults(t: TestContext, faults: FaultPlan, options: RunOptions = {}): Promise<FaultyRun> {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const time = new VirtualTime();
  const camera = await startCamera({
    script: demo,
    pacing: 'fast',
    loop: false,
    senderReportIntervalMs: 500,
    ssrc: 7,
    initialSequence: 65_400,
    initialTimestamp: 4_294_900_000,
    clock: time,
    timers: time,
    faults,
    ...options.camera,
  });
  t.after(() => camera.close());
  const happened: string[] = [];
  camera.on('fault', ({ what }) => happened.push(what));
  const out = join(folder, 'out.mp4');
  const start = async (): Promise<RecordingReport> => {
    const recording = await record(camera.url, out, { clock: time, timers: time, ...options.recorder });
    return recording.done;
  };
  let report: RecordingReport | undefined;
  let failure: (Error & { code?: string }) | undefined;
  try {
    report = await time.runUntil(start(), () => camera.stats.bytesSent + camera.stats.requests, LIMIT_S);
  } catch (error) {
    failure = error as Error & { code?: string };
    if (failure.code === undefined) throw error;
  }
  const { stats } = camera;
  const { bytesSent } = stats;
  assert.ok(bytesSent < MAX_SENT, `the camera could send ${bytesSent} bytes`);
  const error = failure ?? report?.error;
  const samples = checkFile(folder, out, report);
  const exitCode = report === undefined ? exitCodeOf(failure) : exitCodeOfReport(report);
  return { report, error, exitCode, samples, happened, bytesSent, stats, elapsedS: time.elapsedS };
}

/** The file is there, whole and as reported; or there is none, and nothing else is left. */
function checkFile(folder: string, out: string, report: RecordingReport | undefined): readonly Mp4Sample[] {
  assert.deepEqual(readdirSync(folder), report?.path === undefined ? [] : ['out.mp4']);
  if (!existsSync(out)) return [];
  const { samples, boxes } = readMp4(readFileSync(out));
  assert.deepEqual(
    boxes.map(({ type }) => type),
    ['ftyp', 'mdat', 'moov'],
    'it is an ordinary MP4',
  );
  assert.ok(samples.length > 0 && samples[0]!.isSync, 'it begins where decoding can');
  assert.ok(
    samples.every(({ duration }) => duration >= 0),
    'time goes on',
  );
  assert.equal(samples.length, report!.frames, 'all that was counted is there');
  for (const { data } of samples) sampleNalUnits(data);
  return samples;
}
