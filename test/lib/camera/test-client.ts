import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';
import { type HeaderList, header, type RtspResponse, serializeRequest } from '../../../lib/rtsp/message.js';

/** An interleaved frame as a client got it. */
export interface ReceivedFrame {
  readonly channel: number;
  readonly data: Buffer;
}

/** A plain RTSP client on a loopback socket. Everything waits for data, never for time. */
export class TestClient {
  readonly frames: ReceivedFrame[] = [];
  readonly responses: RtspResponse[] = [];
  /** True once the camera has closed its side. */
  ended = false;
  private position = 0;
  private cseq = 0;
  private waiting: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    const framer = new InterleaveFramer({
      frame: (channel, data, start, end) => this.frames.push({ channel, data: Buffer.from(data.subarray(start, end)) }),
      message: (message) => message.type === 'response' && this.responses.push(message),
      junk: (position) => {
        throw new Error(`junk at ${position}`);
      },
    });
    socket.on('data', (data) => {
      framer.push(data, this.position);
      this.position += data.length;
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  static async open(port: number): Promise<TestClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new TestClient(socket);
  }

  /** Resolves once `done` holds; looks again whenever data or the end have come. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.ended) throw new Error('the connection ended first');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async untilEnd(): Promise<void> {
    if (!this.ended) await once(this.socket, 'close');
  }

  async request(method: string, uri: string, headers: HeaderList = [], body?: Buffer): Promise<RtspResponse> {
    return this.raw(serializeRequest(method, uri, [['CSeq', String(++this.cseq)], ...headers], body));
  }

  /** Sends bytes and waits for the next response. */
  async raw(data: Buffer | string): Promise<RtspResponse> {
    const count = this.responses.length;
    this.socket.write(data);
    await this.until(() => this.responses.length > count);
    return this.responses[count]!;
  }

  /** SETUP of the streams on channels 0–1, 2–3, …; returns the session's id. */
  async setup(url: string, streams: number[] = [0]): Promise<string> {
    let id: string | undefined;
    for (const [i, stream] of streams.entries()) {
      const headers: [string, string][] = [['Transport', `RTP/AVP/TCP;unicast;interleaved=${2 * i}-${2 * i + 1}`]];
      if (id !== undefined) headers.push(['Session', id]);
      const response = await this.request('SETUP', `${url}/stream=${stream}`, headers);
      if (response.status !== 200) throw new Error(`SETUP answered ${response.status}`);
      id = header(response, 'session')!.split(';')[0]!;
    }
    return id!;
  }

  /** SETUP and PLAY. */
  async play(url: string, streams: number[] = [0]): Promise<{ id: string; response: RtspResponse }> {
    const id = await this.setup(url, streams);
    return { id, response: await this.request('PLAY', url, [['Session', id]]) };
  }

  /** Packets of a channel, in order. */
  on(channel: number): Buffer[] {
    return this.frames.filter((frame) => frame.channel === channel).map(({ data }) => data);
  }

  close(): void {
    this.socket.destroy();
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
