import { RetinaRecordError } from '../errors.js';
import type { RecordOptions, RecordTarget } from '../recorder/options.js';
import { record } from '../recorder/record.js';
import type { Recording } from '../recorder/recording.js';
import type { RecordingReport } from '../recorder/report.js';
import { maskUrl } from '../rtsp/mask-url.js';
import { connectionOptions, withCapture } from './connection-options.js';
import { exitCodeOf, exitCodeOfReport } from './exit-code.js';
import { FaultLog } from './fault-log.js';
import type { LiveLine } from './live-line.js';
import type { Logger } from './log.js';
import { type Plan, planRecording } from './plan.js';
import type { RecordCliOptions } from './record-options.js';
import { handleSignals } from './signals.js';
import { forJson, showStatus, showWaiting } from './status.js';
import { stdoutSink } from './stdout.js';
import { summary } from './summary.js';
import { waitUntil } from './wait.js';

/** What came of the command: the report if there was a recording, and the exit code. */
export interface Outcome {
  readonly report?: RecordingReport;
  readonly exitCode: number;
}

/** `retina-record --url URL [OUT]`: waits for its time, then records until a signal, the duration or the camera ends it. */
export async function recordCommand(
  out: string | undefined,
  cli: RecordCliOptions,
  log: Logger,
  live: LiveLine | undefined,
): Promise<Outcome> {
  const { url, video, audio } = cli;
  if (url === undefined) {
    const where = out !== undefined && /^rtsps?:/i.test(out) ? "in front of the camera's address" : '';
    throw new RetinaRecordError('usage', `--url is missing${where && ` ${where}`}: which camera is to be recorded?`);
  }
  if (!video && !audio) {
    throw new RetinaRecordError('usage', '--no-video and --no-audio together leave nothing to record');
  }
  const options = await recordOptions(cli, log);
  const stopping = new AbortController();
  let recording: Recording | undefined;
  const release = handleSignals((nth) => {
    log.info(nth === 1 ? 'ending the recording' : 'ending without waiting for the camera');
    if (recording === undefined) stopping.abort();
    else void (nth === 1 ? recording.stop() : recording.stopWithoutTeardown());
  });
  const { signal } = stopping;
  try {
    const plan = await planRecording(out, { ...cli, url });
    return await withCapture(cli, log, async (capture) => {
      if (plan.startAt !== undefined) await waitForStart(plan, log, live, signal);
      log.debug(`connecting to ${maskUrl(url)}`);
      const target: RecordTarget = plan.out === '-' ? stdoutSink() : plan.out;
      recording = await record(url, target, { ...options, capture, signal });
      const report = await watch(recording, plan.out, log, live);
      return { report, exitCode: exitCodeOfReport(report) };
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    log.error('ended before anything was recorded');
    return { exitCode: exitCodeOf(error) };
  } finally {
    release();
  }
}

async function waitForStart(
  { out, startAt }: Plan,
  log: Logger,
  live: LiveLine | undefined,
  signal: AbortSignal,
): Promise<void> {
  const hideStatus = await showWaiting(startAt!, out, log, live);
  await waitUntil(startAt!, { signal }).finally(hideStatus);
}

async function recordOptions(cli: RecordCliOptions, log: Logger): Promise<RecordOptions> {
  return {
    ...(await connectionOptions(cli, log)),
    allowLoss: cli.allowLoss,
    noVideo: !cli.video,
    noAudio: !cli.audio,
    noTimingInfo: !cli.timingInfo,
    durationMs: cli.duration,
    fragmentDurationMs: cli.fragmentDuration,
    fragmented: cli.fragmented,
    overwrite: cli.overwrite,
    initialTimestamp: cli.initialTimestamp,
    unknownRtcpSsrc: cli.unknownRtcpSsrc,
  };
}

/** Shows a recording until it has ended, and says what came of it. */
async function watch(
  recording: Recording,
  out: string,
  log: Logger,
  live: LiveLine | undefined,
): Promise<RecordingReport> {
  const faults = new FaultLog(log);
  recording.on('fault', (fault) => faults.add(fault));
  const name = out === '-' ? 'stdout' : out;
  recording.on('start', () => log.info({ event: 'start' }, `recording to ${name}`));
  const hideStatus = await showStatus(() => recording.stats, log, live);
  const report = await recording.done;
  hideStatus();
  const { reason, error, path, url } = report;
  const level = exitCodeOfReport(report) === 0 ? 'info' : 'error';
  const event = { event: 'end', reason, path, url, ...forJson(report), error: error?.message };
  log[level](event, summary(report, name));
  return report;
}
