import type { Clock } from '../time/clock.js';

/** How long a stale session is assumed to go on: the server's timeout of 60 s and a margin (Q83). */
const STALE_SESSION_MS = 65_000;

const NS_PER_MS = 1_000_000n;

/**
 * Remembers servers on which a dead client's session seems to live on (Q83), so that a recorder can wait until it has
 * expired before it connects again. Make one per process or group of recordings.
 */
export class StaleSessions {
  /** Unix time in ns at which the guess expires, by server. */
  private readonly until = new Map<string, bigint>();

  constructor(private readonly clock: Clock) {}

  /**
   * Notes a stale session on a server (`host:port`). One guess is held at a time: further signs do not prolong it.
   *
   * @returns whether the guess is new
   */
  note(server: string): boolean {
    if (this.waitMs(server) > 0) return false;
    this.until.set(server, this.clock.now() + BigInt(STALE_SESSION_MS) * NS_PER_MS);
    return true;
  }

  /** Milliseconds until the guess about a server has expired, 0 if there is none. */
  waitMs(server: string): number {
    const until = this.until.get(server);
    if (until === undefined) return 0;
    const left = Number((until - this.clock.now()) / NS_PER_MS);
    // A clock set back must not make a recorder wait for longer than a guess lasts.
    if (left > 0 && left <= STALE_SESSION_MS) return left;
    this.until.delete(server);
    return 0;
  }
}
