import { isIP } from 'node:net';
import type { Timers } from './timers.js';
import { type BoundSocket, countDrops, kernelName } from './udp-drops.js';

/** Time between two looks in ms. */
const INTERVAL_MS = 5000;

/** What a {@link DropWatch} needs. */
export interface DropWatchOptions {
  readonly timers: Timers;
  /** Reads one of the kernel's tables; fails where there are none. */
  readonly readTable: (path: string) => Promise<string>;
  /** So many datagrams more were dropped. */
  readonly onDrops: (count: number) => void;
}

/** Looks every few seconds whether the kernel dropped datagrams of ours. Where it cannot be found out this does nothing. */
export class DropWatch {
  private readonly names: ReadonlySet<string>;
  private readonly paths: readonly string[];
  private timer: unknown;
  private seen = 0;
  private active = false;

  constructor(
    sockets: readonly BoundSocket[],
    private readonly options: DropWatchOptions,
  ) {
    this.names = new Set(sockets.map((socket) => kernelName(socket)));
    const families = new Set(sockets.map(({ address }) => isIP(address)));
    this.paths = [...families].map((family) => (family === 6 ? '/proc/net/udp6' : '/proc/net/udp'));
  }

  start(): void {
    this.active = true;
    this.arm();
  }

  /** Looks a last time, while the sockets are still open. Never rejects. */
  async stop(): Promise<void> {
    if (!this.active) return;
    this.active = false;
    this.options.timers.clearTimeout(this.timer);
    await this.look();
  }

  private arm(): void {
    this.timer = this.options.timers.setTimeout(() => {
      void this.look().then((known) => {
        if (known && this.active) this.arm();
      });
    }, INTERVAL_MS);
  }

  private async look(): Promise<boolean> {
    try {
      const tables = await Promise.all(this.paths.map(this.options.readTable));
      const total = tables.reduce((sum, table) => sum + countDrops(table, this.names), 0);
      const more = total - this.seen;
      this.seen = total;
      if (more > 0) this.options.onDrops(more);
      return true;
    } catch {
      return false;
    }
  }
}
