import { RetinaRecordError } from '../errors.js';
import type { Presentation } from '../items.js';
import { keepsDeadTcpSessions } from '../rtsp/live555.js';
import type { RtspUrl } from '../rtsp/url.js';
import { abortError } from './abort.js';
import type { RtspConnection } from './connection.js';
import { type DescribeOptions, describe, openConnection } from './describe.js';
import { noteEarlyFrame } from './early-frames.js';
import {
  type HandshakeOptions,
  play,
  readDescription,
  type SetupState,
  serverOf,
  sessionHeaders,
} from './handshake.js';
import type { MediaTransport } from './media-transport.js';
import type { ConnectOptions, TransportChoice } from './options.js';
import { Requester } from './requester.js';
import { Session } from './session.js';
import { setupStreams } from './setup-streams.js';
import type { StaleSessions } from './stale-sessions.js';
import { teardown } from './teardown.js';
import { UdpMedia } from './udp-media.js';

const DEFAULT_SILENCE_MS = 15_000;
const DEFAULT_BUFFERED_BYTES = 4 * 1024 * 1024;
/** Without an RTP packet for so long after PLAY, nothing will come over UDP (Q150). In ms. */
const UDP_WAIT_MS = 5000;
/** The same where TCP can be tried next. */
const AUTO_WAIT_MS = 3000;

/** What {@link startSession} needs beside the options of the caller. */
export interface StartOptions {
  readonly options: ConnectOptions;
  readonly describeOptions: Omit<DescribeOptions, 'onConnection'>;
  readonly staleSessions: StaleSessions;
  readonly transport: TransportChoice;
}

/**
 * Makes one attempt at a session: DESCRIBE, SETUP, PLAY, and over UDP the wait for the first packet. What was begun is taken back
 * if it fails.
 *
 * @throws RetinaRecordError, an AbortError
 */
export async function startSession(target: RtspUrl, start: StartOptions): Promise<Session> {
  const { options, staleSessions } = start;
  const { environment } = start.describeOptions;
  const { timers, warnings } = environment;
  const { signal } = options;
  let current: RtspConnection | undefined;
  let state: SetupState | undefined;
  const describeOptions: DescribeOptions = {
    ...start.describeOptions,
    onConnection: (connection) => {
      current = connection;
      connection.onEarlyFrame = (channel) =>
        noteEarlyFrame(channel, connection.remote, state, { warnings, staleSessions });
    },
  };
  let sayGoodbye = () => {};
  const onAbort = () => {
    sayGoodbye();
    current?.destroy(abortError(signal!));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  let media: MediaTransport | undefined;
  try {
    const described = await describe(target, describeOptions);
    const { requester, response } = described;
    const reconnect = async (timeoutMs: number, abort: AbortSignal | undefined) => {
      const open = { ...describeOptions.open, timeoutMs, signal: abort };
      const connection = await openConnection(described.target, { open, environment, onConnection: () => {} });
      return new Requester(connection, requester.authenticator);
    };
    const { responseTimeoutMs } = describeOptions;
    const handshake: HandshakeOptions = {
      requester,
      warnings,
      responseTimeoutMs,
      sessionId: options.sessionId ?? 'use-first',
    };
    state = readDescription(described.target.url, response, handshake);
    const parts = { requester, reconnect, timers, signal, teardownPolicy: options.teardown ?? 'auto' } as const;
    const maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES;
    const begun = state;
    sayGoodbye = () => {
      if (begun.streams === 0 || parts.teardownPolicy === 'never') return;
      requester.sendLast('TEARDOWN', begun.presentation.baseUrl, sessionHeaders(begun));
    };
    const udp = new UdpMedia({ ...environment, connection: requester.connection, maxBufferedBytes });
    media = udp;
    try {
      const chosen = select(state.presentation, options, requester.connection.remote);
      const { transport } = start;
      const { random } = describeOptions;
      media = await setupStreams(state, chosen, { ...handshake, udp, random, transport });
      if (media === udp) udp.expect();
      const played = await play(state, handshake);
      if (media === udp) await waitForMedia(udp, transport, requester.connection.remote, start);
      return new Session({
        ...parts,
        state,
        media,
        server: serverOf(played) ?? serverOf(response),
        clock: environment.clock,
        warnings,
        staleSessions,
        silenceTimeoutMs: options.silenceTimeoutMs ?? DEFAULT_SILENCE_MS,
        maxBufferedBytes,
        holdMs: options.holdMs ?? 0,
      });
    } catch (error) {
      // What was set up has to be taken down, or it would fill the server's table of sessions.
      if (state.streams > 0) {
        await teardown({
          ...parts,
          policy: parts.teardownPolicy,
          outlivesConnection: media !== udp && keepsDeadTcpSessions(state.presentation.tool),
          uri: state.presentation.baseUrl,
          headers: sessionHeaders(state),
          timeoutSeconds: state.timeoutSeconds,
        });
      }
      throw error;
    }
  } catch (error) {
    current?.destroy();
    await media?.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function waitForMedia(
  udp: UdpMedia,
  transport: TransportChoice,
  connection: string,
  { options }: StartOptions,
): Promise<void> {
  const waitMs = transport === 'auto' ? AUTO_WAIT_MS : UDP_WAIT_MS;
  if (await udp.firstPacket(waitMs, options.signal)) return;
  const text = `no RTP packet came over UDP within ${waitMs} ms after PLAY: a firewall is in the way, or the camera knows TCP alone; try --transport tcp`;
  throw new RetinaRecordError('no-udp-media', text, { connection });
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
