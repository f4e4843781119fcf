import type { MediaSetup } from '../items.js';
import type { Transport } from '../rtsp/transport.js';

interface Route {
  readonly mediaIndex: number;
  readonly port: number;
  readonly channel: number;
  readonly source: string | undefined;
}

/** Knows which datagrams belong to the streams that were set up over UDP. */
export class UdpRoutes {
  private routes: Route[] = [];

  /** @param serverAddress dotted or colon form of the address at the other end of the RTSP connection */
  constructor(private readonly serverAddress: string) {}

  /** Takes what SETUP agreed on for a stream, in place of what was agreed before; media inside the connection need no route. */
  set(mediaIndex: number, requested: Transport | undefined, answered: Transport, setup: MediaSetup): void {
    this.routes = this.routes.filter((route) => route.mediaIndex !== mediaIndex);
    const ports = answered.multicast ? answered.port : (answered.clientPort ?? requested?.clientPort);
    if (answered.interleaved !== undefined || ports === undefined) return;
    const { source } = answered;
    this.routes.push({ mediaIndex, port: ports.rtp, channel: setup.rtpChannel, source });
    this.routes.push({ mediaIndex, port: ports.rtcp, channel: setup.rtcpChannel, source });
  }

  /**
   * The channel of a datagram, or undefined. It has to come from the camera; from which of its ports tells nothing, since
   * cameras send from others than they announce (Q148).
   */
  channelOf(sourceAddress: () => string, destinationPort: number): number | undefined {
    for (const { port, channel, source } of this.routes) {
      if (port !== destinationPort) continue;
      const address = sourceAddress();
      if (address === this.serverAddress || address === source) return channel;
    }
    return undefined;
  }
}
