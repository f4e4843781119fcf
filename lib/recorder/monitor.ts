import { StartGate } from '../codec/start-gate.js';
import type { AccessUnit, AudioFrame, Bye, Fault, FaultCode, Item, MediaDescription, SenderReport } from '../items.js';
import type { RecordedMedia } from '../mp4/recorded-media.js';
import { isDamage, type RecordingStats } from './report.js';

/** What a {@link Monitor} tells its recording. */
export interface MonitorEvents {
  readonly fault: (fault: Fault) => void;
  /** A loss that the recording does not allow; nothing more is let through. */
  readonly loss: (message: string) => void;
  /** The camera ends the video, or the audio where there is no video; `everything` if no stream that was heard goes on. */
  readonly bye: (everything: boolean) => void;
}

/** Figures of a recording that the muxer knows. */
export interface MuxerFigures {
  /** Bytes of MP4 up to the last whole fragment. */
  readonly bytes: number;
  readonly audioFrames: number;
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
  /** Packets lost since the last unit, that no unit has told of yet. */
  private lostSince = 0;
  private damagedFrames = 0;
  private hasAudio = false;
  private lostAudioPackets = 0;
  private startedAt: bigint | undefined;
  private readonly ended = new Set<MediaDescription>();
  private readonly faults: Partial<Record<FaultCode, number>> = {};
  private stopped = false;

  /** @param streams that are recorded */
  constructor(
    private readonly allowLoss: boolean,
    private readonly streams: RecordedMedia,
    private readonly events: MonitorEvents,
  ) {}

  /** Whether the item may go on to the muxer. */
  admit(item: Item): boolean {
    if (this.stopped) return false;
    if (item.kind === 'accessUnit') return this.unit(item);
    if (item.kind === 'audioFrame') this.audio(item);
    else if (item.kind === 'fault') this.fault(item);
    else if (item.kind === 'bye') this.bye(item);
    else if (item.kind === 'senderReport' && item.media === this.leading) {
      this.senderReports++;
      this.lastSenderReport = item;
    }
    return !this.stopped;
  }

  stats({ bytes, audioFrames }: MuxerFigures): RecordingStats {
    const { frames, keyFrames, width, height, senderReports, lastSenderReport, damagedFrames, startedAt } = this;
    return {
      frames,
      keyFrames,
      bytes,
      mediaSeconds: (this.lastTime - this.firstTime) / this.clockRate,
      width,
      height,
      ...this.audioStats(audioFrames),
      senderReports,
      lastSenderReport,
      lostPackets: this.lostPackets + this.lostSince,
      damagedFrames,
      faults: { ...this.faults },
      startedAt,
    };
  }

  /** The stream that the recording follows: the video, or the audio where there is no video. */
  private get leading(): MediaDescription | undefined {
    return this.streams.video ?? this.streams.audio?.media;
  }

  private audioStats(frames: number): Pick<RecordingStats, 'audio'> {
    if (this.streams.audio === undefined) return {};
    const { codec, sampleRate, channels } = this.streams.audio.config;
    return { audio: { codec, sampleRate, channels, frames, lostPackets: this.lostAudioPackets } };
  }

  private unit(unit: AccessUnit): boolean {
    const { lost } = unit;
    if (this.startedAt !== undefined) this.lostPackets += lost;
    this.lostSince = 0;
    if (this.startedAt !== undefined && lost > 0 && !this.allowLoss) {
      return this.stop(
        `${lost} RTP packet${lost === 1 ? '' : 's'} lost before the frame of RTP time ${unit.timestamp}`,
      );
    }
    if (this.gate.admit(unit) === 'no') return true;
    this.time(unit);
    this.frames++;
    if (unit.randomAccess !== 'none') this.keyFrames++;
    // The unit that was marked as changed may have come before the start.
    if (unit.parametersChanged || this.width === 0) {
      this.width = unit.parameters!.info.width;
      this.height = unit.parameters!.info.height;
    }
    return true;
  }

  /** Audio is an addition: nothing that is lost of it ends the video. */
  private audio(frame: AudioFrame): void {
    // Nothing that came before the first frame belongs to the recording (Q91).
    if (this.startedAt !== undefined && this.hasAudio) this.lostAudioPackets += frame.lost;
    this.hasAudio = true;
    if (this.streams.video === undefined) this.time(frame);
  }

  /** Takes note of a frame of the leading stream. */
  private time({ recvFirst, extendedTimestamp, media }: AccessUnit | AudioFrame): void {
    if (this.startedAt === undefined) {
      this.startedAt = recvFirst;
      this.firstTime = extendedTimestamp;
      this.lastTime = extendedTimestamp;
      this.clockRate = media.clockRate;
    }
    this.lastTime = Math.max(this.lastTime, extendedTimestamp);
  }

  private bye({ media, foreign }: Bye): void {
    if (foreign) return;
    this.ended.add(media);
    const { leading, streams, ended } = this;
    if (leading === undefined || !ended.has(leading)) return;
    const audio = streams.audio?.media;
    this.events.bye(audio === undefined || !this.hasAudio || ended.has(audio));
  }

  private fault(fault: Fault): void {
    this.faults[fault.code] = (this.faults[fault.code] ?? 0) + 1;
    this.events.fault(fault);
    if (fault.code === 'rtp-loss' && fault.media?.type !== 'audio' && this.startedAt !== undefined) {
      this.lostSince += fault.lost ?? 0;
    }
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
