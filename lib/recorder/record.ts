import { RetinaRecordError } from '../errors.js';
import { connect } from '../net/connect.js';
import { type SessionWarning, WarningLog } from '../net/warnings.js';
import type { RecordOptions, RecordTarget } from './options.js';
import { openOutput } from './output-file.js';
import { Recording, type RecordingOutput } from './recording.js';
import { selectMedia } from './select-media.js';

/** A file gets whole fragments, which last a second by default: nothing is gained by making frames at once of what is received. */
const LONGEST_HOLD_MS = 1000;

/**
 * Records a camera's H.264 video, and its AAC or G.711 audio, until {@link Recording.stop} is called or it ends by itself.
 *
 * Resolves once the camera plays. A file is called `OUT.partial` until it is closed. A stream gets fragmented MP4 and is ended.
 *
 * @param url `rtsp://` or `rtsps://`
 * @param target path of the MP4 file, or a stream
 * @throws RetinaRecordError as {@link connect} does, and `no-audio`, `output-exists`, `output-failed`; the error of a stream that fails
 * before the camera plays
 */
export async function record(url: string, target: RecordTarget, options: RecordOptions = {}): Promise<Recording> {
  if (typeof target !== 'string' && !target.writable) {
    throw new RetinaRecordError('output-failed', 'cannot write to the stream: it has been closed or ended');
  }
  const file = typeof target === 'string' ? await openOutput(target, options.overwrite ?? false) : undefined;
  if (file?.notes.leftover !== undefined) {
    const message = `an unfinished recording was in the way; it is now called ${file.notes.leftover}`;
    options.onWarning?.({ code: 'leftover', message });
  }
  const output: RecordingOutput = { file, stream: file?.stream ?? (target as Exclude<RecordTarget, string>) };
  const { signal, fragmentDurationMs = LONGEST_HOLD_MS } = options;
  // A second attempt, over TCP, chooses anew and finds the same.
  const warnings = new WarningLog((warning) => options.onWarning?.(warning));
  const onWarning = ({ code, message }: SessionWarning): void => warnings.add(code, message);
  const connecting = new AbortController();
  let recording: Recording | undefined;
  // Before the camera plays an abort ends the attempt; from then on it ends the recording as stop() does.
  const onAbort = (): void => {
    if (recording === undefined) connecting.abort(signal?.reason);
    else void recording.stop();
  };
  let sinkError: Error | undefined;
  const onSinkError = (error: Error): void => {
    sinkError = error;
    connecting.abort(error);
  };
  output.stream.on('error', onSinkError);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const session = await connect(url, {
      ...options,
      holdMs: options.holdMs ?? (file === undefined ? 0 : Math.min(LONGEST_HOLD_MS, fragmentDurationMs)),
      signal: connecting.signal,
      selectMedia: options.selectMedia ?? ((presentation) => selectMedia(presentation, { ...options, onWarning })),
    });
    if (session.transport === 'udp' && !options.allowLoss) {
      const message = 'over UDP packets get lost, and the first loss ends the recording; --allow-loss goes on';
      onWarning({ code: 'udp-loss', message });
    }
    recording = new Recording(session, output, options);
  } catch (error) {
    signal?.removeEventListener('abort', onAbort);
    await file?.discard();
    throw sinkError ?? error;
  } finally {
    output.stream.off('error', onSinkError);
  }
  void recording.done.then(() => signal?.removeEventListener('abort', onAbort));
  return recording;
}
