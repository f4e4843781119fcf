import { RetinaRecordError } from '../errors.js';
import { Authenticator, type Credentials } from '../rtsp/auth.js';
import { maskUrl } from '../rtsp/mask-url.js';
import { header, type RtspResponse } from '../rtsp/message.js';
import { type RtspUrl, resolveRedirect } from '../rtsp/url.js';
import { type ConnectionEnvironment, RtspConnection } from './connection.js';
import { type OpenOptions, openSocket, remoteName } from './open-socket.js';
import { Requester } from './requester.js';
import { statusError } from './status-error.js';

/** Most redirects that are followed (Q18). */
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 305, 307, 308]);

/** What finding a stream's description needs. */
export interface DescribeOptions {
  readonly environment: ConnectionEnvironment;
  readonly open: OpenOptions;
  readonly responseTimeoutMs: number;
  readonly credentials: Credentials | undefined;
  readonly random: (bytes: number) => Buffer;
  /** Hears of each connection that is made, before anything is sent. */
  readonly onConnection: (connection: RtspConnection) => void;
}

/** A connection on which a stream has been described. */
export interface Described {
  readonly requester: Requester;
  /** Where we ended up after redirects. */
  readonly target: RtspUrl;
  readonly response: RtspResponse;
}

/**
 * Connects and sends DESCRIBE (RFC 2326 section 10.2), first of all and without credentials (Q21, Q24). Follows redirects;
 * credentials go to the host and port they were meant for and to no other.
 *
 * @throws RetinaRecordError what {@link openSocket} and {@link Requester.require} throw; `redirect-loop`, `redirect-invalid`,
 *   `redirect-insecure`
 */
export async function describe(url: RtspUrl, options: DescribeOptions): Promise<Described> {
  const home = remoteName(url);
  let target = url;
  for (let hops = 0; ; hops++) {
    const credentials = remoteName(target) === home && target.secure === url.secure ? options.credentials : undefined;
    const authenticator = credentials && new Authenticator(credentials, options.random);
    const withheld = credentials === undefined && options.credentials !== undefined;
    const { requester, response } = await describeAt(target, authenticator, options).catch((error: unknown) => {
      throw withheld ? withheldFrom(target, error) : error;
    });
    const { connection } = requester;
    if (response.status >= 200 && response.status < 300) return { requester, target, response };
    const { lastCseq } = connection;
    connection.destroy();
    if (!REDIRECTS.has(response.status)) throw statusError('DESCRIBE', lastCseq, response, connection.remote);
    if (hops === MAX_REDIRECTS) {
      throw new RetinaRecordError(
        'redirect-loop',
        `more than ${MAX_REDIRECTS} redirects, the last one to ${maskUrl(header(response, 'location') ?? '')}`,
        {
          connection: connection.remote,
        },
      );
    }
    target = resolveRedirect(target, header(response, 'location'));
    options.environment.warnings.add('redirect', `${connection.remote} redirects to ${maskUrl(target.url)}`);
  }
}

/** The error of a server that wants to know who we are and was not told, because it is not the one that the user named. */
function withheldFrom(target: RtspUrl, error: unknown): unknown {
  if (!(error instanceof RetinaRecordError) || error.code !== 'auth-required') return error;
  const name = remoteName(target);
  const text = `the camera redirects to ${name}, which wants a user name and a password; they are sent only where they were meant for: name ${maskUrl(target.url)} itself to send them there`;
  return new RetinaRecordError('auth-required', text, { connection: name }, { cause: error });
}

/** DESCRIBE on a connection of its own, and on a second one if the server closes the first after its 401 (Q24). */
async function describeAt(
  target: RtspUrl,
  authenticator: Authenticator | undefined,
  options: DescribeOptions,
): Promise<{ requester: Requester; response: RtspResponse }> {
  for (;;) {
    const challengedBefore = authenticator?.scheme !== undefined;
    const requester = new Requester(await openConnection(target, options), authenticator);
    const { connection } = requester;
    try {
      const headers = [['Accept', 'application/sdp']] as const;
      const response = await requester.request('DESCRIBE', target.url, headers, {
        timeoutMs: options.responseTimeoutMs,
      });
      return { requester, response };
    } catch (error) {
      connection.destroy();
      const closed = error instanceof RetinaRecordError && error.code === 'connection-closed';
      if (!closed || challengedBefore || authenticator?.scheme === undefined) throw error;
    }
  }
}

/** Opens a connection to a server. */
export async function openConnection(
  target: RtspUrl,
  { open, environment, onConnection }: Pick<DescribeOptions, 'open' | 'environment' | 'onConnection'>,
): Promise<RtspConnection> {
  const connection = new RtspConnection(await openSocket(target, open), remoteName(target), environment);
  onConnection(connection);
  return connection;
}
