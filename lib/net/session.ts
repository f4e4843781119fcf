import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { FaultCode, Presentation } from '../items.js';
import { keepsDeadTcpSessions } from '../rtsp/live555.js';
import { abortError } from './abort.js';
import { errorName } from './connection-errors.js';
import { sessionHeaders } from './handshake.js';
import { Keepalive } from './keepalive.js';
import { MediaSource } from './media-source.js';
import type { ConnectionEnd } from './media-tap.js';
import type { ServerInfo, SessionParts } from './session-parts.js';
import { SilenceWatch } from './silence-watch.js';
import { type TeardownOutcome, teardown } from './teardown.js';
import type { SessionWarning } from './warnings.js';

const NS_PER_S = 1e9;

/**
 * A playing RTSP session. Emits `warning` with a {@link SessionWarning}; those from before are in {@link warnings}.
 *
 * Whatever happens, {@link close} has to be called in the end: it tells the server and closes the connection.
 */
export class Session extends EventEmitter<{ warning: [SessionWarning] }> {
  /** The streams with the answers to SETUP and PLAY. */
  readonly presentation: Presentation;
  /** `host:port` of the server. */
  readonly remote: string;
  /**
   * The items: first the presentation, then the chunks behind the answer to PLAY, stamped when they were read. Where the
   * session ends by itself a fault comes last; only an abort is an error.
   */
  readonly source: Readable;

  private readonly media: MediaSource;
  private readonly keepalive: Keepalive;
  private readonly silence: SilenceWatch;
  private readonly playedAt: bigint;
  private readonly hurry = new AbortController();
  private ended = false;
  private closing: Promise<TeardownOutcome> | undefined;

  /** Use {@link connect}. */
  constructor(private readonly parts: SessionParts) {
    super();
    const { requester, state, timers, warnings, clock, signal } = parts;
    const { connection } = requester;
    this.presentation = state.presentation;
    this.remote = connection.remote;
    this.playedAt = clock.now();
    this.keepalive = new Keepalive({
      requester,
      uri: state.presentation.baseUrl,
      headers: sessionHeaders(state),
      timeoutSeconds: state.timeoutSeconds,
      timers,
      warnings,
      onFailure: (error) => this.keepaliveFailed(error),
    });
    this.silence = new SilenceWatch(
      parts.silenceTimeoutMs,
      timers,
      () => clock.now(),
      () => this.fellSilent(),
    );
    this.media = new MediaSource(parts.maxBufferedBytes, {
      pause: () => this.pause(),
      resume: () => this.resume(),
      destroyed: () => this.end(),
    });
    this.source = this.media;
    // An abort is told to whoever reads the source; it must not end the process where nobody does yet.
    this.media.on('error', () => {});
    this.media.add(state.presentation);
    signal?.addEventListener('abort', this.onAbort, { once: true });
    connection.startMedia({
      chunk: (chunk) => {
        this.silence.note(chunk.recv);
        this.media.add(chunk);
      },
      closed: (end) => this.connectionClosed(end),
    });
    if (this.ended) return;
    this.keepalive.start();
    this.silence.start();
    if (keepsDeadTcpSessions(state.presentation.tool)) {
      const text = `${this.remote} runs ${state.presentation.tool}, which goes on sending after a connection is lost; UDP avoids that`;
      warnings.add('stale-session-bug', text);
    }
  }

  /** All warnings since {@link connect} was called, each thing once. */
  get warnings(): readonly SessionWarning[] {
    return this.parts.warnings.all;
  }

  /** What has been received on the session's connection so far. */
  get receiveStats(): { readonly bytes: number } {
    return { bytes: this.parts.requester.connection.received };
  }

  get serverInfo(): ServerInfo {
    const { requester, server } = this.parts;
    return {
      server,
      tool: this.presentation.tool,
      authScheme: requester.authenticator?.scheme,
      publicMethods: this.keepalive.publicMethods,
    };
  }

