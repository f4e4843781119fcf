import { setImmediate } from 'node:timers/promises';
import type { CameraTimers } from '../../lib/camera/timers.js';
import type { Timers } from '../../lib/net/timers.js';
import type { Clock } from '../../lib/time/clock.js';

const START_NS = 1_708_200_874_013_000_000n;
/** Turns of the event loop, and ns on the machine's clock, without a byte after which nothing is on its way over loopback. */
const IDLE_TURNS = 10;
const IDLE_NS = 2_000_000n;
/** Bytes after which time passes all the same: a camera that never stops sending. */
const MAX_PROGRESS = 1536 * 1024;
/** What Node waits for besides sockets that may stay quiet: files, connects, writes. */
const WORK = /^(FSReq|TCPConnect|Write|Shutdown|FileHandle|GetAddrInfo)/;

/** Clock and timers for camera and recorder alike, whose time passes only while neither has anything else to do. */
export class VirtualTime implements Clock, CameraTimers, Timers {
  private elapsedNs = 0n;
  private readonly pending = new Map<object, { readonly atNs: bigint; readonly callback: () => void }>();

  now(): bigint {
    return START_NS + this.elapsedNs;
  }

  monotonicNs(): bigint {
    return this.elapsedNs;
  }

  get elapsedS(): number {
    return Number(this.elapsedNs) / 1e9;
  }

  setTimeout(callback: () => void, ms: number): object {
    const handle = {};
    this.pending.set(handle, { atNs: this.elapsedNs + BigInt(Math.round(ms * 1e6)), callback });
    return handle;
  }

  clearTimeout(handle: unknown): void {
    this.pending.delete(handle as object);
  }

  /**
   * Lets time pass, from one timer to the next, until `work` is done. Between them it waits until `progress` stands still.
   *
   * @throws Error if `limitS` seconds have passed and it is not done
   */
  async runUntil<T>(work: Promise<T>, progress: () => number, limitS: number): Promise<T> {
    let done = false;
    const settled = () => {
      done = true;
    };
    work.then(settled, settled);
    while (!done) {
      await idle(progress, () => done);
      if (done) break;
      if (this.elapsedS > limitS) throw new Error(`hangs: not done after ${limitS} s`);
      this.fireNext();
    }
    return work;
  }

  private fireNext(): void {
    const next = [...this.pending].sort(([, a], [, b]) => Number(a.atNs - b.atNs))[0];
    if (next === undefined) return;
    const [handle, { atNs, callback }] = next;
    this.pending.delete(handle);
    if (atNs > this.elapsedNs) this.elapsedNs = atNs;
    callback();
  }
}

async function idle(progress: () => number, done: () => boolean): Promise<void> {
  let last = Number.NaN;
  let turns = 0;
  let since = 0n;
  const most = progress() + MAX_PROGRESS;
  while (!done() && progress() < most && (turns < IDLE_TURNS || process.hrtime.bigint() - since < IDLE_NS)) {
    await setImmediate();
    const now = progress();
    turns++;
    if (now === last && !process.getActiveResourcesInfo().some((resource) => WORK.test(resource))) continue;
    last = now;
    turns = 0;
    since = process.hrtime.bigint();
  }
}
