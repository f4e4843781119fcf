import { randomBytes } from 'node:crypto';
import { RetinaRecordError } from '../errors.js';
import { header } from '../rtsp/message.js';
import { describePresentation } from '../rtsp/presentation.js';
import { parseSessionHeader } from '../rtsp/session-header.js';
import { parseTransport, serializeTransport } from '../rtsp/transport.js';
import { parseRtspUrl } from '../rtsp/url.js';
import { systemClock } from '../time/clock.js';
import { credentialsOf, DEFAULT_TIMEOUT_MS } from './connect.js';
import type { RtspConnection } from './connection.js';
import { describe } from './describe.js';
import type { ConnectOptions } from './options.js';
import type { Requester } from './requester.js';
import { systemTimers } from './timers.js';
import { WarningLog } from './warnings.js';

/** Whether a server would send a stream another way. */
export interface TransportOffer {
  /** Undefined if it could not be found out. */
  readonly offered: boolean | undefined;
  /** The server's words where it declines, or why it is not known. */
  readonly detail?: string | undefined;
}

/** Nothing is played, so that nothing ever arrives there. */
const CLIENT_PORTS = { rtp: 50_000, rtcp: 50_001 };

/**
 * Asks on a connection of its own for a stream over UDP (RFC 2326 section 12.39), and takes it back at once. Never throws.
 *
 * @param index of the stream in the presentation
 */
export async function probeUdp(url: string, index: number, options: ConnectOptions): Promise<TransportOffer> {
  const timers = options.timers ?? systemTimers;
  const timeoutMs = options.responseTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  let current: RtspConnection | undefined;
  try {
    const target = parseRtspUrl(url);
    const found = await describe(target, {
      environment: {
        clock: options.clock ?? systemClock,
        timers,
        warnings: new WarningLog(() => {}),
        userAgent: options.userAgent ?? 'retina-record',
        capture: options.capture,
      },
      open: {
        timeoutMs: options.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS,
        timers,
        tls: options.tls ?? {},
        signal: options.signal,
      },
      responseTimeoutMs: timeoutMs,
      credentials: credentialsOf(target, options),
      random: options.random ?? randomBytes,
      onConnection: (connection) => {
        current = connection;
      },
    });
    const { presentation } = describePresentation(found.target.url, found.response);
    const media = presentation.media[index];
    if (media === undefined) return { offered: undefined, detail: 'the stream is gone' };
    return await ask(found.requester, media.control, presentation.baseUrl, timeoutMs);
  } catch (error) {
    return { offered: undefined, detail: error instanceof RetinaRecordError ? error.message : String(error) };
  } finally {
    current?.destroy();
  }
}

async function ask(requester: Requester, control: string, base: string, timeoutMs: number): Promise<TransportOffer> {
  const transport = serializeTransport({ kind: 'udp', clientPorts: CLIENT_PORTS });
  const response = await requester.request('SETUP', control, [['Transport', transport]], { timeoutMs });
  const { status, reason } = response;
  if (status < 200 || status >= 300) return { offered: false, detail: `${status} ${reason}`.trimEnd() };
  const answer = parseTransport(header(response, 'transport') ?? '');
  const session = parseSessionHeader(header(response, 'session') ?? '');
  if (session !== undefined) {
    // Whatever it answers: the session has no media, and times out by itself.
    await requester.request('TEARDOWN', base, [['Session', session.id]], { timeoutMs }).catch(() => {});
  }
  if (answer.interleaved !== undefined) return { offered: false, detail: 'it answers with TCP' };
  return { offered: true };
}
