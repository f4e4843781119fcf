/** The interleaved channels that a client asks for; undefined where it leaves the choice to the server. */
export interface InterleavedRequest {
  readonly channels: readonly [rtp: number, rtcp: number] | undefined;
}

/**
 * Picks the first transport of a SETUP request that is RTP over the RTSP connection (RFC 2326 section 12.39).
 *
 * @param value the `Transport` header: transports in order of preference, separated by commas
 * @returns undefined if there is none
 */
export function parseTransportRequest(value: string): InterleavedRequest | undefined {
  for (const transport of value.split(',')) {
    const [protocol, ...parameters] = transport.split(';').map((part) => part.trim().toLowerCase());
    if (protocol !== 'rtp/avp/tcp' || parameters.includes('multicast')) continue;
    const interleaved = parameters.find((parameter) => parameter.startsWith('interleaved='));
    if (interleaved === undefined) return { channels: undefined };
    const range = /^interleaved=(\d{1,3})(?:-(\d{1,3}))?$/.exec(interleaved);
    if (range === null) continue;
    const rtp = Number(range[1]);
    const rtcp = range[2] === undefined ? rtp + 1 : Number(range[2]);
    if (rtp <= 255 && rtcp <= 255 && rtp !== rtcp) return { channels: [rtp, rtcp] };
  }
  return undefined;
}
