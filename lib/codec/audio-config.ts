import type { AacConfig } from './aac-config.js';
import { parseAacFmtp } from './aac-fmtp.js';
import { type G711Config, g711Config } from './g711-config.js';

export type { AacConfig } from './aac-config.js';
export type { G711Config } from './g711-config.js';

/** What a decoder has to know of a stream of audio. */
export type AudioConfig = AacConfig | G711Config;

/** What {@link audioConfig} looks at: a part of a `MediaDescription`. */
export interface AudioMedia {
  /** Media type, `audio`. */
  readonly type: string;
  /** Encoding name in lower case. */
  readonly encodingName: string;
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
  readonly channels?: number | undefined;
  readonly fmtp?: string | undefined;
}

/** Fastest RTP clock in Hz that is followed, several times that of any audio: 32 bits of a faster one soon are but a few seconds. */
const MAX_CLOCK_RATE = 1_000_000;

/**
 * Whether and how a stream of audio is recorded: AAC of RFC 3640's AAC-hbr (Q137, Q138) and G.711 (Q143). Where the SDP
 * contradicts the AAC config, the config counts; the RTP clock is the SDP's all the same.
 *
 * @returns or one line that says why it is not (Q144); never throws
 */
export function audioConfig(media: AudioMedia): AudioConfig | { readonly problem: string } {
  const { type, encodingName, clockRate, channels } = media;
  const name = encodingName.toUpperCase();
  if (type !== 'audio') return { problem: `${name} is not recorded as audio: it is a stream of type ${type}` };
  if (clockRate > MAX_CLOCK_RATE) return { problem: `${name} with an RTP clock of ${clockRate} Hz is not recorded` };
  if (encodingName === 'mpeg4-generic') {
    const fmtp = parseAacFmtp(media.fmtp);
    return 'problem' in fmtp ? fmtp : fmtp.config;
  }
  if (encodingName === 'pcma' || encodingName === 'pcmu') return g711Config(encodingName, clockRate, channels);
  return { problem: `${name} is not recorded: only AAC (MPEG4-GENERIC), PCMA and PCMU are` };
}

/**
 * Codec string as RFC 6381 has it for MP4 files: `mp4a.40.2` for AAC LC. For G.711 it is the sample entry's type.
 */
export function audioCodecString(config: AudioConfig): string {
  if (config.codec !== 'aac') return config.codec === 'pcma' ? 'alaw' : 'ulaw';
  return `mp4a.40.${config.specificConfig[0]! >> 3}`;
}
