/** What a decoder has to know of a stream of audio. */
export type AudioConfig = AacConfig | G711Config;

/** AAC (ISO/IEC 14496-3). */
export interface AacConfig {
  readonly codec: 'aac';
  /** Samples per second of the core codec, 1–65535. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples in a frame: 1024 or 960. */
  readonly frameLength: number;
  /** AudioSpecificConfig (section 1.6.2.1) as the camera sent it. */
  readonly specificConfig: Buffer;
}

/** A-law or µ-law (ITU-T G.711), one byte a sample. */
export interface G711Config {
  readonly codec: 'pcma' | 'pcmu';
  readonly sampleRate: number;
  readonly channels: number;
}
