import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { RetinaRecordError } from '../errors.js';
import { InterleaveFramer } from '../rtsp/framer.js';
import { type HeaderList, header, type RtspMessage, serializeResponse } from '../rtsp/message.js';
import type { CameraContext, ClientLink } from './context.js';
import { FaultyOutlet } from './faults/faulty-outlet.js';
import { type Outlet, SocketOutlet } from './outlet.js';
import { REASONS, type Reply } from './reply.js';
import { answer } from './request-handler.js';
import type { CameraSession } from './session.js';

/** Answers that have not left yet, in bytes, above which no more requests are read. */
const MAX_PENDING_ANSWERS = 256 * 1024;

/** One client's RTSP connection: takes requests apart, sends answers, and ends what travels on it when it ends. */
export class ClientConnection implements ClientLink {
  readonly nonce = randomBytes(16).toString('hex');
  readonly sessions = new Set<CameraSession>();
  readonly outlet: Outlet;
  readonly remote: string;
  readonly remoteAddress: string;
  readonly localAddress: string;
  private readonly faulty: FaultyOutlet | undefined;
  private readonly framer: InterleaveFramer;
  private position = 0;
  private pendingAnswers = 0;
  private refused = false;

  constructor(
    private readonly socket: Socket,
    private readonly context: CameraContext,
  ) {
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    this.remoteAddress = socket.remoteAddress ?? '0.0.0.0';
    // A socket for both kinds of addresses writes the older ones within the newer: to a client they are strangers.
    this.localAddress = (socket.localAddress ?? '0.0.0.0').replace(/^::ffff:(?=[\d.]+$)/i, '');
    this.faulty = this.createFaultyOutlet();
    this.outlet = this.faulty ?? new SocketOutlet(socket, this.sent);
    this.framer = new InterleaveFramer(
      {
        frame: (channel, data, start, end) => this.takeFrame(channel, data.subarray(start, end)),
        message: (message) => this.take(message),
        junk: () => {},
      },
      { fromClient: true },
    );
    context.stats.connections++;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.read(data));
    // What went wrong with a client's connection is the client's business; `close` follows in any case.
    socket.on('error', () => {});
    socket.on('end', () => this.endSessions());
    socket.on('close', () => this.endSessions());
  }

  /** Cuts the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  endByPlan(): void {
    this.faulty?.endByPlan();
  }

  private readonly sent = (bytes: number): void => {
    this.context.stats.bytesSent += bytes;
  };

  private createFaultyOutlet(): FaultyOutlet | undefined {
    const { socket, context, remote, sent } = this;
    const { faults: plan, timers, stats } = context;
    if (plan === undefined) return undefined;
    const clockRate = (channel: number) =>
      [...this.sessions]
        .filter(({ transport }) => transport === 'tcp')
        .map((session) => session.clockRateOn(channel))
        .find((rate) => rate !== undefined) ?? 1;
    const happened = (what: string) => context.announceFault({ remote, what });
    return new FaultyOutlet(socket, { plan, timers, clockRate, counts: stats, sent, happened });
  }

  private read(data: Buffer): void {
    if (this.refused) return;
    try {
      this.framer.push(data, this.position);
    } catch (error) {
      if (!(error instanceof RetinaRecordError)) throw error;
      // Where the next request begins cannot be told any more.
      this.refused = true;
      this.send({ status: 400 }, undefined);
      this.outlet.end();
    }
    this.position += data.length;
  }

  private take(message: RtspMessage): void {
    if (message.type === 'response') return;
    this.context.stats.requests++;
    const cseq = header(message, 'cseq');
    const reply = answer(message, this.context, this);
    this.send(reply, cseq);
    reply.afterwards?.();
  }

  private send(reply: Reply, cseq: string | undefined): void {
    const headers: HeaderList = [
      ...(cseq === undefined ? [] : [['CSeq', cseq] as const]),
      ['Server', 'retina-record camera'],
      ...(reply.headers ?? []),
    ];
    const data = serializeResponse(reply.status, REASONS[reply.status], headers, reply.body);
    this.pendingAnswers += data.length;
    if (this.pendingAnswers > MAX_PENDING_ANSWERS) this.socket.pause();
    this.outlet.message(data, () => {
      this.pendingAnswers -= data.length;
      if (this.pendingAnswers <= MAX_PENDING_ANSWERS && this.socket.isPaused()) this.socket.resume();
    });
  }

  private takeFrame(channel: number, data: Buffer): void {
    for (const session of this.sessions) if (session.usesChannel(channel)) session.received(data);
  }

  private endSessions(): void {
    for (const session of [...this.sessions]) session.disconnected();
  }
}
