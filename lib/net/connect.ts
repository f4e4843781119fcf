import { randomBytes } from 'node:crypto';
import { RetinaRecordError } from '../errors.js';
import type { Credentials } from '../rtsp/auth.js';
import { parseRtspUrl, type RtspUrl } from '../rtsp/url.js';
import { systemClock } from '../time/clock.js';
import type { ConnectOptions } from './options.js';
import type { Session } from './session.js';
import { StaleSessions } from './stale-sessions.js';
import { type StartOptions, startSession } from './start-session.js';
import { systemTimers } from './timers.js';
import { WarningLog } from './warnings.js';

/** Default of both time limits, in ms. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** Errors of UDP after which `auto` begins anew over TCP. */
const FALLS_BACK: ReadonlySet<string> = new Set([
  'no-udp-media',
  'transport-refused',
  'transport-invalid',
  'udp-ports',
]);

/**
 * Connects to an RTSP server and starts its streams: DESCRIBE, SETUP, PLAY (RFC 2326 section 14). Over UDP it waits for the first
 * RTP packet.
 *
 * @param url `rtsp://` or, with TLS, `rtsps://`; user info in it counts unless `options.username` is given
 * @throws RetinaRecordError with one of these codes, its message without credentials:
 *   `url-invalid`; `connect-refused`, `connect-timeout`, `connect-failed`; `tls-failed`, `tls-untrusted`, `tls-ca-invalid`;
 *   `auth-required`, `auth-rejected`, `auth-unsupported`; `not-found` and `rtsp-status` for other statuses; `response-timeout`,
 *   `connection-closed`, `rtsp-framing`, `rtsp-limit`; `redirect-invalid`, `redirect-insecure`, `redirect-loop`;
 *   `sdp-invalid`, `no-video`; `transport-invalid`, `transport-refused`, `session-mismatch`; `udp-ports`, `no-udp-media`. An
 *   AbortError if `signal` says so.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Session> {
  const target = parseRtspUrl(url);
  const clock = options.clock ?? systemClock;
  const timers = options.timers ?? systemTimers;
  const { signal, capture } = options;
  let session: Session | undefined;
  const warnings = new WarningLog((warning) => {
    options.onWarning?.(warning);
    session?.emit('warning', warning);
  });
  const start: Omit<StartOptions, 'transport'> = {
    options,
    staleSessions: options.staleSessions ?? new StaleSessions(clock),
    describeOptions: {
      environment: { clock, timers, warnings, userAgent: options.userAgent ?? 'retina-record', capture },
      open: { timeoutMs: options.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS, timers, tls: options.tls ?? {}, signal },
      responseTimeoutMs: options.responseTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      credentials: credentialsOf(target, options),
      random: options.random ?? randomBytes,
    },
  };
  const { transport = 'tcp' } = options;
  if (transport === 'udp' && target.secure) {
    warnings.add('udp-clear', 'TLS protects the RTSP connection alone: the media come over UDP, and in the clear');
  }
  if (transport !== 'auto' || target.secure) {
    session = await startSession(target, { ...start, transport: transport === 'auto' ? 'tcp' : transport });
    return session;
  }
  try {
    session = await startSession(target, { ...start, transport });
  } catch (error) {
    if (!(error instanceof RetinaRecordError) || !FALLS_BACK.has(error.code) || signal?.aborted) throw error;
    warnings.add('transport', `${error.message}; TCP is tried now, on a new connection`);
    session = await startSession(target, { ...start, transport: 'tcp' });
  }
  return session;
}

/** The options win; a password given there goes with a user name in the URL too. */
export function credentialsOf(
  { credentials }: RtspUrl,
  { username, password }: ConnectOptions,
): Credentials | undefined {
  if (username !== undefined) return { username, password: password ?? '' };
  return credentials && { username: credentials.username, password: password ?? credentials.password };
}
