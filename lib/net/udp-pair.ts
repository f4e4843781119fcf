import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { networkInterfaces, platform } from 'node:os';
import { RetinaRecordError } from '../errors.js';
import type { NumberPair } from '../rtsp/transport.js';
import { plainAddress } from './udp-origin.js';

/** Two sockets that receive a stream: RTP on an even port, RTCP on the next one (RFC 3550 section 11). */
export interface UdpPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly ports: NumberPair;
  /** What the kernel holds for us on the RTP socket, in bytes; it grants less than is asked for. */
  readonly receiveBufferBytes: number;
}

/** A multicast group that a stream is sent to. */
export interface UdpGroup {
  readonly address: string;
  readonly ports: NumberPair;
  /** The sender, for groups that belong to one (RFC 4607). */
  readonly source: string;
  /** Hops that our own reports may take. Default 1. */
  readonly ttl?: number | undefined;
}

/** Even ports from here on are tried. */
const FIRST_PORT = 5000;
const LAST_PORT = 65_000;
const ATTEMPTS = 10;
/** Wanted and least receive buffer in bytes: a frame of some MB comes in one burst. */
const WANTED_BUFFER = 4 * 1024 * 1024;
const LEAST_BUFFER = 128 * 1024;

/**
 * Binds a pair of random ports, the RTP port even (Q146).
 *
 * @param localAddress of the RTSP connection: the one to which the camera can send
 * @param random n random bytes
 * @throws RetinaRecordError `udp-ports` after ten attempts
 */
export async function openUdpPair(localAddress: string, random: (bytes: number) => Buffer): Promise<UdpPair> {
  const address = bindable(localAddress);
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomPort(random);
    try {
      return await bindPair(address, { rtp: port, rtcp: port + 1 }, false);
    } catch (error) {
      cause = error;
    }
  }
  const why = (cause as Error).message;
  const text = `no pair of UDP ports from ${FIRST_PORT} to ${LAST_PORT} on ${address} is free (${ATTEMPTS} attempts): ${why}`;
  throw new RetinaRecordError('udp-ports', text, {}, { cause });
}

/**
 * Joins a multicast group by the interface of the RTSP connection.
 *
 * @throws RetinaRecordError `udp-ports`
 */
export async function joinGroup(localAddress: string, group: UdpGroup): Promise<UdpPair> {
  const { address, ports, source, ttl = 1 } = group;
  let pair: UdpPair | undefined;
  try {
    // Bound to the group itself a socket gets nothing else that comes to its port; Windows knows no such thing.
    const local = platform() === 'win32' ? (isIP(address) === 6 ? '::' : '0.0.0.0') : address;
    pair = await bindPair(local, ports, true);
    const by = interfaceOf(localAddress);
    for (const socket of [pair.rtp, pair.rtcp]) {
      if (address.startsWith('232.')) socket.addSourceSpecificMembership(source, address, by);
      else socket.addMembership(address, by);
      if (by !== undefined) socket.setMulticastInterface(by);
      socket.setMulticastTTL(Math.max(ttl, 1));
      socket.setMulticastLoopback(false);
    }
    return pair;
  } catch (cause) {
    closePair(pair);
    const text = `cannot join the multicast group ${address}, ports ${ports.rtp}-${ports.rtcp}: ${(cause as Error).message}`;
    throw new RetinaRecordError('udp-ports', text, {}, { cause });
  }
}

/** Closes both sockets. */
export function closePair(pair: Pick<UdpPair, 'rtp' | 'rtcp'> | undefined): void {
  pair?.rtp.close();
  pair?.rtcp.close();
}

/** An even port, each as likely as the others but for the last few. */
function randomPort(random: (bytes: number) => Buffer): number {
  const count = (LAST_PORT - FIRST_PORT) / 2;
  return FIRST_PORT + 2 * (random(4).readUInt32BE() % count);
}

async function bindPair(address: string, ports: NumberPair, shared: boolean): Promise<UdpPair> {
  const rtp = await bindSocket(address, ports.rtp, shared);
  try {
    const rtcp = await bindSocket(address, ports.rtcp, shared);
    return { rtp, rtcp, ports, receiveBufferBytes: widen(rtp) };
  } catch (error) {
    rtp.close();
    throw error;
  }
}

async function bindSocket(address: string, port: number, shared: boolean): Promise<Socket> {
  // Most sessions are over TCP, and Node takes milliseconds to load it.
  const { createSocket } = await import('node:dgram');
  const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', reuseAddr: shared });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  // What is sent may come back as an ICMP error, which means nothing here (Q147).
  socket.on('error', () => {});
  return socket;
}

/** Asks for the wanted receive buffer, or for what the system grants at most: Linux grants less, others refuse. */
function widen(socket: Socket): number {
  for (let bytes = WANTED_BUFFER; bytes >= LEAST_BUFFER; bytes /= 2) {
    try {
      socket.setRecvBufferSize(bytes);
      break;
    } catch {
      // Too much for this system.
    }
  }
  // Linux counts its own book-keeping too, and says twice as much.
  return socket.getRecvBufferSize() / (platform() === 'linux' ? 2 : 1);
}

/** A link-local address cannot be bound without its zone, which a socket does not tell. */
function bindable(localAddress: string): string {
  const address = plainAddress(localAddress);
  return /^fe[89ab]/i.test(address) ? '::' : address;
}

/** The interface as group membership names it: by address for IPv4, by name for IPv6. */
function interfaceOf(localAddress: string): string | undefined {
  const address = plainAddress(localAddress);
  if (isIP(address) === 4) return address;
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    if (entries.some((entry) => plainAddress(entry.address) === address)) return `::%${name}`;
  }
  return undefined;
}
