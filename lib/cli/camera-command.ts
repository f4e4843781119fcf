import { startCamera } from '../camera/camera.js';
import type { FaultPlan } from '../camera/faults/plan.js';
import { loadScript } from '../camera/load-script.js';
import { RetinaRecordError } from '../errors.js';
import type { Logger } from './log.js';
import { handleSignals } from './signals.js';
import { print } from './stdout.js';

/** The options of `camera` as commander gives them. */
export interface CameraCliOptions {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
  readonly auth: 'basic' | 'digest';
  readonly loop: boolean;
  readonly turns?: number;
  readonly fast?: boolean;
  readonly fps: number;
  readonly transport: 'tcp' | 'udp' | 'both';
  readonly fault?: FaultPlan;
  readonly seed: number;
}

/** `retina-record camera FIXTURE`: serves a fixture until a signal. The URL goes to stdout. */
export async function cameraCommand(fixture: string, cli: CameraCliOptions, log: Logger): Promise<void> {
  const { host, port, path, username, password = '', auth, loop } = cli;
  if (cli.password !== undefined && username === undefined) {
    throw new RetinaRecordError('usage', '--password needs --username');
  }
  const script = await loadScript(fixture, { frameRate: cli.fps }).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof RetinaRecordError) throw cause;
    throw new RetinaRecordError('usage', `cannot read ${fixture} (${cause.code ?? cause.message})`, {}, { cause });
  });
  const camera = await startCamera({
    script,
    host,
    port,
    path,
    loop: cli.turns ?? loop,
    pacing: cli.fast ? 'fast' : 'realtime',
    atEnd: 'close',
    transports: cli.transport,
    faults: cli.fault === undefined ? undefined : { ...cli.fault, seed: cli.seed },
    auth: username === undefined ? undefined : { scheme: auth, username, password, realm: 'retina-record' },
  }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : cause.message;
    throw new RetinaRecordError('usage', `cannot serve on ${host}:${port}: ${why}`, {}, { cause });
  });
  camera.on('session', ({ event, remote, reason }) => {
    log.info({ event: 'session' }, `${remote}: ${event}${reason === undefined ? '' : ` (${reason})`}`);
  });
  camera.on('fault', ({ remote, what }) => log.info({ event: 'fault' }, `${remote}: ${what}`));
  await print(`${camera.url}\n`);
  await new Promise<void>((resolve) => {
    handleSignals(() => resolve());
  });
  await camera.close();
}
