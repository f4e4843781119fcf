import { fileURLToPath } from 'node:url';
import { startCamera } from '../camera/camera.js';
import { loadScript } from '../camera/load-script.js';
import type { RecordingReport } from '../recorder/report.js';
import { packageFile } from '../version.js';
import { count, formatBytes } from './format.js';
import type { LiveLine } from './live-line.js';
import type { Logger } from './log.js';
import { type Outcome, recordCommand } from './record-command.js';
import { duration } from './record-options.js';
import { print } from './stdout.js';

const FIXTURE = 'fixtures/demo.pcap';
const DEFAULT_DURATION = '5s';

/**
 * `retina-record demo`: the embedded camera serves a shipped fixture over a real socket, the recorder records it.
 */
export async function demoCommand(
  out: string,
  cli: { duration?: number },
  log: Logger,
  live: LiveLine | undefined,
): Promise<Outcome> {
  const script = await loadScript(fileURLToPath(packageFile(FIXTURE)));
  const camera = await startCamera({ script, path: '/demo', senderReportIntervalMs: 1000 });
  try {
    log.info(`an embedded camera serves ${FIXTURE} at ${camera.url}`);
    const outcome = await recordCommand(
      out,
      {
        url: camera.url,
        initialTimestamp: 'default',
        unknownRtcpSsrc: 'default',
        video: true,
        audio: true,
        timingInfo: true,
        transport: 'tcp',
        teardown: 'auto',
        duration: cli.duration ?? duration(DEFAULT_DURATION),
        fragmentDuration: 1000,
        overwrite: true,
      },
      log,
      live,
    );
    if (outcome.report?.path !== undefined && out !== '-') await print(describe(outcome.report));
    return outcome;
  } finally {
    await camera.close();
  }
}

function describe(report: RecordingReport): string {
  const { frames, keyFrames, width, height, mediaSeconds, bytes, senderReports, lostPackets, path } = report;
  const pictures = `${count(frames, 'frame')} (${count(keyFrames, 'key frame')})`;
  const rows = [
    ['file', `${path} (${formatBytes(bytes)})`],
    ['video', `H.264 ${width}x${height}, ${pictures} in ${mediaSeconds.toFixed(1)} s`],
    ['timing', `receive time and RTP time in every frame, ${count(senderReports, 'sender report')}`],
    ['loss', count(lostPackets, 'packet')],
  ];
  return `\n${rows.map(([name, value]) => `${name!.padEnd(8)}${value}\n`).join('')}`;
}
