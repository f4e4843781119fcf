import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';
import { header, type RtspRequest } from '../../../lib/rtsp/message.js';

/** A request as the camera received it. */
export interface Received {
  readonly request: RtspRequest;
  readonly method: string;
  readonly cseq: string;
  /** The bytes up to the end of the read that completed it. */
  readonly raw: string;
  /** Number of the connection, from 0. */
  readonly connection: number;
  readonly socket: Socket;
}

/** What a script answers: text with `\n` line ends and `%CSEQ%`, bytes, or nothing. */
export type Answer = string | Buffer | undefined;
export type Script = (received: Received, camera: FakeCamera) => Answer;

export const SDP = [
  'v=0',
  's=Fake',
  'a=control:*',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:trackID=1',
  'm=audio 0 RTP/AVP 8',
  'a=control:trackID=2',
  '',
].join('\r\n');

/** A 200 answer to DESCRIBE. */
export function described(sdp = SDP, ...headers: string[]): string {
  const head = [
    'RTSP/1.0 200 OK',
    'CSeq: %CSEQ%',
    'Content-Type: application/sdp',
    ...headers,
    `Content-Length: ${sdp.length}`,
    '',
    '',
  ];
  return head.join('\r\n') + sdp;
}

/** An answer without a body. */
export function status(code: number, reason = '', ...headers: string[]): string {
  return [`RTSP/1.0 ${code} ${reason}`, 'CSeq: %CSEQ%', ...headers, '', ''].join('\r\n');
}

/** An interleaved frame. */
export function frame(channel: number, payload: Buffer | string): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload;
  const head = Buffer.from([0x24, channel, data.length >> 8, data.length & 255]);
  return Buffer.concat([head, data]);
}

/** What a camera without oddities answers. */
export function wellBehaved({ request }: Received): Answer {
  switch (request.method) {
    case 'OPTIONS':
      return status(200, 'OK', 'Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER');
    case 'DESCRIBE':
      return described();
    case 'SETUP':
      return status(200, 'OK', `Transport: ${header(request, 'transport')};ssrc=11223344`, 'Session: 4711;timeout=60');
    case 'PLAY':
      return status(200, 'OK', 'Session: 4711', 'RTP-Info: url=trackID=1;seq=100;rtptime=5000');
    default:
      return status(200, 'OK', 'Session: 4711');
  }
}

/** A scripted RTSP server on loopback. Emits `request` after each one and `connection`. */
export class FakeCamera extends EventEmitter {
  readonly requests: Received[] = [];
  readonly sockets: Socket[] = [];

  private constructor(
    private readonly server: Server,
    private readonly script: Script,
    private readonly scheme: string,
  ) {
    super();
  }

  static async start(script: Script = wellBehaved, tls?: { key: string; cert: string }): Promise<FakeCamera> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const camera = new FakeCamera(server, script, tls === undefined ? 'rtsp' : 'rtsps');
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => camera.accept(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return camera;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${this.port}/live`;
  }

  get methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** The socket of the newest connection. */
  get socket(): Socket {
    return this.sockets.at(-1)!;
  }

  /** Waits until n requests of a method have arrived in all; returns the last of them. */
  async received(method: string, n = 1): Promise<Received> {
    for (;;) {
      const found = this.requests.filter((received) => received.method === method);
      if (found.length >= n) return found[n - 1]!;
      await once(this, 'request');
    }
  }

  /** Writes an answer on the newest connection as a reply to a request. */
  reply(received: Received, answer: Answer): void {
    if (answer === undefined || received.socket.destroyed) return;
    received.socket.write(
      typeof answer === 'string' ? Buffer.from(answer.replace('%CSEQ%', received.cseq), 'latin1') : answer,
    );
  }

  /** Closes everything; may be called again. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(socket: Socket): void {
    const connection = this.sockets.push(socket) - 1;
    let raw = '';
    let position = 0;
    socket.on('error', () => {});
    const framer = new InterleaveFramer({
      frame: () => {},
      junk: () => {},
      message: (message) => {
        if (message.type === 'response') {
          this.emit('response', message);
          return;
        }
        const received = {
          request: message,
          method: message.method,
          cseq: header(message, 'cseq') ?? '',
          raw,
          connection,
          socket,
        };
        raw = '';
        this.requests.push(received);
        this.reply(received, this.script(received, this));
        this.emit('request', received);
      },
    });
    socket.on('data', (data) => {
      raw += data.toString('latin1');
      framer.push(data, position);
      position += data.length;
    });
    this.emit('connection', socket);
  }
}
