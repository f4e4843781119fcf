import type { Timers } from './timers.js';

const NS_PER_MS = 1_000_000n;

/**
 * Calls back once nothing has been received for a time. Costs nothing per chunk but a comparison: the timer is not
 * touched, it looks at the last receive time when it fires.
 */
export class SilenceWatch {
  private timer: unknown;
  private active = false;
  private last: bigint | undefined;
  private firedAt: bigint | undefined;

  /**
   * @param timeoutMs 0 for never
   * @param now the clock that stamps what is received, in Unix ns; it may step
   */
  constructor(
    private readonly timeoutMs: number,
    private readonly timers: Timers,
    private readonly now: () => bigint,
    private readonly onSilence: () => void,
  ) {}

  start(): void {
    if (this.timeoutMs <= 0 || this.active) return;
    this.active = true;
    this.arm(this.timeoutMs);
  }

  stop(): void {
    if (this.active) this.timers.clearTimeout(this.timer);
    this.active = false;
  }

  /** Something was received at `recv`. */
  note(recv: bigint): void {
    this.last = recv;
  }

  private arm(ms: number): void {
    this.firedAt = this.last;
    this.timer = this.timers.setTimeout(() => this.look(), ms);
  }

  private look(): void {
    if (this.last === this.firedAt) {
      this.active = false;
      this.onSilence();
      return;
    }
    const silentMs = Number((this.now() - this.last!) / NS_PER_MS);
    this.arm(Math.min(this.timeoutMs, Math.max(this.timeoutMs - silentMs, this.timeoutMs / 4, 1)));
  }
}
