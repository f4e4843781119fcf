import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { RetinaRecordError } from '../errors.js';

/** An RTP port and the RTCP port that goes with it, 1–65535. */
export interface PortPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** Sends one datagram. */
export interface DatagramSender {
  /**
   * @param isRtcp which of the two ports it leaves from
   * @param done called, never at once, when `packet` may be written to again; `sent` is false where it never left
   */
  send(packet: Buffer, isRtcp: boolean, to: { address: string; port: number }, done: (sent: boolean) => void): void;
}

/** What a client sends to the ports. */
export interface DatagramPeer {
  /** As the system writes it, like the remote address of an RTSP connection to the same camera. */
  readonly address: string;
  readonly ports: PortPair;
  /** Is given whatever came, of any length. */
  readonly received: (packet: Buffer) => void;
}

/** Below the ports that the system gives to those who do not care, so that few are taken. */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_766;
const ATTEMPTS = 20;

/** The two UDP ports from which a camera sends RTP and RTCP to all its clients: an even one and the next (RFC 3550 section 11). */
export class DatagramPorts implements DatagramSender {
  readonly ports: PortPair;
  readonly address: string;
  private readonly peers = [new Map<string, DatagramPeer['received']>(), new Map<string, DatagramPeer['received']>()];
  private readonly closeCallbacks = new Set<() => void>();
  private isClosed = false;

  private constructor(
    private readonly rtp: Socket,
    private readonly rtcp: Socket,
  ) {
    this.address = rtp.address().address;
    this.ports = { rtp: rtp.address().port, rtcp: rtcp.address().port };
    for (const [kind, socket] of [rtp, rtcp].entries()) {
      const peers = this.peers[kind]!;
      socket.on('message', (data: Buffer, from: RemoteInfo) => {
        peers.get(`${from.address}:${from.port}`)?.(data);
      });
      // What a network says of a datagram that was sent is no matter to anybody else.
      socket.on('error', () => {});
    }
  }

  /**
   * Binds a pair that is free.
   *
   * @param address an IP literal
   * @param random numbers from 0 up to 1, to choose ports
   * @throws RetinaRecordError `udp-ports` if 20 pairs are taken; the system's error if it will not bind at all
   */
  static async bind(address: string, random: () => number = Math.random): Promise<DatagramPorts> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = FIRST_PORT + 2 * Math.floor((random() * (LAST_PORT - FIRST_PORT)) / 2);
      const rtp = await bindSocket(address, port);
      if (rtp === undefined) continue;
      const rtcp = await bindSocket(address, port + 1);
      if (rtcp !== undefined) return new DatagramPorts(rtp, rtcp);
      rtp.close();
    }
    throw new RetinaRecordError('udp-ports', `no two UDP ports of ${address} are free: ${ATTEMPTS} pairs were tried`);
  }

  /** Hands on what comes from a client's ports. @returns a function that ends that */
  listen({ address, ports, received }: DatagramPeer): () => void {
    const keys = [`${address}:${ports.rtp}`, `${address}:${ports.rtcp}`];
    // A client may use its ports again before its old session has timed out; the new one gets them.
    keys.forEach((key, kind) => {
      this.peers[kind]!.set(key, received);
    });
    return () => {
      keys.forEach((key, kind) => {
        if (this.peers[kind]!.get(key) === received) this.peers[kind]!.delete(key);
      });
    };
  }

  send(packet: Buffer, isRtcp: boolean, to: { address: string; port: number }, done: (sent: boolean) => void): void {
    if (this.isClosed) {
      setImmediate(done, false);
      return;
    }
    (isRtcp ? this.rtcp : this.rtp).send(packet, to.port, to.address, (error) => done(error === null));
  }

  /** Calls back once when the ports are closed. @returns a function that takes that back */
  onClose(callback: () => void): () => void {
    this.closeCallbacks.add(callback);
    return () => void this.closeCallbacks.delete(callback);
  }

  /** Can be called again. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const callback of this.closeCallbacks) callback();
    await Promise.all(
      [this.rtp, this.rtcp].map((socket) => {
        const closed = once(socket, 'close');
        socket.close();
        return closed;
      }),
    );
  }
}

/** @returns undefined where the port is taken */
async function bindSocket(address: string, port: number): Promise<Socket | undefined> {
  const type = isIP(address) === 6 ? 'udp6' : 'udp4';
  // Addresses are literals: Node's own look-up would only put every datagram off by a turn.
  const socket = createSocket({ type, lookup: (literal, _options, done) => done(null, literal, isIP(literal)) });
  try {
    const bound = once(socket, 'listening');
    socket.bind({ address, port, exclusive: true });
    await bound;
    return socket;
  } catch (error) {
    socket.close();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
