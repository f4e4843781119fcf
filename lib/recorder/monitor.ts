import { StartGate } from '../codec/start-gate.js';
import type { AccessUnit, Fault, FaultCode, Item, SenderReport } from '../items.js';
import { isDamage, type RecordingStats } from './report.js';

/** What a {@link Monitor} tells its recording. */
export interface MonitorEvents {
  readonly fault: (fault: Fault) => void;
  /** A loss that the recording does not allow; nothing more is let through. */
  readonly loss: (message: string) => void;
  readonly bye: () => void;
}

/** Counts what goes into the muxer, and holds up the rest of a recording that lost something without leave. */
export class Monitor {
  private readonly gate = new StartGate();
  private frames = 0;
  private keyFrames = 0;
  private firstTime = 0;
  private lastTime = 0;
  private clockRate = 1;
  private width = 0;
  private height = 0;
  private senderReports = 0;
  private lastSenderReport: SenderReport | undefined;
  private lostPackets = 0;
  private damagedFrames = 0;
  private startedAt: bigint | undefined;
  private readonly faults: Partial<Record<FaultCode, number>> = {};
  private stopped = false;

  constructor(
    private readonly allowLoss: boolean,
    private readonly events: MonitorEvents,
  ) {}

  /** Whether the item may go on to the muxer. */
  admit(item: Item): boolean {
    if (this.stopped) return false;
    if (item.kind === 'accessUnit') return this.unit(item);
    if (item.kind === 'fault') this.fault(item);
    else if (item.kind === 'bye') this.events.bye();
    else if (item.kind === 'senderReport') {
      this.senderReports++;
      this.lastSenderReport = item;
    }
    return !this.stopped;
  }

  /** @param bytes of MP4 up to the last whole fragment */
  stats(bytes: number): RecordingStats {
    const { frames, keyFrames, width, height, senderReports, lastSenderReport, lostPackets, damagedFrames, startedAt } =
      this;
    return {
      frames,
      keyFrames,
      bytes,
      mediaSeconds: (this.lastTime - this.firstTime) / this.clockRate,
      width,
      height,
      senderReports,
      lastSenderReport,
      lostPackets,
      damagedFrames,
      faults: { ...this.faults },
      startedAt,
    };
  }

  private unit(unit: AccessUnit): boolean {
    const { lost } = unit;
    if (this.startedAt !== undefined) this.lostPackets += lost;
    if (this.startedAt !== undefined && lost > 0 && !this.allowLoss) {
      return this.stop(
        `${lost} RTP packet${lost === 1 ? '' : 's'} lost before the frame of RTP time ${unit.timestamp}`,
      );
    }
    if (this.gate.admit(unit) === 'no') return true;
    if (this.startedAt === undefined) {
      this.startedAt = unit.recvFirst;
      this.firstTime = unit.extendedTimestamp;
      this.clockRate = unit.media.clockRate;
    }
    this.frames++;
    if (unit.randomAccess !== 'none') this.keyFrames++;
    this.lastTime = Math.max(this.lastTime, unit.extendedTimestamp);
    // The unit that was marked as changed may have come before the start.
    if (unit.parametersChanged || this.width === 0) {
      this.width = unit.parameters!.info.width;
      this.height = unit.parameters!.info.height;
    }
    return true;
  }

  private fault(fault: Fault): void {
    this.faults[fault.code] = (this.faults[fault.code] ?? 0) + 1;
    this.events.fault(fault);
    if (!isDamage(fault) || this.startedAt === undefined) return;
    this.damagedFrames++;
    if (!this.allowLoss) this.stop(fault.message);
  }

  private stop(message: string): false {
    this.stopped = true;
    this.events.loss(message);
    return false;
  }
}
