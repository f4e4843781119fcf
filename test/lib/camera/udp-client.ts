import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { header, type RtspResponse } from '../../../lib/rtsp/message.js';
import { TestClient } from './test-client.js';

/** A datagram as a client got it. */
export interface ReceivedDatagram {
  readonly data: Buffer;
  readonly from: RemoteInfo;
}

/** One of a client's ports, on loopback. */
export class UdpPort {
  readonly received: ReceivedDatagram[] = [];
  private waiting: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('message', (data, from) => {
      this.received.push({ data, from });
      const waiting = this.waiting;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    });
  }

  /** @param port 0 for any */
  static async open(port = 0): Promise<UdpPort> {
    const socket = createSocket('udp4');
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return new UdpPort(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  get packets(): Buffer[] {
    return this.received.map(({ data }) => data);
  }

  /** Resolves once `done` holds; looks again whenever a datagram has come. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Resolves once the system has taken the datagram. */
  async send(hex: string, port: number): Promise<void> {
    await new Promise((resolve) =>
      this.socket.send(Buffer.from(hex.replaceAll(' ', ''), 'hex'), port, '127.0.0.1', resolve),
    );
  }
}

/** A client that wants its media over UDP. RTP and RTCP ports are any two. */
export class UdpClient {
  private constructor(
    readonly rtsp: TestClient,
    readonly rtp: UdpPort,
    readonly rtcp: UdpPort,
  ) {}

  static async open(port: number): Promise<UdpClient> {
    return new UdpClient(await TestClient.open(port), await UdpPort.open(), await UdpPort.open());
  }

  /** SETUP of one stream; `transport` as the answer has it. */
  async setup(
    url: string,
    stream = 0,
    session?: string,
  ): Promise<{ id: string; transport: string; serverPorts: [rtp: number, rtcp: number]; response: RtspResponse }> {
    const headers: [string, string][] = [
      ['Transport', `RTP/AVP;unicast;client_port=${this.rtp.port}-${this.rtcp.port}`],
    ];
    if (session !== undefined) headers.push(['Session', session]);
    const response = await this.rtsp.request('SETUP', `${url}/stream=${stream}`, headers);
    const transport = header(response, 'transport') ?? '';
    const [, rtp, rtcp] = /server_port=(\d+)-(\d+)/.exec(transport) ?? [];
    const id = (header(response, 'session') ?? '').split(';')[0]!;
    return { id, transport, serverPorts: [Number(rtp), Number(rtcp)], response };
  }

  /** SETUP and PLAY of one stream. */
  async play(url: string): Promise<{ id: string; serverPorts: [rtp: number, rtcp: number]; response: RtspResponse }> {
    const { id, serverPorts } = await this.setup(url);
    return { id, serverPorts, response: await this.rtsp.request('PLAY', url, [['Session', id]]) };
  }

  close(): void {
    this.rtsp.close();
    this.rtp.socket.close();
    this.rtcp.socket.close();
  }
}
