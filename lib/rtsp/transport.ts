import { parseSsrc } from './ssrc.js';

/** Two numbers that belong together: RTP's and RTCP's channel or port. */
export interface NumberPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** What a `Transport` header says (RFC 2326 section 12.39), as far as anybody needs it. */
export interface Transport {
  /** `RTP/AVP`, `RTP/AVP/TCP`, …; empty where it is missing. Tells nothing reliable (Q65). */
  readonly profile: string;
  readonly interleaved?: NumberPair | undefined;
  readonly clientPort?: NumberPair | undefined;
  readonly serverPort?: NumberPair | undefined;
  /** Address from which the media come. */
  readonly source?: string | undefined;
  readonly multicast: boolean;
  /** Address to which the media go: the group, for multicast. */
  readonly destination?: string | undefined;
  /** The group's ports, for multicast. */
  readonly port?: NumberPair | undefined;
  /** Hops that multicast may take, 0–255. */
  readonly ttl?: number | undefined;
  readonly ssrc?: number | undefined;
  /** Values that made no sense and count as absent, as `name=value`. */
  readonly ignored: readonly string[];
}

/** What SETUP asks for: interleaved in the RTSP connection, to two UDP ports, or to a group that the server names. */
export type TransportRequest =
  | { readonly kind: 'tcp'; readonly channels: NumberPair }
  | { readonly kind: 'udp'; readonly clientPorts: NumberPair }
  | { readonly kind: 'multicast' };

/** The `Transport` value of a SETUP request: nothing in it that a server might not know (Q57). */
export function serializeTransport(request: TransportRequest): string {
  switch (request.kind) {
    case 'tcp':
      return `RTP/AVP/TCP;unicast;interleaved=${request.channels.rtp}-${request.channels.rtcp}`;
    case 'udp':
      return `RTP/AVP/UDP;unicast;client_port=${request.clientPorts.rtp}-${request.clientPorts.rtcp}`;
    case 'multicast':
      return 'RTP/AVP;multicast';
  }
}

/**
 * Parses the `Transport` value of an answer: parameters in any order and case, the profile anywhere (Q61), a comma in place of a
 * semicolon (Victure PC730, Q62), one number or two (Q64). Never throws.
 */
export function parseTransport(value: string): Transport {
  const params = new Map<string, string>();
  const ignored: string[] = [];
  let profile = '';
  let multicast = false;
  for (const part of value.split(/[;,]/)) {
    const text = part.trim();
    if (text === '') continue;
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase();
    if (equals < 0 && text.includes('/')) profile ||= text;
    else if (name === 'multicast') multicast = true;
    else if (equals >= 0 && !params.has(name)) params.set(name, text.slice(equals + 1).trim());
  }
  const read = <T>(name: string, parse: (text: string) => T | null | undefined): T | undefined => {
    const text = params.get(name);
    const parsed = text === undefined ? undefined : parse(text);
    if (parsed === null) ignored.push(`${name}=${text}`);
    return parsed ?? undefined;
  };
  return {
    profile,
    multicast,
    interleaved: read('interleaved', (text) => parsePair(text, 0)),
    clientPort: read('client_port', (text) => parsePair(text, 1)),
    serverPort: read('server_port', (text) => parsePair(text, 1)),
    source: params.get('source') || undefined,
    destination: params.get('destination') || undefined,
    // A second number of 0 counts as absent.
    port: read('port', (text) => parsePair(text.replace(/\s*-\s*0+$/, ''), 1)),
    ttl: read('ttl', parseTtl),
    ssrc: read('ssrc', parseSsrc),
    ignored,
  };
}

/** `n-m`, or `n` for n and n+1 (Q64); up to 65535, the caller knows the narrower limit of channels. */
function parsePair(text: string, least: number): NumberPair | null {
  const match = /^"?(\d{1,5})(?:\s*-\s*(\d{1,5}))?"?$/.exec(text);
  if (!match) return null;
  const rtp = Number(match[1]);
  const rtcp = match[2] === undefined ? rtp + 1 : Number(match[2]);
  return rtp < least || rtp > 65535 || rtcp < least || rtcp > 65535 ? null : { rtp, rtcp };
}

function parseTtl(text: string): number | null {
  return /^\d{1,3}$/.test(text) && Number(text) < 256 ? Number(text) : null;
}
