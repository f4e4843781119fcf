import type { Socket } from 'node:net';
import { RetinaRecordError } from '../errors.js';
import { type FramerSink, InterleaveFramer } from '../rtsp/framer.js';
import {
  type HeaderList,
  header,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
  serializeRequest,
  serializeResponse,
} from '../rtsp/message.js';
import type { Clock } from '../time/clock.js';
import { type CaptureSink, type ConnectionCapture, captureSocket, maskAuthorization } from './capture.js';
import { type Awaited, closedError, framingError, timeoutError } from './connection-errors.js';
import { Intake } from './intake.js';
import { matchResponse, type Phase } from './match-response.js';
import type { MediaConsumer } from './media-tap.js';
import type { OpenSocket } from './open-socket.js';
import type { Timers } from './timers.js';
import type { WarningLog } from './warnings.js';

/** What a connection needs besides its socket. */
export interface ConnectionEnvironment {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly warnings: WarningLog;
  readonly userAgent: string;
  /** Keeps the bytes in both directions. */
  readonly capture?: CaptureSink | undefined;
}

/** What a request may say about itself besides its fields. */
export interface RequestOptions {
  /** Limit for the answer in ms; without one the request waits until {@link RtspConnection.abandon}. */
  readonly timeoutMs?: number | undefined;
  /** What the request is about, for messages: `stream rtsp://…`. */
  readonly about?: string | undefined;
  /** A 2xx answer ends with the last byte before the media (PLAY). */
  readonly startsMedia?: boolean | undefined;
  /** How strictly CSeq is taken. Default `handshake`. */
  readonly phase?: Phase | undefined;
}

interface Pending {
  readonly method: string;
  readonly cseq: number;
  readonly options: RequestOptions;
  readonly resolve: (response: RtspResponse) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: unknown;
}

/** A message, and what a capture may keep of it. */
interface Outgoing {
  readonly bytes: Buffer;
  readonly captured: Buffer;
}

/** Our answers to a server's requests, and our reports, may pile up to so many bytes before they are left out. */
const MAX_UNSENT = 64 * 1024;

/**
 * One RTSP connection: writes requests, finds their answers among the interleaved data, and hands on the bytes behind the
 * answer to PLAY untouched. It watches these with a framer of its own, so that answers get through whatever the pipeline
 * does: at once while one is waited for, else when the bytes are handed on.
 */
export class RtspConnection {
  /** CSeq of the last request; the first one has 1 (Q3). */
  lastCseq = 0;
  /** What to do with a frame on a channel before PLAY has been answered. */
  onEarlyFrame: (channel: number) => void = () => {};

  /** Both ends' addresses as the system writes them. */
  readonly localAddress: string;
  readonly remoteAddress: string;

  private readonly channels = new Set<number>();
  private framer = this.newFramer();
  private lastFrame: bigint | undefined;
  private pending: Pending | undefined;
  /** Why nothing can be sent any more, as the error for a request that waits or is made. */
  private error: ((awaited: Awaited) => Error) | undefined;
  private readonly intake: Intake;
  private readonly capture: ConnectionCapture | undefined;
  private readonly socket: Socket;

