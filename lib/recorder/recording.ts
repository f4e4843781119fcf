import { EventEmitter } from 'node:events';
import type { Transform, Writable } from 'node:stream';
import type { Fmp4Muxer } from '../../transforms/fmp4-muxer.js';
import { RetinaRecordError } from '../errors.js';
import type { Fault } from '../items.js';
import { type RecordedMedia, recordedMedia } from '../mp4/recorded-media.js';
import type { Session } from '../net/session.js';
import { systemTimers, type Timers } from '../net/timers.js';
import { longTimeout } from '../time/long-timeout.js';
import { linkStages } from './link.js';
import { Monitor } from './monitor.js';
import type { RecordOptions } from './options.js';
import { type OutputFile, outputError } from './output-file.js';
import type { EndReason, RecordingReport, RecordingStats } from './report.js';
import { recordingStages } from './stages.js';

/** Events of a {@link Recording}. */
export interface RecordingEvents {
  /** A fault that the recording survives. */
  fault: [fault: Fault];
  /** The first frame was taken in. */
  start: [];
}

/** What a recording writes to: a file of its own, or somebody's stream. */
export interface RecordingOutput {
  readonly file: OutputFile | undefined;
  readonly stream: Writable;
}

/** Without a frame for so long, though data come, a recording ends. */
const NO_FRAMES_MS = 30_000;
/** So long after the video's end the audio's is waited for. */
const AUDIO_END_MS = 2000;
/** Over UDP a BYE, which has a port of its own, may overtake the last packets. */
const BYE_LAG_MS = { tcp: 0, udp: 250 } as const;
/** Errors that show another session's data on the connection (Q83). */
const FOREIGN_DATA = new Set(['stale-session', 'rtcp-ssrc']);

/**
 * A recording in progress. It ends by {@link stop}, by its duration, or by itself; {@link done} tells how.
 */
export class Recording extends EventEmitter<RecordingEvents> {
  /** Resolves with the report when the file is closed and the session is torn down; never rejects. */
  readonly done: Promise<RecordingReport>;

  private readonly streams: RecordedMedia;
  private readonly monitor: Monitor;
  private readonly timers: Timers;
  private readonly stages: readonly Transform[];
  private readonly muxer: Fmp4Muxer;
  private cancelDuration: (() => void) | undefined;
  private cancelWatch: (() => void) | undefined;
  /** Set once the video has ended by BYE. */
  private cancelLast: (() => void) | undefined;
  private reason: EndReason | undefined;
  private error: Error | undefined;
  /** Ends of the initialization segment and of the fragments that have left the muxer but perhaps not reached the file. */
  private readonly boundaries: number[] = [];
  private bytes = 0;
  private skipTeardown = false;

  /** Use {@link record}. */
  constructor(
    private readonly session: Session,
    private readonly output: RecordingOutput,
    private readonly options: RecordOptions,
  ) {
    super();
    this.timers = options.timers ?? systemTimers;
    this.streams = recordedMedia(session.presentation);
    this.monitor = new Monitor(options.allowLoss ?? false, this.streams, {
      fault: (fault) => this.noteFault(fault),
      loss: (message) => this.finish('loss', new RetinaRecordError('loss', `${message}; --allow-loss goes on without`)),
      bye: (everything) => this.awaitLast(everything ? BYE_LAG_MS[session.transport] : AUDIO_END_MS),
    });
    const keepIndex = output.file !== undefined && !options.fragmented;
    const muxing = { allocate: output.file?.pool.take, keepIndex };
    const { stages, muxer } = recordingStages(session, this.streams, options, this.monitor, muxing);
    this.stages = stages;
    this.muxer = muxer;
    muxer.on('start', () => this.emit('start'));
    muxer.on('warning', (message: string) => options.onWarning?.({ code: 'muxer', message }));
    muxer.on('fragment', ({ offset, length }: { offset: number; length: number }) => this.noteBoundary(offset, length));
    this.done = this.run();
  }

  /** What has been recorded so far. */
  get stats(): RecordingStats {
    return this.monitor.stats({ bytes: this.bytes, audioFrames: this.muxer.audioFrames });
  }

  /** Ends the recording in order: everything received is written, the file closed, the camera told. */
  stop(): Promise<RecordingReport> {
    this.finish('stopped');
    return this.done;
  }

  /** Like {@link stop}, or after it, but without waiting for the camera's answer. */
  stopWithoutTeardown(): Promise<RecordingReport> {
    this.skipTeardown = true;
    void this.session.close({ teardown: false });
    return this.stop();
  }

