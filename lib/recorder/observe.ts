import { type Transform, Writable } from 'node:stream';
import { objectTransform } from 'through2';
import { H264Depacketizer } from '../../transforms/h264-depacketizer.js';
import { RtcpSenderReportTap } from '../../transforms/rtcp-sender-report-tap.js';
import { RtpParser } from '../../transforms/rtp-parser.js';
import { RtpReorder } from '../../transforms/rtp-reorder.js';
import { TcpInterleaveDemux } from '../../transforms/tcp-interleave-demux.js';
import type { SpsInfo } from '../codec/h264-sps.js';
import { RetinaRecordError } from '../errors.js';
import type { AccessUnit, FaultCode, Item, SenderReport } from '../items.js';
import type { Session } from '../net/session.js';
import { systemTimers, type Timers } from '../net/timers.js';
import { type Clock, systemClock } from '../time/clock.js';
import { longTimeout } from '../time/long-timeout.js';
import { ntpToUnixNs } from '../time/ntp.js';
import { linkStages } from './link.js';

/** What a stream did while it was looked at. */
export interface Observation {
  /** From PLAY to the end of looking, in ms. */
  readonly durationMs: number;
  /** Pictures, or packets of what is no H.264. */
  readonly frames: number;
  /** Random access points among the pictures. */
  readonly keyFrames: number;
  /** Bytes received after PLAY. */
  readonly bytes: number;
  readonly lostPackets: number;
  /** Pictures per second of RTP time; absent below two pictures. */
  readonly frameRate?: number | undefined;
  /** The parameter set in force at the end. */
  readonly sps?: SpsInfo | undefined;
  /** The first sender report; absent if none came. */
  readonly senderReport?: ReportInfo | undefined;
  /** Number of faults by code. */
  readonly faults: Readonly<Partial<Record<FaultCode, number>>>;
  /** What ended it early. */
  readonly error?: RetinaRecordError | undefined;
}

/** A sender report beside our own clock. */
export interface ReportInfo {
  /** From PLAY, in ms. */
  readonly afterMs: number;
  /** 64-bit NTP timestamp as sent. */
  readonly ntpTimestamp: bigint;
  /** Receive time, Unix time in ns. */
  readonly recv: bigint;
  /** The camera's clock minus ours, in ms, less whatever time the report was under way. */
  readonly clockOffsetMs: number;
}

/** How long a session is looked at. */
export interface ObserveOptions {
  readonly waitMs: number;
  readonly timers?: Timers | undefined;
  readonly clock?: Clock | undefined;
}

/** Pictures that give an idea of the frame rate. */
const ENOUGH_FRAMES = 12;

/** Looks at a session until a sender report and some pictures have come or the time is over, and stops it. Never rejects. */
export async function observe(
  session: Session,
  { waitMs, timers, clock = systemClock }: ObserveOptions,
): Promise<Observation> {
  const playedAt = clock.now();
  const observer = new Observer(playedAt, () => session.stop());
  const cancel = longTimeout(timers ?? systemTimers, () => session.stop(), waitMs);
  let bytes = 0;
  const count = objectTransform((item: Item, _encoding: string, pass: (error: null, item: Item) => void) => {
    if (item.kind === 'chunk' || item.kind === 'interleaved') bytes += item.data.length;
    pass(null, item);
  }) as unknown as Transform;
  const datagrams = session.transport === 'udp';
  const stages = [
    count,
    datagrams ? new RtpReorder() : new TcpInterleaveDemux(),
    new RtpParser({ tolerant: true, initialTimestamp: 'ignore', datagrams, staleSessions: 'drop' }),
    new RtcpSenderReportTap({ unknownSsrc: 'drop-packets' }),
    new H264Depacketizer(),
  ];
  linkStages(session.source, stages, observer, (error) => observer.fail(error));
  await new Promise<void>((resolve) => observer.once('finish', resolve));
  cancel();
  session.stop();
  const durationMs = Number(clock.now() - playedAt) / 1e6;
  return { ...observer.result(), durationMs, bytes };
}

/** The end of the pipeline: counts, and keeps nothing. */
class Observer extends Writable {
  private frames = 0;
  private keyFrames = 0;
  private lostPackets = 0;
  private firstTime = Number.POSITIVE_INFINITY;
  private lastTime = Number.NEGATIVE_INFINITY;
  private clockRate = 1;
  private sps: SpsInfo | undefined;
  private senderReport: ReportInfo | undefined;
  private error: RetinaRecordError | undefined;
  private readonly faults: Partial<Record<FaultCode, number>> = {};

  constructor(
    private readonly playedAt: bigint,
    private readonly onEnough: () => void,
  ) {
    super({ objectMode: true });
  }

  override _write(item: Item, _encoding: BufferEncoding, callback: () => void): void {
    if (item.kind === 'accessUnit') this.unit(item);
    else if (item.kind === 'rtp') this.frames++;
    else if (item.kind === 'senderReport') this.report(item);
    else if (item.kind === 'fault') {
      this.faults[item.code] = (this.faults[item.code] ?? 0) + 1;
      if (item.code.startsWith('connection-')) this.fail(new RetinaRecordError(item.code, item.message));
    }
    if (this.senderReport !== undefined && this.frames >= ENOUGH_FRAMES) this.onEnough();
    callback();
  }

  fail(error: Error): void {
    this.error ??=
      error instanceof RetinaRecordError ? error : new RetinaRecordError('stage', error.message, {}, { cause: error });
  }

  result(): Omit<Observation, 'durationMs' | 'bytes'> {
    const { frames, keyFrames, lostPackets, sps, senderReport, faults, error, clockRate } = this;
    const ticks = this.lastTime - this.firstTime;
    const frameRate = ticks > 0 && Number.isFinite(ticks) ? ((frames - 1) * clockRate) / ticks : undefined;
    return { frames, keyFrames, lostPackets, frameRate, sps, senderReport, faults, error };
  }

  private unit({ lost, randomAccess, extendedTimestamp, media, parameters }: AccessUnit): void {
    // What was lost before the first frame may be a mistake of RTP-Info's (Q74).
    if (this.frames > 0) this.lostPackets += lost;
    this.frames++;
    if (randomAccess !== 'none') this.keyFrames++;
    this.firstTime = Math.min(this.firstTime, extendedTimestamp);
    this.lastTime = Math.max(this.lastTime, extendedTimestamp);
    this.clockRate = media.clockRate;
    this.sps = parameters?.info ?? this.sps;
  }

  private report({ ntpTimestamp, recv }: SenderReport): void {
    this.senderReport ??= {
      afterMs: Math.max(0, Number(recv - this.playedAt) / 1e6),
      ntpTimestamp,
      recv,
      clockOffsetMs: Number(ntpToUnixNs(ntpTimestamp) - recv) / 1e6,
    };
  }
}
