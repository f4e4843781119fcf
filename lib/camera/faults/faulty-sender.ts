import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { DatagramSender } from '../datagram-ports.js';
import { RTP_HEADER } from '../wire-loop.js';
import type { FaultCounts, FaultPlan } from './plan.js';
import { SeededRandom } from './random.js';

/** Keeps datagrams back, or has somebody else send forged ones, by plan. */
export class FaultySender implements DatagramSender {
  private readonly stranger: Socket | undefined;
  private readonly random: SeededRandom;

  /** @param address from which the camera itself sends, an IP literal */
  constructor(
    private readonly sender: DatagramSender,
    address: string,
    private readonly plan: FaultPlan,
    private readonly counts: FaultCounts,
  ) {
    this.random = new SeededRandom(plan.seed ?? 1, 'foreign');
    if (plan.foreign !== undefined) this.stranger = bindStranger(address);
  }

  send(packet: Buffer, isRtcp: boolean, to: { address: string; port: number }, done: (sent: boolean) => void): void {
    if (this.plan.noDatagrams) {
      this.counts.datagramsWithheld++;
      setImmediate(done, false);
      return;
    }
    if (this.stranger !== undefined && !isRtcp && this.random.chance(this.plan.foreign ?? 0)) {
      this.counts.packetsForged++;
      this.stranger.send(forge(packet), to.port, to.address, () => {});
    }
    this.sender.send(packet, isRtcp, to, done);
  }

  close(): void {
    this.stranger?.close();
  }
}

/** The same header, so that whoever believes it takes the real packet for a duplicate; no byte of the payload is right. */
function forge(packet: Buffer): Buffer {
  return Buffer.from(packet.map((byte, i) => (i < RTP_HEADER ? byte : byte ^ 0xff)));
}

/** A socket of another address where the system has one more of the kind, else of another port. */
function bindStranger(address: string): Socket {
  const socket = createSocket({
    type: isIP(address) === 6 ? 'udp6' : 'udp4',
    lookup: (literal, _options, done) => done(null, literal, isIP(literal)),
  });
  socket.on('error', () => {});
  const isLoopback = address.startsWith('127.') && process.platform === 'linux';
  socket.bind(0, isLoopback ? '127.0.0.2' : address);
  return socket;
}