  /**
   * Later stages call this when data of another session turn up: on a channel that was never set up, or with a foreign SSRC
   * (Q83). The server is remembered in `staleSessions`, so that a recorder waits before it connects again.
   */
  noteForeignData(): void {
    const { staleSessions, warnings } = this.parts;
    if (!staleSessions.note(this.remote)) return;
    warnings.add(
      'stale-session',
      `${this.remote} sends data of another session, probably of one whose connection was lost`,
      'stale-session',
    );
  }

  /** Ends {@link source} in order, after what has been received. The connection stays for {@link close}. */
  stop(): void {
    this.end();
    this.media.finish();
  }

  /**
   * Ends the session: {@link stop}, TEARDOWN by policy, and the connection is closed. May be called again: with
   * `teardown: false` that cuts a running TEARDOWN short.
   */
  close(options: { readonly teardown?: boolean | undefined } = {}): Promise<TeardownOutcome> {
    if (options.teardown === false) this.hurry.abort();
    this.closing ??= this.tearDown();
    return this.closing;
  }

  private async tearDown(): Promise<TeardownOutcome> {
    this.stop();
    const { parts, hurry } = this;
    const { requester, signal, state, timers } = parts;
    if (signal?.aborted) hurry.abort();
    const outcome = await teardown({
      policy: parts.teardownPolicy,
      staleSessionBug: keepsDeadTcpSessions(state.presentation.tool),
      requester,
      reconnect: parts.reconnect,
      uri: state.presentation.baseUrl,
      headers: sessionHeaders(state),
      timeoutSeconds: state.timeoutSeconds,
      timers,
      signal: hurry.signal,
    });
    signal?.removeEventListener('abort', this.onAbort);
    requester.connection.destroy();
    return outcome;
  }

  private readonly onAbort = (): void => {
    const error = abortError(this.parts.signal!);
    this.hurry.abort();
    this.end();
    this.parts.requester.connection.destroy(error);
    this.media.destroy(error);
  };

  /** Nothing more is delivered and nothing watched. */
  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.keepalive.stop();
    this.silence.stop();
    this.parts.requester.connection.stopMedia();
  }

  private pause(): void {
    if (this.ended) return;
    this.silence.stop();
    this.keepalive.notePause();
    this.parts.requester.connection.pause();
  }

  private resume(): void {
    if (this.ended) return;
    this.parts.requester.connection.resume();
    this.silence.start();
  }

  private connectionClosed({ midway, cause }: ConnectionEnd): void {
    const broken = cause && `the connection broke: ${errorName(cause)}`;
    const how = broken ?? 'the server closed the connection (EOF)';
    const where = midway ? ' inside a frame or message' : '';
    this.fail('connection-closed', `${how}${where}${this.keepaliveHint()}`, cause);
  }

  private fellSilent(): void {
    this.fail('connection-silent', `nothing was received for ${this.parts.silenceTimeoutMs} ms`);
  }

  private keepaliveFailed(error: Error): void {
    const { code } = error as Error & { code?: string };
    this.fail(code === 'response-timeout' ? 'connection-silent' : 'connection-closed', error.message, error);
  }

  /** Some servers close on a method they do not know (Q78), others take only one that they do not list (EvoStream, Q81). */
  private keepaliveHint(): string {
    const { timeoutSeconds } = this.parts.state;
    const seconds = Number(this.parts.clock.now() - this.playedAt) / NS_PER_S;
    const { method, answered, isOutstanding } = this.keepalive;
    if (isOutstanding) return `, with the keepalive ${method} unanswered`;
    if (answered === 0 || seconds < timeoutSeconds * 0.8 || seconds > timeoutSeconds * 1.5) return '';
    return `; that is about the session's timeout of ${timeoutSeconds} s, although ${method} was answered: the server may want another keepalive`;
  }

  private fail(code: FaultCode, message: string, cause?: unknown): void {
    if (this.ended) return;
    const { clock, requester } = this.parts;
    const position = requester.connection.received;
    const text = `${message} (connection ${this.remote}, byte ${position})`;
    this.media.add({
      kind: 'fault',
      code,
      message: text,
      position,
      recv: clock.now(),
      ...(cause === undefined ? {} : { cause }),
    });
    this.stop();
  }
}
