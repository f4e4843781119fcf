import { StartGate } from '../lib/codec/start-gate.js';
import type { AccessUnit, Fault, Item, MediaDescription, NalUnit, SenderReport } from '../lib/items.js';
import { frameTimingSei, senderReportSei, withSei } from '../lib/sei/timing-sei.js';
import { FRAME_HIGH_WATER_MARK, Stage } from '../lib/stage.js';
import { unixNsToNtpTime } from '../lib/time/ntp.js';

/** Sender reports kept for a stream's next access unit; the oldest is given up beyond that, with a fault. */
const MAX_PENDING_REPORTS = 64;

/**
 * Puts timing into H.264 access units as SEI: in every unit when its last packet was received and its RTP timestamp
 * (strawlab.org/89H), and ahead of it each sender report of the same stream that came since the unit before
 * (strawlab.org/o8B). Takes `accessUnit` and `senderReport` items; all others, and the reports, pass.
 */
export class SeiInjector extends Stage {
  private readonly gates = new Map<MediaDescription, StartGate>();
  private readonly pending = new Map<MediaDescription, SenderReport[]>();

  constructor() {
    super({ readable: FRAME_HIGH_WATER_MARK, writable: FRAME_HIGH_WATER_MARK });
  }

  protected override handle(item: Item): void {
    if (item.kind === 'accessUnit') {
      this.push(this.inject(item));
      return;
    }
    this.push(item);
    if (item.kind === 'senderReport' && item.media.encodingName === 'h264') this.keep(item);
  }

  private inject(unit: AccessUnit): AccessUnit {
    const sei: NalUnit[] = [];
    const reports = this.isRecorded(unit) ? this.pending.get(unit.media) : undefined;
    if (reports !== undefined) {
      this.pending.delete(unit.media);
      for (const { recv, ntpTimestamp, rtpTimestamp } of reports) {
        sei.push(senderReportSei(unixNsToNtpTime(recv), ntpTimestamp, rtpTimestamp));
      }
    }
    sei.push(frameTimingSei(unixNsToNtpTime(unit.recvLast), unit.timestamp));
    return withSei(unit, sei);
  }

  /** Units before the start of the recording, or without a picture, are never written: a report put into one would be lost. */
  private isRecorded(unit: AccessUnit): boolean {
    let gate = this.gates.get(unit.media);
    if (gate === undefined) {
      gate = new StartGate();
      this.gates.set(unit.media, gate);
    }
    return gate.admit(unit) !== 'no';
  }

  private keep(report: SenderReport): void {
    const reports = this.pending.get(report.media);
    if (reports === undefined) this.pending.set(report.media, [report]);
    else {
      reports.push(report);
      if (reports.length > MAX_PENDING_REPORTS) this.giveUp(reports.shift()!);
    }
  }

  private giveUp({ media, position, recv }: SenderReport): void {
    const message = `more than the cap of ${MAX_PENDING_REPORTS} sender reports came before a frame: one is left out`;
    this.push({ kind: 'fault', code: 'sender-report-left-out', message, media, position, recv } satisfies Fault);
  }
}
