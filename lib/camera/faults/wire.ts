import type { CameraTimers } from '../timers.js';

interface Entry {
  readonly data: Buffer;
  readonly dueNs: bigint;
  /** Called once the data have left, or never will. */
  readonly done: () => void;
}

/** What a {@link Wire} writes to. */
export interface WireTarget {
  /** @param done called once the data have left, or never will */
  write(data: Buffer, done: () => void): void;
}

/** How a {@link Wire} writes. */
export interface WireOptions {
  readonly timers: CameraTimers;
  /** Cuts data into what is written at a time; the client gets to read before the next piece is. Default: all at once. */
  readonly cut?: ((data: Buffer) => readonly Buffer[]) | undefined;
}

/** Writes in order, each entry when it is due, one piece at a time. What waits is bounded by those who send: they wait for `done`. */
export class Wire {
  private readonly queue: Entry[] = [];
  private busy = false;
  private stopped = false;
  private closed = false;
  private timer: unknown;

  constructor(
    private readonly target: WireTarget,
    private readonly options: WireOptions,
  ) {}

  /** Sends data, not before `delayMs` have passed and everything before has left. */
  send(data: Buffer, delayMs: number, done: () => void): void {
    if (this.closed) {
      setImmediate(done);
      return;
    }
    const dueNs = this.options.timers.monotonicNs() + BigInt(Math.round(delayMs * 1e6));
    this.queue.push({ data, dueNs, done });
    this.next();
  }

  /** Does something once everything before has left; nothing that is sent later leaves any more. */
  finish(action: () => void): void {
    this.send(Buffer.alloc(0), 0, () => {
      this.stopped = true;
      if (!this.closed) action();
    });
  }

  /** Drops what waits: the target is closed. */
  close(): void {
    this.closed = true;
    this.options.timers.clearTimeout(this.timer);
    for (const { done } of this.queue.splice(0)) done();
  }

  private next(): void {
    const [entry] = this.queue;
    if (this.busy || this.stopped || entry === undefined) return;
    const waitNs = entry.dueNs - this.options.timers.monotonicNs();
    this.busy = true;
    if (waitNs > 0n) {
      const waitMs = Math.max(1, Math.ceil(Number(waitNs) / 1e6));
      this.timer = this.options.timers.setTimeout(() => this.goOn(), waitMs);
      return;
    }
    this.queue.shift();
    const { cut = (data: Buffer) => [data] } = this.options;
    this.write(entry.data.length === 0 ? [] : cut(entry.data), 0, () => {
      entry.done();
      this.goOn();
    });
  }

  private goOn(): void {
    this.busy = false;
    if (!this.closed) this.next();
  }

  private write(pieces: readonly Buffer[], index: number, done: () => void): void {
    const piece = pieces[index];
    if (piece === undefined || this.closed) {
      done();
      return;
    }
    this.target.write(piece, () => {
      if (index + 1 < pieces.length) setImmediate(() => this.write(pieces, index + 1, done));
      else done();
    });
  }
}
