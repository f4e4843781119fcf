import type { AudioFrame } from '../items.js';

/** Frames kept, about ten seconds of them. */
const MAX_FRAMES = 512;
/** Bytes kept. */
const MAX_BYTES = 1024 * 1024;

/**
 * Audio from before the file's tracks are settled: a large picture arrives long after the audio of its time. Holds at most 512 frames and
 * 1 MiB, as copies, so that small frames do not keep the chunks in memory that they came in.
 */
export class EarlyAudio {
  private frames: AudioFrame[] = [];
  private bytes = 0;

  /** Keeps a frame, and returns whether that is more than should be kept. */
  add(frame: AudioFrame): boolean {
    this.frames.push({ ...frame, parts: [Buffer.concat(frame.parts, frame.byteLength)] });
    this.bytes += frame.byteLength;
    return this.isFull;
  }

  /** Gives up the oldest frames, so many that no more than should be are kept: a large one takes the place of several small ones. */
  drop(): void {
    while (this.isFull) this.bytes -= this.frames.shift()?.byteLength ?? 0;
  }

  /** Hands out all frames, oldest first, and keeps none. */
  take(): readonly AudioFrame[] {
    const { frames } = this;
    this.frames = [];
    this.bytes = 0;
    return frames;
  }

  private get isFull(): boolean {
    return this.frames.length > MAX_FRAMES || this.bytes > MAX_BYTES;
  }
}
