/** How a session's media travel. */
export type TransportKind = 'tcp' | 'udp';

/** What a client asks for and the camera can give. */
export type TransportRequest =
  | {
      readonly kind: 'tcp';
      /** Interleaved channels, 0–255; undefined where the client leaves the choice to the server. */
      readonly channels: readonly [rtp: number, rtcp: number] | undefined;
    }
  | {
      readonly kind: 'udp';
      /** `RTP/AVP` or `RTP/AVP/UDP`, as the client wrote it. */
      readonly profile: string;
      /** The client's ports, 1–65535. */
      readonly clientPorts: readonly [rtp: number, rtcp: number];
    };

/**
 * Picks the first transport of a SETUP request that is possible: RTP over the RTSP connection, or unicast over UDP (RFC 2326 section
 * 12.39). A `destination` is not heeded: a camera that sent media to others than those who ask could be turned against them.
 *
 * @param value the `Transport` header: transports in order of preference, separated by commas
 * @param allowed what the camera offers
 * @returns undefined if there is none
 */
export function parseTransportRequest(
  value: string,
  allowed: readonly TransportKind[] = ['tcp', 'udp'],
): TransportRequest | undefined {
  for (const transport of value.split(',')) {
    const [profile = '', ...parameters] = transport.split(';').map((part) => part.trim());
    const request = parseTransport(
      profile,
      parameters.map((parameter) => parameter.toLowerCase()),
    );
    if (request !== undefined && allowed.includes(request.kind)) return request;
  }
  return undefined;
}

function parseTransport(profile: string, parameters: readonly string[]): TransportRequest | undefined {
  if (parameters.includes('multicast')) return undefined;
  switch (profile.toLowerCase()) {
    case 'rtp/avp/tcp': {
      const interleaved = parameters.find((parameter) => parameter.startsWith('interleaved='));
      if (interleaved === undefined) return { kind: 'tcp', channels: undefined };
      const channels = parsePair(interleaved.slice('interleaved='.length), 0, 255);
      return channels && { kind: 'tcp', channels };
    }
    case 'rtp/avp':
    case 'rtp/avp/udp': {
      // Multicast is what no word of either means (section 12.39), but every client that means it says so.
      const ports = parameters.find((parameter) => parameter.startsWith('client_port='));
      const clientPorts = ports === undefined ? undefined : parsePair(ports.slice('client_port='.length), 1, 65_535);
      return clientPorts && { kind: 'udp', profile, clientPorts };
    }
    default:
      return undefined;
  }
}

/** Two numbers, or one and the next. */
function parsePair(text: string, least: number, most: number): readonly [number, number] | undefined {
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (range === null) return undefined;
  const rtp = Number(range[1]);
  const rtcp = range[2] === undefined ? rtp + 1 : Number(range[2]);
  return rtp !== rtcp && [rtp, rtcp].every((number) => number >= least && number <= most) ? [rtp, rtcp] : undefined;
}
