import type { AudioConfig } from '../codec/audio-config.js';
import type { H264Parameters } from '../codec/h264-parameters.js';
import { audioSampleEntry } from './audio-sample-entry.js';
import { avcSampleEntry } from './avc.js';

/** What the samples of a track are. */
export type TrackFormat = VideoFormat | AudioFormat;

/** H.264. */
interface VideoFormat {
  readonly kind: 'video';
  /** Distinct parameter sets, at least one; the first says how large the pictures are to be shown. */
  readonly parameters: readonly H264Parameters[];
}

/** Audio of one configuration throughout. */
interface AudioFormat {
  readonly kind: 'audio';
  readonly config: AudioConfig;
}

/** The sample entries of a track, in the order in which its samples refer to them. */
export function sampleEntries(format: TrackFormat): Buffer[] {
  return format.kind === 'video' ? format.parameters.map(avcSampleEntry) : [audioSampleEntry(format.config)];
}
