import { audioConfig } from '../codec/audio-config.js';
import { RetinaRecordError } from '../errors.js';
import type { MediaDescription, Presentation } from '../items.js';
import type { SessionWarning } from '../net/warnings.js';

/** What to record of a camera. */
export interface MediaWishes {
  /** Leave video out. Default false. */
  readonly noVideo?: boolean | undefined;
  /** Leave audio out. Default false. */
  readonly noAudio?: boolean | undefined;
  /**
   * Hears what is left out, and why: `audio-left-out` where there is sound that cannot be recorded, `no-video` where sound is all that
   * can be, `stream-left-out` where that is as it should be.
   */
  readonly onWarning?: ((warning: SessionWarning) => void) | undefined;
}

/**
 * Chooses the streams of a recording: the first H.264 video and the first audio that an MP4 file can hold as it is sent (Q56, Q144).
 * Audio that is sent to the camera, and metadata (Q145), are never chosen; nor is what nobody wishes.
 *
 * @returns indices into `presentation.media`, video first
 * @throws RetinaRecordError `no-video`, or `no-audio` if video is not wished, where nothing is left to record
 */
export function selectMedia({ media }: Presentation, wishes: MediaWishes = {}): readonly number[] {
  const { noVideo = false, noAudio = false, onWarning } = wishes;
  const warn = (code: string, message: string): void => onWarning?.({ code, message });
  const video = noVideo ? undefined : media.find(isVideo);
  const audio = noAudio ? undefined : firstAudio(media, warn);
  if (video === undefined && audio === undefined) throw nothing(media, noVideo);
  if (video === undefined && !noVideo) {
    warn('no-video', `no stream of H.264 video, only ${list(media)}: audio alone is recorded`);
  }
  for (const other of media) {
    if (other.type === 'application') warn('stream-left-out', `${name(other)} is left out: neither video nor audio`);
    else if (other.type === 'video' && !noVideo && other !== video && video !== undefined)
      warn('stream-left-out', `${name(other)} is left out: one video is recorded, ${name(video)}`);
  }
  return [video, audio].flatMap((chosen) => (chosen === undefined ? [] : [chosen.index]));
}

function isVideo({ type, encodingName }: MediaDescription): boolean {
  return type === 'video' && encodingName === 'h264';
}

function firstAudio(
  media: readonly MediaDescription[],
  warn: (code: string, message: string) => void,
): MediaDescription | undefined {
  // Seen from the client `sendonly` is the way to the camera; but some mark all they send so (D-Link).
  const meansIt = media.some(({ direction }) => direction !== 'sendonly');
  let chosen: MediaDescription | undefined;
  for (const stream of media) {
    if (stream.type !== 'audio') continue;
    if (meansIt && stream.direction === 'sendonly') {
      warn('stream-left-out', `${name(stream)} is left out: it leads to the camera`);
    } else if (chosen !== undefined) {
      warn('stream-left-out', `${name(stream)} is left out: one audio is recorded, ${name(chosen)}`);
    } else {
      const config = audioConfig(stream);
      if ('problem' in config) warn('audio-left-out', `stream ${stream.index}: ${config.problem}`);
      else chosen = stream;
    }
  }
  return chosen;
}

function nothing(media: readonly MediaDescription[], noVideo: boolean): RetinaRecordError {
  const wanted = noVideo ? 'audio' : 'H.264 video';
  const text = `the server offers no stream of ${wanted} that could be recorded, only: ${list(media)}`;
  return new RetinaRecordError(noVideo ? 'no-audio' : 'no-video', text);
}

function list(media: readonly MediaDescription[]): string {
  return media.map(({ type, encodingName }) => `${type} ${encodingName}`).join(', ') || 'none at all';
}

function name({ index, type, encodingName }: MediaDescription): string {
  return `stream ${index} (${type} ${encodingName.toUpperCase()})`;
}
