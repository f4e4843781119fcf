import { isIP, SocketAddress } from 'node:net';
import { isMulticastAddress } from '../rtsp/multicast.js';
import type { NumberPair, Transport } from '../rtsp/transport.js';

/** From where the datagrams of a stream come. */
export interface UdpOrigin {
  /** Addresses in plain form, the likeliest first. */
  readonly addresses: readonly string[];
  /** The ports that the server has announced. */
  readonly ports?: NumberPair | undefined;
}

/**
 * An address as it can be compared and sent to: IPv4 out of its mapping into IPv6 (RFC 4291 section 2.5.5.2), no brackets, no
 * zone, the usual spelling. What is no address stays as it is.
 */
export function plainAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/s, '$1').replace(/%.*$/s, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  return isIP(bare) === 6 ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare;
}

/**
 * Where the media of a stream come from by the answer to SETUP (Q148). `source=` may be empty, a host name, or the address that the
 * camera has behind a NAT: the address of the RTSP connection counts in any case. Without ports any port will do.
 *
 * @param remoteAddress of the RTSP connection
 */
export function originOf({ source, serverPort }: Transport, remoteAddress: string): UdpOrigin {
  const remote = plainAddress(remoteAddress);
  const named = source === undefined ? '' : plainAddress(source);
  const isUsable = isIP(named) !== 0 && !/^[0.:]+$/.test(named) && !isMulticastAddress(named);
  return { addresses: isUsable && named !== remote ? [named, remote] : [remote], ports: serverPort };
}

/**
 * Judges where datagrams come from. They have to come from the stream's origin; a port other than the announced one is learned
 * from the first sound packet, as some cameras announce ports that they do not use.
 */
export class OriginCheck {
  private learned: number | undefined;

  /** @param announced the server's port, if it named one */
  constructor(
    private readonly addresses: readonly string[],
    private readonly announced: number | undefined,
  ) {}

  /** Where answers go to; undefined as long as nothing tells. */
  get port(): number | undefined {
    return this.announced ?? this.learned;
  }

  /** @param isSound whether the datagram looks like a packet of this stream, so that its port may be learned */
  accepts(address: string, port: number, isSound: boolean): boolean {
    const { addresses } = this;
    if (address !== addresses[0] && !addresses.includes(plainAddress(address))) return false;
    if (port === this.announced || port === this.learned) return true;
    if (this.learned !== undefined || !isSound) return false;
    this.learned = port;
    return true;
  }
}