  /** @param remote `host:port`, for messages */
  constructor(
    open: OpenSocket,
    readonly remote: string,
    private readonly environment: ConnectionEnvironment,
  ) {
    const { socket } = open;
    const { clock, timers } = environment;
    this.socket = socket;
    this.localAddress = socket.localAddress ?? '';
    this.remoteAddress = socket.remoteAddress ?? '';
    this.capture = captureSocket(environment.capture, socket, clock.now());
    const look = (data: Buffer, position: number, recv: bigint): void => this.watch(data, position, recv);
    this.intake = new Intake(open, { clock, timers, capture: this.capture, look });
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => this.end(failure));
    socket.on('close', () => this.end(failure));
    // Last: what has come may end the connection.
    this.intake.listen();
  }

  /** Bytes received so far. */
  get received(): number {
    return this.intake.received;
  }

  /** False once either side has ended the connection. */
  get isOpen(): boolean {
    return this.error === undefined;
  }

  get isPaused(): boolean {
    return this.socket.isPaused();
  }

  /** When the end of the last whole interleaved frame was read, in Unix ns. Looks for it in what is being kept. */
  get lastMedia(): bigint | undefined {
    this.intake.look();
    return this.lastFrame;
  }

  /** Names channels that have been set up, so that frames on them are found again among junk (Q13). */
  assignChannels(channels: Iterable<number>): void {
    for (const channel of channels) this.channels.add(channel);
    this.framer.assignChannels(this.channels);
  }

  /**
   * Sends a request and waits for its answer, whatever its status. One at a time (Q57).
   *
   * @throws RetinaRecordError `response-timeout`, `connection-closed`, `rtsp-syntax`, `rtsp-framing`, `rtsp-limit`; what {@link destroy} was given
   */
  request(method: string, uri: string, headers: HeaderList, options: RequestOptions = {}): Promise<RtspResponse> {
    if (this.pending !== undefined) throw new Error('a request is outstanding');
    const message = this.serialize(method, uri, headers);
    const cseq = this.lastCseq;
    if (this.error !== undefined) return Promise.reject(this.error(this.awaited({ method, cseq, options })));
    return new Promise((resolve, reject) => {
      const { timeoutMs } = options;
      const timer =
        timeoutMs === undefined ? undefined : this.environment.timers.setTimeout(() => this.timedOut(), timeoutMs);
      this.pending = { method, cseq, options, resolve, reject, timer };
      this.intake.isAwaiting = true;
      this.write(message);
    });
  }

  /** Sends a request whose answer nobody waits for; the connection is meant to be closed then. */
  sendLast(method: string, uri: string, headers: HeaderList): void {
    if (this.isOpen) this.write(this.serialize(method, uri, headers));
  }

  /** Sends an interleaved frame (RFC 2326 section 10.12), unless the server does not read what was sent before. */
  sendFrame(channel: number, data: Buffer): void {
    if (!this.isOpen || this.socket.writableLength > MAX_UNSENT) return;
    const head = Buffer.from([0x24, channel, data.length >> 8, data.length & 0xff]);
    const bytes = Buffer.concat([head, data]);
    this.write({ bytes, captured: bytes });
  }

  /** Stops waiting for the outstanding answer, if there is one; its request fails with `response-timeout`. */
  abandon(): void {
    this.settle((pending) => pending.reject(timeoutError(this.awaited(pending), 'in time')));
  }

  /**
   * Delivers the bytes behind the answer to PLAY, beginning with those that came along with it.
   *
   * @param holdMs how long they may be kept; see {@link Intake.connect}
   */
  startMedia(consumer: MediaConsumer, holdMs: number): void {
    this.intake.connect(consumer, holdMs);
  }

  /** Delivers what is being kept. */
  flushMedia(): void {
    this.intake.flush();
  }

  /** Delivers what is being kept, and nothing more; the socket is read on, so that an answer still gets through. */
  stopMedia(): void {
    this.intake.stop();
    this.resume();
  }

  /** Stops reading until {@link resume}: what is read then has waited. */
  pause(): void {
    this.socket.pause();
    this.intake.notePause();
  }

  resume(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** Closes the connection at once, which the consumer is not told of; what waits for an answer fails with `error`. */
  destroy(error?: Error): void {
    this.error ??= (awaited) => error ?? closedError(awaited, new Error('the connection was closed here'));
    this.intake.stop();
    this.rejectPending();
    this.closeSocket();
  }

  private serialize(method: string, uri: string, headers: HeaderList): Outgoing {
    const common: HeaderList = [
      ['CSeq', String(++this.lastCseq)],
      ['User-Agent', this.environment.userAgent],
    ];
    const bytes = serializeRequest(method, uri, [...common, ...headers]);
    if (this.capture === undefined) return { bytes, captured: bytes };
    return { bytes, captured: serializeRequest(method, uri, [...common, ...maskAuthorization(headers)]) };
  }

  private write({ bytes, captured }: Outgoing): void {
    this.capture?.sent(captured, this.environment.clock.now());
    this.socket.write(bytes);
  }

  private watch(data: Buffer, position: number, recv: bigint): void {
    const { frames } = this.framer;
    try {
      this.framer.push(data, position);
      if (this.framer.frames !== frames) this.lastFrame = recv;
    } catch (error) {
      if (!(error instanceof RetinaRecordError)) throw error;
      if (!this.intake.isStarted) {
        this.destroy(this.pending === undefined ? error : framingError(error, this.awaited(this.pending)));
        return;
      }
      // The pipeline has a framer of its own and reports this; here it only matters that answers are found again (Q84).
      this.warn('rtsp-framing', `the framing of ${this.remote} is lost: ${error.message}`);
      this.framer = this.newFramer();
      this.framer.ignoreFrames();
    }
  }

  private newFramer(): InterleaveFramer {
    const sink: FramerSink = {
      frame: (channel) => this.onEarlyFrame(channel),
      message: (message, _position, end) => this.message(message, end),
      junk: (position, length) => {
        if (this.intake.isStarted) return; // the pipeline's demultiplexer says so
        this.warn(
          'junk',
          `${length} bytes at byte ${position} from ${this.remote} are neither RTSP nor interleaved data`,
        );
      },
    };
    const framer = new InterleaveFramer(sink, { skipFrames: true });
    framer.assignChannels(this.channels);
    return framer;
  }

  private message(message: RtspMessage, end: number): void {
    if (message.type === 'request') {
      this.answer(message);
      return;
    }
    if (message.status < 200) return;
    const { lastCseq, pending, remote } = this;
    const outstanding = pending && { cseq: pending.cseq, lastCseq, phase: pending.options.phase ?? 'handshake' };
    const cseq = header(message, 'cseq');
    switch (matchResponse(cseq, message.status, outstanding)) {
      case 'stray':
        this.warn('rtsp-oddity', `${remote} sent an answer to no request (CSeq ${cseq})`, 'stray');
        return;
      case 'old':
        return;
      case 'impossible': {
        const text = `the answer to ${pending!.method} CSeq ${pending!.cseq} has CSeq ${cseq}, which was never sent`;
        this.destroy(new RetinaRecordError('rtsp-syntax', text, { connection: remote }));
        return;
      }
      case 'guessed':
        this.warn('rtsp-oddity', `${remote} answers without the right CSeq`, 'cseq');
    }
    if (pending!.options.startsMedia && message.status < 300) {
      this.intake.start(end);
      this.framer.ignoreFrames();
    }
    this.settle(({ resolve }) => resolve(message));
  }

  /** A server's request is answered, and nothing more comes of it (Q17). */
  private answer(request: RtspRequest): void {
    const known = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER'].includes(request.method);
    this.warn('rtsp-oddity', `${this.remote} sent a request of its own, ${request.method}`, 'server-request');
    const cseq = header(request, 'cseq');
    const headers: HeaderList = cseq === undefined ? [] : [['CSeq', cseq]];
    if (!this.socket.writable || this.socket.writableLength > MAX_UNSENT) return;
    const bytes = known ? serializeResponse(200, 'OK', headers) : serializeResponse(501, 'Not Implemented', headers);
    this.write({ bytes, captured: bytes });
  }

  private end(cause: Error | undefined): void {
    this.intake.look();
    if (this.error !== undefined) return;
    const midway = this.framer.isMidway;
    this.error = (awaited) => closedError(awaited, cause);
    this.rejectPending();
    this.closeSocket();
    this.intake.end({ midway, cause });
  }

  private closeSocket(): void {
    this.capture?.closed(this.environment.clock.now());
    this.socket.destroy();
  }

  private timedOut(): void {
    this.intake.look();
    const rest = this.framer.isMidway ? ': what has come of a message is incomplete' : '';
    this.settle((pending) =>
      pending.reject(timeoutError(this.awaited(pending), `within ${pending.options.timeoutMs} ms${rest}`)),
    );
  }

  private awaited({ method, cseq, options }: Pick<Pending, 'method' | 'cseq' | 'options'>): Awaited {
    return { method, cseq, about: options.about, connection: this.remote, position: this.received };
  }

  private rejectPending(): void {
    this.settle((pending) => pending.reject(this.error!(this.awaited(pending))));
  }

  private warn(code: string, message: string, once = code): void {
    this.environment.warnings.add(code, message, once);
  }

  private settle(how: (pending: Pending) => void): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.intake.isAwaiting = false;
    if (pending.timer !== undefined) this.environment.timers.clearTimeout(pending.timer);
    how(pending);
  }
}
