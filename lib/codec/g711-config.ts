/** A-law or µ-law (ITU-T G.711), one byte a sample. */
export interface G711Config {
  readonly codec: 'pcma' | 'pcmu';
  /** Samples per second, 1–65535; it is the RTP clock rate. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** What the sample entry of an MP4 file can hold, in Hz. */
const MAX_RATE = 0xffff;

/**
 * What a stream of G.711 is (RFC 3551 section 4.5.14, Q143).
 *
 * @param clockRate RTP clock rate in Hz; 16 kHz variants occur
 * @param channels default 1
 * @returns or why such a stream is not recorded; never throws
 */
export function g711Config(
  codec: G711Config['codec'],
  clockRate: number,
  channels = 1,
): G711Config | { readonly problem: string } {
  if (clockRate <= MAX_RATE) return { codec, sampleRate: clockRate, channels };
  const name = codec.toUpperCase();
  return { problem: `${name} at ${clockRate} Hz is not recorded: an MP4 file can hold rates of 1 to ${MAX_RATE} Hz` };
}
