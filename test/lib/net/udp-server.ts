import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { header } from '../../../lib/rtsp/message.js';
import { parseTransport } from '../../../lib/rtsp/transport.js';
import { type Received, status, wellBehaved } from './fake-camera.js';

/** A datagram that a {@link UdpServer} received. */
export interface Datagram {
  readonly data: Buffer;
  readonly port: number;
}

/** The sending side of a camera that does UDP: a socket for RTP and one for RTCP. Emits `rtp` and `rtcp` for what comes in. */
export class UdpServer extends EventEmitter {
  readonly rtpReceived: Datagram[] = [];
  readonly rtcpReceived: Datagram[] = [];
  /** The client's ports, known after its SETUP. */
  client = { rtp: 0, rtcp: 0 };

  private constructor(
    readonly rtp: Socket,
    readonly rtcp: Socket,
    private readonly host: string,
  ) {
    super();
    rtp.on('message', (data, { port }) => {
      this.rtpReceived.push({ data, port });
      this.emit('rtp');
    });
    rtcp.on('message', (data, { port }) => {
      this.rtcpReceived.push({ data, port });
      this.emit('rtcp');
    });
  }

  static async start(t: TestContext, host = '127.0.0.1'): Promise<UdpServer> {
    const sockets = [0, 1].map(() => createSocket(host.includes(':') ? 'udp6' : 'udp4'));
    for (const socket of sockets) {
      socket.bind({ address: host, port: 0, exclusive: true });
      await once(socket, 'listening');
      t.after(() => socket.close());
    }
    return new UdpServer(sockets[0]!, sockets[1]!, host);
  }

  /** `server_port=…` as it is announced. */
  get ports(): string {
    return `server_port=${this.rtp.address().port}-${this.rtcp.address().port}`;
  }

  /** Answers SETUP with UDP, and everything else well. @param more goes into the Transport header, in place of the ports if it is given */
  script(more?: string): (received: Received) => string {
    return (received) => {
      if (received.method !== 'SETUP') return wellBehaved(received) as string;
      return this.answerSetup(received, more);
    };
  }

  /** The answer to a SETUP that asks for UDP. */
  answerSetup({ request }: Received, more = this.ports): string {
    const asked = parseTransport(header(request, 'transport')!).clientPort!;
    this.client = asked;
    const transport = `Transport: RTP/AVP;unicast;client_port=${asked.rtp}-${asked.rtcp};${more}`;
    return status(200, 'OK', transport, 'Session: 4711;timeout=60');
  }

  /** Sends an RTP packet; resolves when it is on its way. */
  send(data: Buffer, from: Socket = this.rtp, port = this.client.rtp): Promise<void> {
    return new Promise((resolve, reject) =>
      from.send(data, port, this.host, (error) => (error ? reject(error) : resolve())),
    );
  }

  sendRtcp(data: Buffer): Promise<void> {
    return this.send(data, this.rtcp, this.client.rtcp);
  }
}
