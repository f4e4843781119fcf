import { randomBytes } from 'node:crypto';
import { RetinaRecordError } from '../errors.js';
import type { Presentation } from '../items.js';
import type { Credentials } from '../rtsp/auth.js';
import { keepsDeadTcpSessions } from '../rtsp/live555.js';
import { assignedChannels } from '../rtsp/presentation.js';
import { parseRtspUrl, type RtspUrl } from '../rtsp/url.js';
import { systemClock } from '../time/clock.js';
import { abortError } from './abort.js';
import type { ConnectionEnvironment, RtspConnection } from './connection.js';
import { type DescribeOptions, describe, openConnection } from './describe.js';
import {
  type HandshakeOptions,
  play,
  readDescription,
  type SetupState,
  serverOf,
  sessionHeaders,
  setupStream,
} from './handshake.js';
import type { ConnectOptions } from './options.js';
import { Requester } from './requester.js';
import { Session } from './session.js';
import { StaleSessions } from './stale-sessions.js';
import { teardown } from './teardown.js';
import { systemTimers } from './timers.js';
import { WarningLog } from './warnings.js';

/** Default of both time limits, in ms. */
export const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_SILENCE_MS = 15_000;
const DEFAULT_BUFFERED_BYTES = 4 * 1024 * 1024;

/**
 * Connects to an RTSP server over TCP and starts its streams: DESCRIBE, SETUP, PLAY (RFC 2326 section 14).
 *
 * @param url `rtsp://` or, with TLS, `rtsps://`; user info in it counts unless `options.username` is given
 * @throws RetinaRecordError with one of these codes, its message without credentials:
 *   `url-invalid`; `connect-refused`, `connect-timeout`, `connect-failed`; `tls-failed`, `tls-untrusted`, `tls-ca-invalid`;
 *   `auth-required`, `auth-rejected`, `auth-unsupported`; `not-found` and `rtsp-status` for other statuses; `response-timeout`,
 *   `connection-closed`, `rtsp-framing`, `rtsp-limit`; `redirect-invalid`, `redirect-insecure`, `redirect-loop`;
 *   `sdp-invalid`, `no-video`; `transport-invalid`, `session-mismatch`. An AbortError if `signal` says so.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Session> {
  const target = parseRtspUrl(url);
  const clock = options.clock ?? systemClock;
  const timers = options.timers ?? systemTimers;
  const { signal } = options;
  let session: Session | undefined;
  const warnings = new WarningLog((warning) => {
    options.onWarning?.(warning);
    session?.emit('warning', warning);
  });
  const environment: ConnectionEnvironment = {
    clock,
    timers,
    warnings,
    userAgent: options.userAgent ?? 'retina-record',
    capture: options.capture,
  };
  const staleSessions = options.staleSessions ?? new StaleSessions(clock);
  const responseTimeoutMs = options.responseTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  let current: RtspConnection | undefined;
  let state: SetupState | undefined;
  const describeOptions: DescribeOptions = {
    environment,
    open: { timeoutMs: options.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS, timers, tls: options.tls ?? {}, signal },
    responseTimeoutMs,
    credentials: credentialsOf(target, options),
    random: options.random ?? randomBytes,
    onConnection: (connection) => {
      current = connection;
      connection.onEarlyFrame = (channel) => noteEarlyFrame(channel, connection, state, warnings, staleSessions);
    },
  };
  let sayGoodbye = () => {};
  const onAbort = () => {
    sayGoodbye();
    current?.destroy(abortError(signal!));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const described = await describe(target, describeOptions);
    const { requester, response } = described;
    const reconnect = async (timeoutMs: number, abort: AbortSignal | undefined) => {
      const open = { ...describeOptions.open, timeoutMs, signal: abort };
      const connection = await openConnection(described.target, { open, environment, onConnection: () => {} });
      return new Requester(connection, requester.authenticator);
    };
    const sessionId = options.sessionId ?? 'use-first';
    const handshake: HandshakeOptions = { requester, warnings, responseTimeoutMs, sessionId };
    state = readDescription(described.target.url, response, handshake);
    const parts = { requester, reconnect, timers, signal, teardownPolicy: options.teardown ?? 'auto' } as const;
    const begun = state;
    sayGoodbye = () => {
      if (begun.streams === 0 || parts.teardownPolicy === 'never') return;
      requester.sendLast('TEARDOWN', begun.presentation.baseUrl, sessionHeaders(begun));
    };
    try {
      for (const index of select(state.presentation, options, requester.connection.remote)) {
        await setupStream(state, index, handshake);
      }
      const played = await play(state, handshake);
      session = new Session({
        ...parts,
        state,
        server: serverOf(played) ?? serverOf(response),
        clock,
        warnings,
        staleSessions,
        silenceTimeoutMs: options.silenceTimeoutMs ?? DEFAULT_SILENCE_MS,
        maxBufferedBytes: options.maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES,
      });
      return session;
    } catch (error) {
      // What was set up has to be taken down, or it would fill the server's table of sessions.
      if (state.streams > 0) {
        await teardown({
          ...parts,
          policy: parts.teardownPolicy,
          staleSessionBug: keepsDeadTcpSessions(state.presentation.tool),
          uri: state.presentation.baseUrl,
          headers: sessionHeaders(state),
          timeoutSeconds: state.timeoutSeconds,
        });
      }
      throw error;
    }
  } catch (error) {
    current?.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The options win; a password given there goes with a user name in the URL too. */
export function credentialsOf(
  { credentials }: RtspUrl,
  { username, password }: ConnectOptions,
): Credentials | undefined {
  if (username !== undefined) return { username, password: password ?? '' };
  return credentials && { username: credentials.username, password: password ?? credentials.password };
}

/** The streams to set up; by default the first H.264 video (Q56). */
function select(presentation: Presentation, options: ConnectOptions, connection: string): readonly number[] {
  const chosen = options.selectMedia?.(presentation) ?? firstVideo(presentation);
  if (chosen.length > 0) return chosen;
  const list = presentation.media.map((media) => `${media.type} ${media.encodingName}`).join(', ');
  throw new RetinaRecordError(
    'no-video',
    `the server offers no stream of H.264 video that could be recorded, only: ${list}`,
    { connection },
  );
}

function firstVideo({ media }: Presentation): number[] {
  const video = media.find(({ type, encodingName }) => type === 'video' && encodingName === 'h264');
  return video === undefined ? [] : [video.index];
}

/** Data before PLAY has been answered are dropped; on a channel that is not ours they are worth a word (Q14–Q16). */
function noteEarlyFrame(
  channel: number,
  connection: RtspConnection,
  state: SetupState | undefined,
  warnings: WarningLog,
  staleSessions: StaleSessions,
): void {
  if (state === undefined) {
    warnings.add(
      'early-data',
      `${connection.remote} sends data before it was asked for any, probably another client's`,
      'early-data',
    );
  } else if (!assignedChannels(state.presentation).has(channel)) {
    if (keepsDeadTcpSessions(state.presentation.tool)) staleSessions.note(connection.remote);
    warnings.add(
      'unassigned-channel',
      `${connection.remote} sends data on channel ${channel}, which was never set up`,
      'unassigned-channel',
    );
  }
}
