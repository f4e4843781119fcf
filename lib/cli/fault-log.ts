import type { Fault, FaultCode } from '../items.js';
import type { Logger } from './log.js';

/** Each kind of fault is logged at most once in so long; the others are counted. */
const INTERVAL_MS = 10_000;

/** Logs faults without letting a bad link flood the log. */
export class FaultLog {
  private readonly kinds = new Map<FaultCode, { at: number; held: number }>();

  /** @param now ms on any steady clock; by default not that of `performance`, which takes milliseconds to load */
  constructor(
    private readonly log: Logger,
    private readonly now: () => number = () => process.uptime() * 1000,
  ) {}

  add(fault: Fault): void {
    const { code, message, sequenceNumber, position } = fault;
    const now = this.now();
    const kind = this.kinds.get(code);
    if (kind !== undefined && now - kind.at < INTERVAL_MS) {
      kind.held++;
      return;
    }
    const more = kind === undefined || kind.held === 0 ? '' : ` (and ${kind.held} more of this kind since)`;
    this.kinds.set(code, { at: now, held: 0 });
    this.log.warn({ event: 'fault', code, sequenceNumber, position }, `${message}${more}`);
  }
}
