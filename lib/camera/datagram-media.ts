import { DatagramOutlet, type DatagramRoute } from './datagram-outlet.js';
import type { DatagramPorts, DatagramSender, PortPair } from './datagram-ports.js';
import { FaultyFrames } from './faults/faulty-frames.js';
import { FaultySender } from './faults/faulty-sender.js';
import type { FaultCounts, FaultPlan } from './faults/plan.js';
import { Wire } from './faults/wire.js';
import type { FrameSink } from './outlet.js';
import type { CameraTimers } from './timers.js';
import { FRAME_PREFIX } from './wire-loop.js';

/** What a {@link DatagramMedia} needs. */
export interface DatagramMediaOptions {
  readonly ports: DatagramPorts;
  /** The client's address. */
  readonly address: string;
  readonly timers: CameraTimers;
  readonly faults: FaultPlan | undefined;
  readonly counts: FaultCounts;
  /** Clock rate in Hz of the medium on a channel. */
  readonly clockRate: (channel: number) => number;
  /** Is told the size of each datagram that has left. */
  readonly sent: (bytes: number) => void;
  /** Is given what comes from the client's ports. */
  readonly received: (packet: Buffer) => void;
  /** Called at the place where the plan of faults ends the connection. */
  readonly reached: () => void;
}

/**
 * A session's media over UDP: which ports of the client its streams go to, and what comes from there. To the player its streams have
 * channels, as over TCP: 2i and 2i+1 for medium i.
 */
export class DatagramMedia {
  private readonly streams = new Map<number, { readonly ports: PortPair; readonly stopListening: () => void }>();
  private readonly closings: (() => void)[] = [];

  constructor(private readonly options: DatagramMediaOptions) {
    this.closings.push(options.ports.onClose(() => this.close()));
  }

  /** Lets a stream go to these ports of the client, and listens to them; before {@link open}. */
  setup(mediaIndex: number, ports: PortPair): { rtpChannel: number; rtcpChannel: number } {
    const { address, received } = this.options;
    this.streams.get(mediaIndex)?.stopListening();
    const stopListening = this.options.ports.listen({ address, ports, received });
    this.streams.set(mediaIndex, { ports, stopListening });
    return { rtpChannel: 2 * mediaIndex, rtcpChannel: 2 * mediaIndex + 1 };
  }

  /** Where the player puts the media. To be called once. */
  open(): FrameSink {
    const { ports, address, timers, faults, counts, clockRate, sent } = this.options;
    const routes = new Map<number, DatagramRoute>();
    for (const [mediaIndex, { ports: client }] of this.streams) {
      routes.set(2 * mediaIndex, { isRtcp: false, address, port: client.rtp });
      routes.set(2 * mediaIndex + 1, { isRtcp: true, address, port: client.rtcp });
    }
    let sender: DatagramSender = ports;
    if (faults !== undefined) {
      const faulty = new FaultySender(ports, ports.address, faults, counts);
      this.closings.push(() => faulty.close());
      sender = faulty;
    }
    const outlet = new DatagramOutlet({ sender, routes, timers, sent });
    this.closings.push(() => outlet.close());
    if (faults === undefined) return outlet;
    const wire = new Wire({ write: (data, done) => outlet.frames(data, done) }, { timers });
    this.closings.push(() => wire.close());
    const reached = () => {
      if (faults.end?.how === 'silence') wire.finish(() => {});
      this.options.reached();
    };
    return new FaultyFrames(wire, { plan: faults, clockRate, counts, half: halfPacket, reached });
  }

  /** Ends it at once. Can be called again. */
  close(): void {
    for (const { stopListening } of this.streams.values()) stopListening();
    this.streams.clear();
    for (const close of this.closings.splice(0)) close();
  }
}

/** The first half of the packet in a frame that is right for it. */
function halfPacket(frame: Buffer): Buffer {
  const half = Buffer.from(frame.subarray(0, FRAME_PREFIX + ((frame.length - FRAME_PREFIX) >> 1)));
  half.writeUInt16BE(half.length - FRAME_PREFIX, 2);
  return half;
}
