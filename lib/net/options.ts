import type { Presentation } from '../items.js';
import type { Clock } from '../time/clock.js';
import type { CaptureSink } from './capture.js';
import type { StaleSessions } from './stale-sessions.js';
import type { Timers } from './timers.js';

/** How TLS peers are judged. Default: by the system's certificate authorities and the host's name. */
export interface TlsOptions {
  /** Certificates in PEM that are trusted instead; one that is the server's own is accepted whatever its name says. */
  readonly ca?: string | Buffer | undefined;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean | undefined;
}

/** Options of {@link connect}. */
export interface ConnectOptions {
  /** Used verbatim; wins over user info in the URL. */
  readonly username?: string | undefined;
  /** Used verbatim, with the user name of the URL too. Without any user name it is not used. Default empty. */
  readonly password?: string | undefined;
  /** Ends everything at once with an AbortError. No TEARDOWN is waited for; one is sent only while {@link connect} is under way. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with every request (Q19). Default `retina-record`. */
  readonly userAgent?: string | undefined;
  /** Limit for name look-up, TCP and TLS together, in ms. Default 10000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Limit for each answer before media flow, in ms. Default 10000. */
  readonly responseTimeoutMs?: number | undefined;
  /** Without any byte for so long the session ends, in ms; 0 for never. Default 15000. */
  readonly silenceTimeoutMs?: number | undefined;
  /**
   * `auto`: one attempt on the connection, over UDP and for servers that keep dead sessions as `always`; `always`: until it
   * succeeds or the session has timed out, on fresh connections too; `never`. Default `auto`.
   */
  readonly teardown?: TeardownPolicy | undefined;
  /** What to do if a later SETUP names another session: go on with the first id, or fail. Default `use-first` (Q60). */
  readonly sessionId?: 'require-match' | 'use-first' | undefined;
  /** Which streams to set up, as indices into `presentation.media`. Default: the first H.264 video. */
  readonly selectMedia?: ((presentation: Presentation) => readonly number[]) | undefined;
  /**
   * How the media come: `tcp`: inside the RTSP connection; `udp`: as datagrams, by multicast if the server offers nothing else;
   * `auto`: over UDP, or over TCP if the server refuses that or nothing arrives within 3 s. Over TLS `auto` means `tcp`, since
   * datagrams are not encrypted. Default `tcp`.
   */
  readonly transport?: TransportChoice | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Bytes that may wait for the pipeline before the socket is paused, or datagrams are dropped. Default 4 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * What is received may be kept for so many ms, and is handed on together: for those who are in no hurry, as it takes far less of the
   * processor. Usually it is for a quarter of that, for less where up to 1 MiB or 256 reads come sooner, or 64 KiB in one read. Receive
   * times stay those of the reads; where the host's clock is stepped meanwhile, to the millisecond. 0 to 2^31 − 1. Default 0: at once;
   * for a recording into a file the fragment's duration, at most 1000.
   */
  readonly holdMs?: number | undefined;
  /** Hears of each warning as it comes, those before the session exists too. */
  readonly onWarning?: ((warning: { readonly code: string; readonly message: string }) => void) | undefined;
  /** Keeps the bytes of all connections in both directions, Authorization values masked; see `openCaptureFile`. Default: nothing. */
  readonly capture?: CaptureSink | undefined;
  /** Shared by recordings that may meet the same servers. Default: one of the session's own. */
  readonly staleSessions?: StaleSessions | undefined;
  /** Stamps what is received. Default the system's. */
  readonly clock?: Clock | undefined;
  readonly timers?: Timers | undefined;
  /** n random bytes, for client nonces and UDP ports. Default Node's. */
  readonly random?: ((bytes: number) => Buffer) | undefined;
}

/** See {@link ConnectOptions.transport}. */
export type TransportChoice = 'tcp' | 'udp' | 'auto';

/** See {@link ConnectOptions.teardown}. */
export type TeardownPolicy = 'auto' | 'always' | 'never';
