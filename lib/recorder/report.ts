import type { AudioConfig } from '../codec/audio-config.js';
import type { Fault, FaultCode, SenderReport } from '../items.js';

/**
 * Why a recording ended. Well: `stopped`, `duration`, `bye` (RTCP BYE on all streams, or on the video and soon nothing else), `reader-gone` (stdout's reader went away). Early: `loss`,
 * `connection` (closed or silent), `no-frames` (data without pictures), `stage` (a fault that no recording survives), `output`.
 */
export type EndReason =
  | 'stopped'
  | 'duration'
  | 'bye'
  | 'reader-gone'
  | 'loss'
  | 'connection'
  | 'no-frames'
  | 'stage'
  | 'output';

/** Ends that are as wished. */
const GOOD_ENDS: ReadonlySet<EndReason> = new Set(['stopped', 'duration', 'bye', 'reader-gone']);

/** True if the recording ended as wished rather than early. */
export function endedWell(reason: EndReason): boolean {
  return GOOD_ENDS.has(reason);
}

/** What has been recorded of audio so far. */
export interface AudioStats {
  readonly codec: AudioConfig['codec'];
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Frames written, or about to be. */
  readonly frames: number;
  /** RTP packets that did not arrive. */
  readonly lostPackets: number;
}

/** What has been recorded so far. */
export interface RecordingStats {
  /** Frames of video handed to the muxer. */
  readonly frames: number;
  /** Random access points among them. */
  readonly keyFrames: number;
  /** Bytes of MP4 up to the last whole fragment. */
  readonly bytes: number;
  /** Media time from the first to the last frame, of audio where there is no video, in seconds of the camera's clock. */
  readonly mediaSeconds: number;
  /** Luma samples, 0 before the first frame. */
  readonly width: number;
  readonly height: number;
  /** Absent where no audio is to be recorded. */
  readonly audio?: AudioStats | undefined;
  /** Sender reports of the video, of the audio where there is no video. */
  readonly senderReports: number;
  readonly lastSenderReport?: SenderReport | undefined;
  /** RTP packets of the video that did not arrive. */
  readonly lostPackets: number;
  /** Access units left out because they were damaged. */
  readonly damagedFrames: number;
  /** Number of faults by code. */
  readonly faults: Readonly<Partial<Record<FaultCode, number>>>;
  /** Unix time in ns at which the first frame began to arrive. */
  readonly startedAt?: bigint | undefined;
}

/** The result of a recording. */
export interface RecordingReport extends RecordingStats {
  readonly reason: EndReason;
  /** What went wrong; absent where the recording ended well. */
  readonly error?: Error | undefined;
  /** The file's name; absent for streams, and where nothing was recorded. */
  readonly path?: string | undefined;
  /** The camera's URL without credentials. */
  readonly url: string;
}

/** Codes of faults that say that an access unit was left out. */
const DAMAGE: ReadonlySet<FaultCode> = new Set(['h264-damaged', 'h264-malformed', 'h264-unsupported']);

/** Whether a fault means that an access unit was left out. */
export function isDamage(fault: Fault): boolean {
  return DAMAGE.has(fault.code);
}