  private async run(): Promise<RecordingReport> {
    const { session, output, options, timers } = this;
    const { durationMs } = options;
    if (durationMs !== undefined) this.cancelDuration = longTimeout(timers, () => this.finish('duration'), durationMs);
    this.watchFrames(0, 0);
    linkStages(session.source, this.stages, output.stream, (error) => this.stageFailed(error));
    const failure = await sinkEnd(output.stream);
    if (failure !== undefined) this.sinkFailed(failure);
    this.finish('connection');
    this.cancelDuration?.();
    this.cancelWatch?.();
    this.cancelLast?.();
    const closing = session.close({ teardown: !this.skipTeardown });
    const path = await this.closeFile();
    await closing;
    return { ...this.stats, reason: this.reason!, error: this.error, path, url: session.presentation.url };
  }

  /** The first reason counts; what has been received by then still goes the whole way. */
  private finish(reason: EndReason, error?: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.error = error;
    this.session.stop();
  }

  private stageFailed(error: Error): void {
    const { code } = error as Error & { code?: string };
    if (code !== undefined && FOREIGN_DATA.has(code) && this.session.transport === 'tcp')
      this.session.noteForeignData();
    const where = { connection: this.session.remote };
    this.finish('stage', error instanceof RetinaRecordError ? error.within(where) : error);
  }

  private noteFault(fault: Fault): void {
    const { code, message, cause } = fault;
    if (code === 'connection-closed' || code === 'connection-silent') {
      if (this.cancelLast !== undefined) this.finish('bye');
      this.finish('connection', new RetinaRecordError(code, message, {}, { cause }));
    } else {
      this.emit('fault', fault);
    }
  }

  /** The video has ended by BYE; what may still come is waited for. A later call can only shorten that. */
  private awaitLast(ms: number): void {
    this.cancelLast?.();
    if (ms === 0) this.finish('bye');
    else this.cancelLast = longTimeout(this.timers, () => this.finish('bye'), ms);
  }

  private sinkFailed(error: Error): void {
    const { file } = this.output;
    if (file !== undefined) this.override('output', outputError(file.path, error));
    else if ((error as NodeJS.ErrnoException).code === 'EPIPE') this.finish('reader-gone');
    else this.override('output', error);
    for (const stage of this.stages) stage.destroy();
  }

  /** A file that could not be written is worse than whatever ended the recording before. */
  private override(reason: EndReason, error: Error): void {
    this.finish(reason, error);
    this.reason = reason;
    this.error = error;
  }

  private noteBoundary(offset: number, length: number): void {
    this.bytes = offset + length;
    const { file } = this.output;
    if (file === undefined) return; // nothing will be cut there
    // Only the last boundary that has been written, and those after it, can matter.
    const written = this.boundaries.findLastIndex((end) => end <= file.stream.bytesWritten);
    if (written > 0) this.boundaries.splice(0, written);
    if (this.boundaries.length === 0) this.boundaries.push(offset);
    this.boundaries.push(offset + length);
  }

  /** Returns the path, unless there is no file or nothing in it. */
  private async closeFile(): Promise<string | undefined> {
    const { file } = this.output;
    if (file === undefined) return undefined;
    try {
      const whole = this.boundaries.findLast((end) => end <= file.stream.bytesWritten);
      if (whole === undefined) {
        await file.discard();
        return undefined;
      }
      const isWhole = whole === this.bytes && !this.options.fragmented;
      const failure = await file.close(whole, isWhole ? this.muxer.closing : undefined);
      if (failure !== undefined)
        this.options.onWarning?.({ code: 'fragmented', message: `${failure.message}; it stays fragmented` });
      return file.finalPath;
    } catch (error) {
      this.override('output', outputError(file.path, error));
      return file.partialPath;
    }
  }

  /** Ends a recording to which data come but no pictures, or no audio where that is all there is; a sink that is merely slow does not count. */
  private watchFrames(frames: number, received: number): void {
    const check = (): void => {
      const { frames: videoFrames, audio } = this.stats;
      const framesNow = this.streams.video === undefined ? (audio?.frames ?? 0) : videoFrames;
      const bytesNow = this.session.receiveStats.bytes;
      const isStuck = framesNow === frames && bytesNow > received && !this.output.stream.writableNeedDrain;
      if (isStuck) {
        const message = `data arrive, but no frame could be made of them for ${NO_FRAMES_MS / 1000} s`;
        this.finish('no-frames', new RetinaRecordError('no-frames', message));
      } else {
        this.watchFrames(framesNow, bytesNow);
      }
    };
    this.cancelWatch = longTimeout(this.timers, check, NO_FRAMES_MS);
  }
}

/**
 * Waits until a sink has taken everything or has failed. Not by `finished()`: that waits for the close of a file whose descriptor is
 * kept open on purpose.
 */
function sinkEnd(sink: Writable): Promise<Error | undefined> {
  return new Promise((resolve) => {
    sink.once('finish', () => resolve(undefined));
    sink.once('error', resolve);
    const closed = (): void =>
      resolve(sink.errored ?? new Error('the output was closed before everything was written'));
    sink.once('close', closed);
    // It may have been before there was anything to write, and then says nothing more.
    if (sink.destroyed) closed();
  });
}
