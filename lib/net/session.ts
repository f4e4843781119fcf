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
import type { MediaReceiver } from './media-transport.js';
import type { Requester } from './requester.js';
import type { ServerInfo, SessionParts } from './session-parts.js';
import { SilenceWatch } from './silence-watch.js';
import { type TeardownOutcome, teardown } from './teardown.js';
import type { SessionWarning } from './warnings.js';

const NS_PER_S = 1e9;
/** Media over UDP that do not go on for so long after the RTSP connection was closed have ended with it (Q85). In ms. */
const ORPHANED_MS = 5000;
/** Limit for the connection that takes the place of a closed one. In ms. */
const REJOIN_MS = 10_000;

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
  /** How the media come. */
  readonly transport: 'tcp' | 'udp';
  /**
   * The items: first the presentation, then the chunks behind the answer to PLAY, or over UDP the datagrams as `interleaved` items,
   * stamped when they were read. Where the session ends by itself a fault comes last; only an abort is an error.
   */
  readonly source: Readable;

  private readonly items: MediaSource;
  private keepalive: Keepalive;
  private silence: SilenceWatch;
  private readonly playedAt: bigint;
  private readonly hurry = new AbortController();
  private ended = false;
  /** How the RTSP connection ended, where the media go on without it. */
  private orphaned: { readonly message: string; readonly cause: unknown } | undefined;
  /** In place of the RTSP connection that has ended. */
  private spare: Requester | undefined;
  private closing: Promise<TeardownOutcome> | undefined;

  /** Use {@link connect}. */
  constructor(private readonly parts: SessionParts) {
    super();
    const { media, requester, state, warnings, clock, signal } = parts;
    const { connection } = requester;
    this.presentation = state.presentation;
    this.transport = media.kind;
    this.remote = connection.remote;
    this.playedAt = clock.now();
    this.keepalive = this.keepaliveBy(requester);
    this.silence = this.watchSilence(parts.silenceTimeoutMs);
    this.items = new MediaSource(parts.maxBufferedBytes, {
      pause: () => this.pause(),
      resume: () => this.resume(),
      destroyed: () => this.end(),
    });
    this.source = this.items;
    // An abort is told to whoever reads the source; it must not end the process where nobody does yet.
    this.items.on('error', () => {});
    this.items.add(state.presentation);
    signal?.addEventListener('abort', this.onAbort, { once: true });
    media.start(this.receiver(), parts.holdMs);
    if (this.ended) return;
    if (this.orphaned === undefined) this.keepalive.start();
    this.silence.start();
    if (media.kind === 'tcp' && keepsDeadTcpSessions(state.presentation.tool)) {
      const text = `${this.remote} runs ${state.presentation.tool}, which goes on sending after a connection is lost; UDP avoids that`;
      warnings.add('stale-session-bug', text);
    }
  }

  /** All warnings since {@link connect} was called, each thing once. */
  get warnings(): readonly SessionWarning[] {
    return this.parts.warnings.all;
  }

  /**
   * What has been received so far: bytes of the session's connection, or of datagrams; for these also the size of the smallest
   * receive buffer that the kernel has granted.
   */
  get receiveStats(): { readonly bytes: number; readonly receiveBufferBytes?: number | undefined } {
    const { received, receiveBufferBytes } = this.parts.media;
    return { bytes: received, receiveBufferBytes };
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

  /**
   * Sends a compound RTCP packet (RFC 3550 section 6.1) to the server, as a frame or a datagram. Nothing is said of errors.
   *
   * @param channel a stream's `setup.rtcpChannel`
   */
  sendRtcp(channel: number, data: Buffer): void {
    if (!this.ended) this.parts.media.sendRtcp(channel, data);
  }

  /** Ends {@link source} in order, after what has been received. The connection stays for {@link close}. */
  stop(): void {
    this.end();
    this.items.finish();
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
      outlivesConnection: this.transport === 'udp' || keepsDeadTcpSessions(state.presentation.tool),
      requester: this.spare ?? requester,
      reconnect: parts.reconnect,
      uri: state.presentation.baseUrl,
      headers: sessionHeaders(state),
      timeoutSeconds: state.timeoutSeconds,
      timers,
      onWait: () => this.sayWaiting(),
      signal: hurry.signal,
    });
    signal?.removeEventListener('abort', this.onAbort);
    requester.connection.destroy();
    this.spare?.connection.destroy();
    await parts.media.close();
    return outcome;
  }

  private sayWaiting(): void {
    const { state, warnings } = this.parts;
    const text = `${this.remote} has not confirmed TEARDOWN; it is asked again for up to ${state.timeoutSeconds} s, when the session times out by itself`;
    warnings.add('teardown', text, 'teardown');
  }

  private readonly onAbort = (): void => {
    const error = abortError(this.parts.signal!);
    this.hurry.abort();
    this.end();
    this.parts.requester.connection.destroy(error);
    this.spare?.connection.destroy(error);
    void this.parts.media.close();
    this.items.destroy(error);
  };

  /** Nothing more is delivered and nothing watched. */
  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.keepalive.stop();
    this.silence.stop();
    this.parts.media.stop();
  }

  private receiver(): MediaReceiver {
    const { items } = this;
    return {
      get isFull() {
        return items.isFull;
      },
      item: (item) => items.add(item),
      closed: (end) => this.connectionClosed(end),
    };
  }

  private pause(): void {
    if (this.ended || this.transport === 'udp') return;
    this.silence.stop();
    this.keepalive.notePause();
    this.parts.media.pause();
  }

  private resume(): void {
    if (this.ended || this.transport === 'udp') return;
    this.parts.media.resume();
    this.silence.start();
  }

  private watchSilence(timeoutMs: number): SilenceWatch {
    const { clock, media, timers } = this.parts;
    return new SilenceWatch(
      timeoutMs,
      timers,
      () => clock.now(),
      () => media.lastMedia,
      () => this.fellSilent(timeoutMs),
    );
  }

  private connectionClosed({ midway, cause }: ConnectionEnd): void {
    const broken = cause && `the connection broke: ${errorName(cause)}`;
    const how = broken ?? 'the server closed the connection (EOF)';
    const where = midway ? ' inside a frame or message' : '';
    const message = `${how}${where}${this.keepaliveHint()}`;
    if (this.transport === 'udp') this.goOnAlone(message, cause);
    else this.fail('connection-closed', message, cause);
  }

  /** The end of the RTSP connection does not by itself end media over UDP (Q150). Where it does, they stop soon (Q85). */
  private goOnAlone(message: string, cause: unknown): void {
    if (this.ended || this.orphaned !== undefined) return;
    this.orphaned = { message, cause };
    this.parts.warnings.add('rtsp-ended', `${message}; the media over UDP are received as long as they come`);
    this.keepalive.stop();
    this.silence.stop();
    this.silence = this.watchSilence(ORPHANED_MS);
    this.silence.start();
    void this.rejoin();
  }

  /** The server may want to hear from us all the same, or the session times out. */
  private async rejoin(): Promise<void> {
    let requester: Requester;
    try {
      requester = await this.parts.reconnect(REJOIN_MS, this.hurry.signal);
    } catch {
      return; // the media will tell
    }
    if (this.ended) {
      requester.connection.destroy();
      return;
    }
    this.spare = requester;
    this.keepalive = this.keepaliveBy(requester);
    this.keepalive.start();
  }

  private keepaliveBy(requester: Requester): Keepalive {
    const { media, state, timers, warnings } = this.parts;
    return new Keepalive({
      requester,
      uri: state.presentation.baseUrl,
      headers: sessionHeaders(state),
      timeoutSeconds: state.timeoutSeconds,
      timers,
      warnings,
      received: () => (media.kind === 'tcp' ? 0 : media.received) + requester.connection.received,
      onFailure: (error) => this.keepaliveFailed(error),
    });
  }

  private fellSilent(timeoutMs: number): void {
    const { message, cause } = this.orphaned ?? {};
    if (message === undefined) this.fail('connection-silent', `no media were received for ${timeoutMs} ms`);
    else this.fail('connection-closed', `${message}, and then no media were received for ${timeoutMs} ms`, cause);
  }

  private keepaliveFailed(error: Error): void {
    // What matters are the media; without a session they will stop.
    if (this.transport === 'udp') {
      this.goOnAlone(error.message, error);
      return;
    }
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
    const { clock, media } = this.parts;
    const position = media.received;
    const text = `${message} (connection ${this.remote}, byte ${position})`;
    media.flush();
    this.items.add({
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
