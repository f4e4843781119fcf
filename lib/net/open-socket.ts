import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { RetinaRecordError } from '../errors.js';
import type { RtspUrl } from '../rtsp/url.js';
import { abortError } from './abort.js';
import type { TlsOptions } from './options.js';
import { BlockReader, type DataListener } from './socket-memory.js';
import type { Timers } from './timers.js';
import { checkPeer, parseCertificates } from './tls-trust.js';

/** What opening a connection needs besides its target. */
export interface OpenOptions {
  readonly timeoutMs: number;
  readonly timers: Timers;
  readonly tls: TlsOptions;
  readonly signal?: AbortSignal | undefined;
}

/** A connected socket. */
export interface OpenSocket {
  readonly socket: Socket;
  /** Names who takes what comes out of it, once; `data` events are not to be relied on. */
  listen(listener: DataListener): void;
}

/** `host:port`, IPv6 in brackets: how messages name a server, and by what redirects are compared. */
export function remoteName({ host, port }: RtspUrl): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Opens the connection to a server, for rtsps with TLS and the peer checked before a byte is sent.
 *
 * @throws RetinaRecordError `connect-refused`, `connect-timeout`, `connect-failed`, `tls-failed`, `tls-untrusted`,
 *   `tls-ca-invalid`; an AbortError
 */
export async function openSocket(target: RtspUrl, options: OpenOptions): Promise<OpenSocket> {
  const connection = remoteName(target);
  const { tls, signal } = options;
  const { host, port, secure } = target;
  // Few cameras speak TLS, and Node takes milliseconds to load it.
  const { connect: tlsConnect } = secure ? await import('node:tls') : {};
  if (signal?.aborted) throw abortError(signal);
  const trusted = secure && tls.ca !== undefined ? parseCertificates(tls.ca) : [];
  // The checks come after the handshake, since `checkPeer` accepts more than Node does.
  const reader = secure ? undefined : new BlockReader();
  const socket: Socket = tlsConnect
    ? tlsConnect({
        host,
        port,
        rejectUnauthorized: false,
        ...(isIP(host) ? {} : { servername: host }),
        ...(trusted.length > 0 ? { ca: trusted.map((certificate) => certificate.toString()) } : {}),
      })
    : tcpConnect({ host, port, onread: reader!.onread });
  socket.setNoDelay(true);
  try {
    await opened(socket, secure ? 'secureConnect' : 'connect', connection, options);
    if (secure) checkPeer(socket as TLSSocket, trusted, tls, connection);
    return { socket, listen: (listener) => (reader ? reader.listen(listener) : socket.on('data', listener)) };
  } catch (error) {
    socket.on('error', () => {}); // a late one has nobody left to tell
    socket.destroy();
    throw error;
  }
}

function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  connection: string,
  options: OpenOptions,
): Promise<void> {
  const { timers, timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    let connected = false;
    const finish = (settle: () => void) => {
      timers.clearTimeout(timer);
      socket.off(event, onOpen).off('error', onError).off('close', onClose).off('connect', onConnect);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onConnect = () => {
      connected = true;
    };
    const onOpen = () => finish(resolve);
    const onError = (cause: NodeJS.ErrnoException) => finish(() => reject(openError(cause, connected, connection)));
    const onClose = () => finish(() => reject(openError(undefined, connected, connection)));
    const onAbort = () => finish(() => reject(abortError(signal!)));
    const timer = timers.setTimeout(() => {
      const what = connected ? 'the TLS handshake' : 'the connection';
      finish(() =>
        reject(
          new RetinaRecordError('connect-timeout', `${what} did not come about within ${timeoutMs} ms`, { connection }),
        ),
      );
    }, timeoutMs);
    socket.on('connect', onConnect).on(event, onOpen).on('error', onError).on('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function openError(
  cause: NodeJS.ErrnoException | undefined,
  connected: boolean,
  connection: string,
): RetinaRecordError {
  const fail = (code: string, message: string) => new RetinaRecordError(code, message, { connection }, { cause });
  if (connected)
    return fail('tls-failed', `the TLS handshake failed: ${cause?.message ?? 'the server closed the connection'}`);
  switch (cause?.code) {
    case 'ECONNREFUSED':
      return fail('connect-refused', 'the connection was refused: nothing listens on that port');
    case 'ETIMEDOUT':
      return fail('connect-timeout', 'the connection timed out: is the camera reachable?');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return fail('connect-failed', `the host's name cannot be resolved (${cause.code})`);
    default:
      return fail(
        'connect-failed',
        `cannot connect: ${cause?.code ?? ''} ${cause?.message ?? 'closed at once'}`.trim(),
      );
  }
}
