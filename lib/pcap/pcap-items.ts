import type { Item } from '../items.js';
import type { CapturedPacket } from './captured-packet.js';
import { ConnectionChoice, type ConnectionSelection } from './connection-choice.js';
import { FragmentReassembler } from './fragments.js';
import { decodeIp, PROTOCOL_TCP, PROTOCOL_UDP } from './ip.js';
import { decodeLink, isKnownLinkType } from './link.js';
import { TcpFlows } from './tcp-flows.js';
import { decodeTcp, decodeUdp } from './transport.js';

/** Turns captured packets into the items of one RTSP session. */
export class PcapItems {
  private readonly choice: ConnectionChoice;
  private readonly flows: TcpFlows;
  private readonly fragments = new FragmentReassembler();
  private readonly unknownLinkTypes = new Set<number>();
  private packets = 0;
  private lastTimestamp: bigint | undefined;

  /**
   * @param output gets the items, in order
   * @param maxHeldBytes cap of what waits for missing TCP segments in one direction
   */
  constructor(
    selection: ConnectionSelection,
    maxHeldBytes: number | undefined,
    private readonly output: (item: Item) => void,
  ) {
    this.choice = new ConnectionChoice(selection, output);
    this.flows = new TcpFlows((client, server, isWhole) => this.choice.open(client, server, isWhole), maxHeldBytes);
  }

  /** Takes a packet; packets of anything else than the session are passed over. */
  push({ linkType, data, timestamp }: CapturedPacket): void {
    this.packets++;
    this.lastTimestamp = timestamp;
    const network = decodeLink(linkType, data);
    if (network === undefined) {
      if (this.unknownLinkTypes.size < 16 && !isKnownLinkType(linkType)) this.unknownLinkTypes.add(linkType);
      return;
    }
    const packet = decodeIp(network);
    const whole = packet && this.fragments.push(packet);
    if (whole?.protocol === PROTOCOL_TCP) {
      const segment = decodeTcp(whole.payload);
      if (segment !== undefined) this.flows.segment(whole, segment, timestamp);
    } else if (whole?.protocol === PROTOCOL_UDP) {
      const datagram = decodeUdp(whole.payload);
      if (datagram === undefined) return;
      const source = { address: whole.source, port: datagram.sourcePort };
      this.choice.datagram(source, datagram.destinationPort, datagram.payload, timestamp);
    }
  }

  /**
   * The capture is over.
   *
   * @param damage what cut it short, if anything did
   * @throws RetinaRecordError `pcap-no-rtsp` if it has no RTSP connection that was wanted
   */
  end(damage: string | undefined): void {
    this.flows.end();
    const unknown = [...this.unknownLinkTypes].join(', ');
    const links = unknown === '' ? '' : `, link types that cannot be read: ${unknown}`;
    this.choice.end(`${this.packets} packets${links}`);
    const incomplete = this.fragments.dropped + this.fragments.pending;
    if (incomplete > 0) this.fault(`${incomplete} fragmented IP packets are incomplete in the capture: left out`);
    if (damage !== undefined) this.fault(damage);
  }

  private fault(message: string): void {
    this.output({ kind: 'fault', code: 'truncated', message, recv: this.lastTimestamp });
  }
}
