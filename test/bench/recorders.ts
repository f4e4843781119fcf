import { rm, stat } from 'node:fs/promises';
import { COMMAND } from './command.js';
import { measure, type Usage } from './measure.js';

/** A program under measurement. */
export interface Recorder {
  readonly name: string;
  readonly command: string;
  args(url: string, out: string, seconds?: number): readonly string[];
}

export const OURS: Recorder = {
  name: 'retina-record',
  command: process.execPath,
  args: (url, out, seconds) => [
    COMMAND,
    ...['--url', url, '-y'],
    ...(seconds === undefined ? [] : ['--duration', String(seconds)]),
    out,
  ],
};

export const FFMPEG: Recorder = {
  name: 'ffmpeg -c copy',
  command: 'ffmpeg',
  args: (url, out, seconds) => [
    ...['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url],
    ...(seconds === undefined ? [] : ['-t', String(seconds)]),
    ...['-c', 'copy', '-y', out],
  ],
};

/** The Rust program, given its executable. */
export const RUST = (command: string): Recorder => ({
  name: 'the Rust retina-record',
  command,
  args: (url, out, seconds) => ['--url', url, ...(seconds === undefined ? [] : ['--duration', String(seconds)]), out],
});

/** Records once; the file has to hold at least `minimumBytes`, and ours exactly `frames` if given. */
export async function runRecorder(
  recorder: Recorder,
  url: string,
  out: string,
  expected: { minimumBytes: number; frames?: number },
  seconds?: number,
): Promise<Usage> {
  const usage = await measure(recorder.command, recorder.args(url, out, seconds));
  const { size } = await stat(out);
  await rm(out);
  if (size < expected.minimumBytes) {
    throw new Error(`${recorder.name} recorded ${size} of at least ${expected.minimumBytes} bytes: ${usage.stderr}`);
  }
  if (recorder === OURS) {
    const text = /^INFO: .*\brecorded .*: (\d+) frames/m.exec(usage.stderr)?.[1];
    const frames = text === undefined ? undefined : Number(text);
    if (usage.exitCode !== 0 || (expected.frames !== undefined && frames !== expected.frames)) {
      throw new Error(
        `retina-record recorded ${frames} of ${expected.frames} frames, exit ${usage.exitCode}: ${usage.stderr}`,
      );
    }
  }
  return usage;
}
