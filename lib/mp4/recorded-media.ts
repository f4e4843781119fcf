import { type AudioConfig, audioConfig } from '../codec/audio-config.js';
import type { MediaDescription, Presentation } from '../items.js';

/** A stream of audio, and what its frames are. */
export interface RecordedAudio {
  readonly media: MediaDescription;
  readonly config: AudioConfig;
}

/** The streams of a session that become tracks. */
export interface RecordedMedia {
  readonly video?: MediaDescription | undefined;
  readonly audio?: RecordedAudio | undefined;
}

/** Of the streams that are set up the first of H.264 and the first of audio that can be recorded. */
export function recordedMedia({ media }: Presentation): RecordedMedia {
  const playing = media.filter(({ setup }) => setup !== undefined);
  return {
    video: playing.find(({ encodingName }) => encodingName === 'h264'),
    audio: playing.map(usableAudio).find((audio) => audio !== undefined),
  };
}

function usableAudio(media: MediaDescription): RecordedAudio | undefined {
  const config = media.type === 'audio' ? audioConfig(media) : undefined;
  return config === undefined || 'problem' in config ? undefined : { media, config };
}
