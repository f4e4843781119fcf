import { PassThrough } from 'node:stream';
import type { Item, Presentation } from '../../../lib/items.js';
import type { Session } from '../../../lib/net/session.js';

/** A session that delivers what it is given, from any stage on: the stages of a recording let pass what is none of theirs. */
export class ScriptedSession {
  readonly source = new PassThrough({ objectMode: true });
  readonly receiveStats = { bytes: 0 };
  readonly remote = '192.0.2.1:554';
  closed = false;
  /** How often the recording found data of another session. */
  foreign = 0;

  constructor(
    readonly presentation: Presentation,
    readonly transport: 'tcp' | 'udp' = 'tcp',
  ) {
    this.source.write(presentation);
  }

  /** As a recording takes it. */
  get session(): Session {
    return this as unknown as Session;
  }

  /** Delivers items, and waits until the stages have had time for them. */
  async deliver(...items: readonly Item[]): Promise<void> {
    for (const item of items) {
      this.source.write(item);
      this.receiveStats.bytes += 1000;
    }
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  stop(): void {
    this.source.end();
  }

  noteForeignData(): void {
    this.foreign++;
  }

  sendRtcp(): void {}

  close(): Promise<void> {
    this.closed = true;
    this.stop();
    return Promise.resolve();
  }
}
