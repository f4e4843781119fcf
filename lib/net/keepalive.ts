import { RetinaRecordError } from '../errors.js';
import type { HeaderList, RtspResponse } from '../rtsp/message.js';
import { parsePublic } from '../rtsp/public.js';
import type { Requester } from './requester.js';
import type { Timers } from './timers.js';
import type { WarningLog } from './warnings.js';

/** The keepalive methods, the weakest last (Q77, Q78). */
const METHODS = ['SET_PARAMETER', 'GET_PARAMETER', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

/** What a keepalive needs of its session. */
export interface KeepaliveOptions {
  readonly requester: Requester;
  /** The base URL (Q77). */
  readonly uri: string;
  /** The Session header, where there is a session. */
  readonly headers: HeaderList;
  /** The session's timeout in s. */
  readonly timeoutSeconds: number;
  readonly timers: Timers;
  readonly warnings: WarningLog;
  /** Bytes that have come so far, of media and of answers: a server that sends any is alive. */
  readonly received: () => number;
  /** The session cannot go on. */
  readonly onFailure: (error: Error) => void;
}

/** Time between two keepalives in ms: half the timeout, at most 30 s (Q76). */
export function keepaliveIntervalMs(timeoutSeconds: number): number {
  return Math.max(500, (Math.min(timeoutSeconds, 60) * 1000) / 2);
}

/**
 * Keeps a session from timing out (RFC 2326 section 12.37). The first request is OPTIONS, whose `Public` says what to use from
 * then on; what is refused or not answered gives way to the next weaker method (Q77–Q80).
 */
export class Keepalive {
  /** The methods of the last `Public` header. */
  publicMethods: readonly string[] = [];
  /** Keepalives that were answered with success. */
  answered = 0;
  /** The method of the next one. */
  method: Method = 'OPTIONS';

  private readonly intervalMs: number;
  private timer: unknown;
  private asked = false;
  private outstanding = false;
  private active = false;
  private receivedAtSend = 0;
  private pausedSinceSend = false;

  constructor(private readonly options: KeepaliveOptions) {
    this.intervalMs = keepaliveIntervalMs(options.timeoutSeconds);
  }

  /** Starts; the first request goes out one interval later. */
  start(): void {
    this.active = true;
    this.arm();
  }

  /** A keepalive has been sent and not been answered. */
  get isOutstanding(): boolean {
    return this.outstanding;
  }

  /** Stops, and waits for no answer any more. */
  stop(): void {
    if (!this.active) return;
    this.active = false;
    this.options.timers.clearTimeout(this.timer);
    if (this.outstanding) this.options.requester.connection.abandon();
  }

  /** Has to be called when the connection is paused: an answer may lie unread then. */
  notePause(): void {
    this.pausedSinceSend = true;
  }

  private arm(): void {
    this.timer = this.options.timers.setTimeout(() => this.tick(), this.intervalMs);
  }

  private tick(): void {
    this.arm();
    if (this.outstanding && !this.excuse()) return;
    void this.send();
  }

  /** The last one is still unanswered (Q80). Returns whether to go on. */
  private excuse(): boolean {
    const { connection } = this.options.requester;
    const unread = this.pausedSinceSend || connection.isPaused;
    if (!unread && this.options.received() === this.receivedAtSend) {
      const text = `${this.method} CSeq ${connection.lastCseq} was not answered, and no media came for ${this.intervalMs} ms`;
      this.options.onFailure(new RetinaRecordError('response-timeout', text, { connection: connection.remote }));
      return false;
    }
    connection.abandon();
    this.outstanding = false;
    if (!unread) this.downgrade('was not answered');
    return true;
  }

  private async send(): Promise<void> {
    const { requester, uri, headers } = this.options;
    const { method } = this;
    this.outstanding = true;
    this.pausedSinceSend = requester.connection.isPaused;
    this.receivedAtSend = this.options.received();
    let response: RtspResponse;
    try {
      response = await requester.request(method, uri, headers, { phase: 'play' });
    } catch (error) {
      this.failed(error);
      return;
    }
    if (!this.active) return;
    this.outstanding = false;
    if (response.status === 454) {
      const text = `${method} CSeq ${requester.connection.lastCseq} was answered 454 ${response.reason}`.trimEnd();
      const connection = requester.connection.remote;
      this.options.onFailure(
        new RetinaRecordError('rtsp-status', `${text}: the server has ended the session`, { connection }),
      );
    } else if (response.status >= 300) {
      this.downgrade(`was answered ${response.status} ${response.reason}`.trimEnd());
    } else {
      this.answered++;
      if (method === 'OPTIONS') this.learn(response);
    }
  }

  private failed(error: unknown): void {
    if (!this.active || !(error instanceof RetinaRecordError)) return;
    // An unanswered one was dealt with by the timer, the end of the connection is dealt with by the session.
    if (!error.code.startsWith('auth-')) return;
    this.outstanding = false;
    this.options.warnings.add('keepalive', `a keepalive was refused: ${error.message}`, 'keepalive-auth');
  }

  private learn(response: RtspResponse): void {
    const methods = parsePublic(response.headers.get('public') ?? []);
    if (methods.size > 0) this.publicMethods = [...methods];
    if (this.asked) return;
    this.asked = true;
    this.method = METHODS.find((method) => methods.has(method)) ?? 'OPTIONS';
  }

  private downgrade(why: string): void {
    const { connection } = this.options.requester;
    const next = METHODS[METHODS.indexOf(this.method) + 1] ?? 'OPTIONS';
    const then = next === this.method ? '' : `; ${next} is used from now on`;
    this.options.warnings.add(
      'keepalive',
      `keepalive ${this.method} to ${connection.remote} ${why}${then}`,
      `keepalive ${this.method}`,
    );
    this.asked = true;
    this.method = next;
  }
}
