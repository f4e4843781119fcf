import { RetinaRecordError } from '../errors.js';
import type { HeaderList } from '../rtsp/message.js';
import { abortError } from './abort.js';
import type { TeardownPolicy } from './options.js';
import type { Requester } from './requester.js';
import type { Timers } from './timers.js';

/** How the end of a session went on the server's side. */
export interface TeardownOutcome {
  /** `done`: the server says that the session is gone; `unconfirmed`: it did not, and that has to do; `skipped`: not asked. */
  readonly result: 'done' | 'unconfirmed' | 'skipped';
  /** Attempts made, the one on the session's own connection included. */
  readonly attempts: number;
  /** Status of the last answer. */
  readonly status?: number | undefined;
  /** Why the last attempt failed, without credentials. */
  readonly error?: Error | undefined;
}

/** What a teardown needs. */
export interface TeardownOptions {
  readonly policy: TeardownPolicy;
  /** The media outlive their connection, as over UDP and with servers that keep dead sessions (Q83): `auto` means `always` then. */
  readonly outlivesConnection: boolean;
  /** The session's own connection. */
  readonly requester: Requester;
  /** Opens another connection to the same server. Has to honour the time limit in ms and the signal. */
  readonly reconnect: (timeoutMs: number, signal: AbortSignal | undefined) => Promise<Requester>;
  /** The base URL. */
  readonly uri: string;
  /** The Session header. */
  readonly headers: HeaderList;
  readonly timeoutSeconds: number;
  readonly timers: Timers;
  /** Told once, when a fresh connection has not helped and others are tried for up to {@link timeoutSeconds}. */
  readonly onWait?: (() => void) | undefined;
  /** Gives up at once. */
  readonly signal?: AbortSignal | undefined;
}

/** Limit of the attempt on the session's own connection in ms. */
const FIRST_ATTEMPT_MS = 5000;
/** Limits of the attempts on fresh connections in ms; the last one goes on. */
const NEXT_ATTEMPTS_MS = [1000, 2000, 4000, 8000, 16_000];

/**
 * Ends a session on the server (RFC 2326 section 10.7) by the policy of {@link ConnectOptions.teardown}. Any 2xx, 454 and 500 count as
 * done: a Hikvision DS-2CD2032 always answers 500 on a fresh connection (Q85). Never throws; bounded by the session's own timeout.
 */
export async function teardown(options: TeardownOptions): Promise<TeardownOutcome> {
  const { policy, requester, signal, timers } = options;
  if (policy === 'never' || signal?.aborted) return { result: 'skipped', attempts: 0 };
  const persistent = policy === 'always' || options.outlivesConnection;
  const overall = new Deadline(timers, options.timeoutSeconds * 1000);
  let attempts = 0;
  let last: Attempt = {};
  try {
    if (requester.connection.isOpen) {
      attempts++;
      last = await attempt(requester, options, FIRST_ATTEMPT_MS);
      if (last.gone) return { result: 'done', attempts, status: last.status };
    }
    for (let i = 0; persistent && !overall.passed && !signal?.aborted; i++) {
      const limitMs = NEXT_ATTEMPTS_MS[Math.min(i, NEXT_ATTEMPTS_MS.length - 1)]!;
      attempts++;
      const slice = new Deadline(timers, limitMs);
      last = await freshAttempt(options, limitMs, slice);
      if (last.gone) {
        slice.cancel();
        return { result: 'done', attempts, status: last.status };
      }
      if (i === 0) options.onWait?.();
      // A failed attempt waits out its time, so that a server that is restarting is not flooded.
      await slice.reached(overall, signal);
      slice.cancel();
    }
    return { result: 'unconfirmed', attempts, status: last.status, error: last.error };
  } finally {
    overall.cancel();
  }
}

interface Attempt {
  readonly gone?: boolean;
  readonly status?: number | undefined;
  readonly error?: Error | undefined;
}

async function freshAttempt(options: TeardownOptions, limitMs: number, slice: Deadline): Promise<Attempt> {
  let requester: Requester;
  try {
    requester = await options.reconnect(limitMs, options.signal);
  } catch (error) {
    return { error: asError(error) };
  }
  const { connection } = requester;
  // Connecting has used up some of the time.
  slice.onPassed(() => connection.abandon());
  try {
    return await attempt(requester, options, limitMs);
  } finally {
    connection.destroy();
  }
}

/** One request on one connection; media and other answers that arrive meanwhile are skipped (Q86). */
async function attempt(requester: Requester, options: TeardownOptions, timeoutMs: number): Promise<Attempt> {
  const { signal } = options;
  const onAbort = () => requester.connection.destroy(abortError(signal!));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const response = await requester.request('TEARDOWN', options.uri, options.headers, {
      timeoutMs,
      phase: 'teardown',
    });
    const { status } = response;
    return { gone: (status >= 200 && status < 300) || status === 454 || status === 500, status };
  } catch (error) {
    const status = error instanceof RetinaRecordError && error.code.startsWith('auth-') ? 401 : undefined;
    return { error: asError(error), status };
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** A time limit that can be looked at, waited for and taken back. */
class Deadline {
  passed = false;
  private readonly handle: unknown;
  private listeners: (() => void)[] = [];

  constructor(
    private readonly timers: Timers,
    ms: number,
  ) {
    this.handle = timers.setTimeout(() => {
      this.passed = true;
      for (const listener of this.listeners.splice(0)) listener();
    }, ms);
  }

  onPassed(listener: () => void): void {
    if (this.passed) listener();
    else this.listeners.push(listener);
  }

  /** Waits until this or the other one has come, or the signal says so. */
  async reached(other: Deadline, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return;
    let done = (): void => {};
    await new Promise<void>((resolve) => {
      done = resolve;
      this.onPassed(resolve);
      other.onPassed(resolve);
      signal?.addEventListener('abort', done, { once: true });
    });
    signal?.removeEventListener('abort', done);
  }

  cancel(): void {
    this.timers.clearTimeout(this.handle);
  }
}
