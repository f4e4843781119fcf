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

/** Rates by samplingFrequencyIndex (table 1.18), in Hz; 13 and 14 are reserved. */
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
/** samplingFrequencyIndex of a rate that follows in 24 bits. */
const EXPLICIT_RATE = 15;
/** Channels by channelConfiguration (table 1.19); 0 leaves them to a program config element. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];
/** Audio object types (table 1.17) whose configuration is GASpecificConfig and whose frames have 1024 or 960 samples. */
const OBJECT_TYPES = ['AAC Main', 'AAC LC', 'AAC SSR', 'AAC LTP'];
const SBR = 5;
const PARAMETRIC_STEREO = 29;
/** Audio object type that is extended by 6 bits. */
const ESCAPE = 31;
/** What the sample entry of an MP4 file can hold, in Hz. */
const MAX_RATE = 0xffff;

/**
 * Reads an AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1, Q138). What follows the core codec's part, such as SBR signalled
 * in the backward compatible way, is left to the decoder: frames, rate and channels are the core's.
 *
 *     |audioObjectType 5|samplingFrequencyIndex 4|channelConfiguration 4|frameLengthFlag 1|dependsOnCoreCoder 1|extension 1|
 *
 * @returns or why such a stream is not recorded; never throws
 */
export function parseAacConfig(specificConfig: Buffer): AacConfig | { readonly problem: string } {
  let offset = 0;
  /** The next bits, undefined behind the end. */
  const read = (count: number): number | undefined => {
    if (offset + count > 8 * specificConfig.length) return undefined;
    let value = 0;
    for (; count > 0; count--, offset++) {
      value = 2 * value + ((specificConfig[offset >> 3]! >> (7 - (offset & 7))) & 1);
    }
    return value;
  };
  const short = { problem: `AAC config ${specificConfig.toString('hex')} is too short` };

  const type = read(5);
  const objectType = type === ESCAPE ? escaped(read(6)) : type;
  if (objectType === undefined) return short;
  if (objectType === SBR || objectType === PARAMETRIC_STEREO) {
    const name = objectType === SBR ? 'SBR' : 'PS';
    return { problem: `AAC with ${name} (audio object type ${objectType}) is not recorded` };
  }
  if (OBJECT_TYPES[objectType - 1] === undefined) {
    return { problem: `audio object type ${objectType} is not recorded, only ${OBJECT_TYPES.join(', ')} (1 to 4)` };
  }
  const rateIndex = read(4);
  const sampleRate = rateIndex === EXPLICIT_RATE ? read(24) : rateIndex;
  const channelConfiguration = read(4);
  const isShortFrame = read(1);
  if (sampleRate === undefined || channelConfiguration === undefined || isShortFrame === undefined) return short;
  const rate = rateIndex === EXPLICIT_RATE ? sampleRate : RATES[sampleRate];
  if (rate === undefined) return { problem: `AAC sampling frequency index ${rateIndex} is reserved` };
  if (rate < 1 || rate > MAX_RATE) {
    return { problem: `AAC at ${rate} Hz is not recorded: an MP4 file can hold rates of 1 to ${MAX_RATE} Hz` };
  }
  const channels = CHANNELS[channelConfiguration];
  if (!channels) return { problem: `AAC channel configuration ${channelConfiguration} is not recorded, only 1 to 7` };
  return { codec: 'aac', sampleRate: rate, channels, frameLength: isShortFrame === 1 ? 960 : 1024, specificConfig };
}

function escaped(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : 32 + bits;
}
