import type { Timers } from './timers.js';

const NS_PER_MS = 1_000_000n;

/**
 * Calls back once nothing has been received for a time. Costs nothing per chunk: the timer is not touched, it asks for the last receive
 * time when it fires.
 */
export class SilenceWatch {
  private timer: unknown;
  private active = false;
  private firedAt: bigint | undefined;

  /**
   * @param timeoutMs 0 for never
   * @param now the clock that stamps what is received, in Unix ns; it may step
   * @param lastReceived the last such stamp
   */
  constructor(
    private readonly timeoutMs: number,
    private readonly timers: Timers,
    private readonly now: () => bigint,
    private readonly lastReceived: () => bigint | undefined,
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

  private arm(ms: number): void {
    this.firedAt = this.lastReceived();
    this.timer = this.timers.setTimeout(() => this.look(), ms);
  }

  private look(): void {
    const last = this.lastReceived();
    if (last === undefined || last === this.firedAt) {
      this.active = false;
      this.onSilence();
      return;
    }
    const silentMs = Number((this.now() - last) / NS_PER_MS);
    this.arm(Math.min(this.timeoutMs, Math.max(this.timeoutMs - silentMs, this.timeoutMs / 4, 1)));
  }
}
