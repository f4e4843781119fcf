import type { AuthPolicy } from '../rtsp/auth-check.js';
import type { Clock } from '../time/clock.js';
import { checkPlan, type FaultPlan } from './faults/plan.js';
import type { CameraScript } from './script.js';
import type { CameraTimers } from './timers.js';

/** What a camera serves, where and how. */
export interface CameraOptions {
  /** What is served; see `loadScript`. */
  readonly script: CameraScript;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Port to listen on; 0, the default, is any free one. */
  readonly port?: number | undefined;
  /** Path of the URL. Default `/`. */
  readonly path?: string | undefined;
  /** What to demand of clients for all but OPTIONS. Default: nothing. */
  readonly auth?: AuthPolicy | undefined;
  /** Start over at the end of the script: for ever (true, the default), never, or until so many turns are over. */
  readonly loop?: boolean | number | undefined;
  /** `realtime` (default): packets leave when the script says; `fast`: as fast as each client reads. */
  readonly pacing?: 'realtime' | 'fast' | undefined;
  /** Whether the connection is closed, 2 s after RTCP BYE has ended a script that is not looped. Default `stay`. */
  readonly atEnd?: 'stay' | 'close' | undefined;
  /** Media time between sender reports in ms. The first one comes after 100 ms; 0 means none at all. Default 2000. */
  readonly senderReportIntervalMs?: number | undefined;
  /** SSRC of the first medium; each further one's is one higher. Default: random for each session. */
  readonly ssrc?: number | undefined;
  /** First sequence number of every medium, 0–65535. Default: random for each session and medium. */
  readonly initialSequence?: number | undefined;
  /** RTP timestamp of the script's start in every medium. Default: random for each session and medium. */
  readonly initialTimestamp?: number | undefined;
  /** Seconds without a sign of life after which a session ends, 1–86400. Default 60. */
  readonly sessionTimeoutS?: number | undefined;
  /** What clients may choose for the media: interleaved TCP, UDP, or either. Default `both`. */
  readonly transports?: 'both' | 'tcp' | 'udp' | undefined;
  /** What goes wrong on each connection. Default: nothing. */
  readonly faults?: FaultPlan | undefined;
  /** Wall clock of the sender reports. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Default: Node's timers. */
  readonly timers?: CameraTimers | undefined;
}

/** Throws RangeError if an option is out of its range. */
export function checkOptions(options: CameraOptions): void {
  check('ssrc', options.ssrc, 0, 0xffffffff);
  check('initialSequence', options.initialSequence, 0, 0xffff);
  check('initialTimestamp', options.initialTimestamp, 0, 0xffffffff);
  check('sessionTimeoutS', options.sessionTimeoutS, 1, 86_400);
  check('senderReportIntervalMs', options.senderReportIntervalMs, 0, 86_400_000);
  if (options.faults !== undefined) checkPlan(options.faults);
  if (options.path !== undefined && !/^\/[^\s?#]*$/.test(options.path)) {
    throw new RangeError(`path ${JSON.stringify(options.path)} does not start with / or holds a blank, ? or #`);
  }
}

function check(name: string, value: number | undefined, least: number, most: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`${name} ${value} is not an integer from ${least} to ${most}`);
  }
}
