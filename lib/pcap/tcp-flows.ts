import type { IpPacket } from './ip.js';
import { type OpenConnection, TcpFlow } from './tcp-flow.js';
import { TCP_SYN, type TcpSegment } from './transport.js';

/** Connections that are followed at the same time; above that the oldest that is not wanted is forgotten. */
const MAX_FLOWS = 4096;

/** Sorts segments by the connection they belong to. */
export class TcpFlows {
  private readonly flows = new Map<string, { readonly flow: TcpFlow; readonly firstSender: string }>();

  constructor(
    private readonly open: OpenConnection,
    private readonly maxHeldBytes: number | undefined,
  ) {}

  /** Takes a segment, captured at `recv` in Unix ns. */
  segment({ source, destination }: IpPacket, segment: TcpSegment, recv: bigint): void {
    const sender = `${source.toString('latin1')}${segment.sourcePort}`;
    const receiver = `${destination.toString('latin1')}${segment.destinationPort}`;
    const key = sender < receiver ? `${sender} ${receiver}` : `${receiver} ${sender}`;
    let entry = this.flows.get(key);
    if (entry?.flow.isSuperseded(segment)) {
      entry.flow.end();
      this.flows.delete(key);
      entry = undefined;
    }
    if (entry === undefined) {
      if (segment.payload.length === 0 && (segment.flags & TCP_SYN) === 0) return;
      if (this.flows.size >= MAX_FLOWS) this.forgetOldest();
      const ends = [
        { address: Buffer.from(source), port: segment.sourcePort },
        { address: Buffer.from(destination), port: segment.destinationPort },
      ] as const;
      entry = { flow: new TcpFlow(ends, segment, this.open, this.maxHeldBytes), firstSender: sender };
      this.flows.set(key, entry);
    }
    entry.flow.segment(sender === entry.firstSender ? 0 : 1, segment, recv);
  }

  /** The capture is over. */
  end(): void {
    for (const { flow } of this.flows.values()) flow.end();
    this.flows.clear();
  }

  private forgetOldest(): void {
    for (const [key, { flow }] of this.flows) {
      if (flow.isWanted) continue;
      this.flows.delete(key);
      return;
    }
  }
}
