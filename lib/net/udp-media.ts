import type { RemoteInfo, Socket } from 'node:dgram';
import { promises as files } from 'node:fs';
import type { Fault, FaultCode, InterleavedFrame, Item, MediaSetup } from '../items.js';
import type { Clock } from '../time/clock.js';
import { abortError } from './abort.js';
import type { CaptureSink } from './capture.js';
import type { RtspConnection } from './connection.js';
import { DropWatch } from './drop-watch.js';
import { ItemBatch } from './item-batch.js';
import type { ConnectionEnd } from './media-tap.js';
import { DATAGRAM_OVERHEAD, type MediaReceiver, type MediaTransport } from './media-transport.js';
import type { Timers } from './timers.js';
import type { UdpOrigin } from './udp-origin.js';
import { closePair, type UdpGroup, type UdpPair } from './udp-pair.js';
import { type SendDatagram, UdpStream } from './udp-stream.js';
import type { WarningLog } from './warnings.js';

/** What media over UDP need besides their sockets. */
export interface UdpMediaOptions {
  readonly connection: RtspConnection;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly warnings: WarningLog;
  readonly capture?: CaptureSink | undefined;
  /** Bytes that may wait before {@link UdpMedia.start}; for messages also those that may wait afterwards. */
  readonly maxBufferedBytes: number;
  /** Reads the kernel's tables of sockets. Default: from /proc. */
  readonly readTable?: ((path: string) => Promise<string>) | undefined;
}

/**
 * Media over UDP: takes the datagrams of all streams of a session, stamps them as they are read, and emits them as `interleaved`
 * items on the channels of their streams. Their position counts the bytes of datagrams. Nothing that arrives is ever fatal.
 */
export class UdpMedia implements MediaTransport {
  readonly kind = 'udp';
  received = 0;
  lastMedia: bigint | undefined;
  private readonly streams: UdpStream[] = [];
  private receiver: MediaReceiver | undefined;
  private batch: ItemBatch<InterleavedFrame> | undefined;
  private early: Item[] = [];
  private earlyBytes = 0;
  private connectionEnd: ConnectionEnd | undefined;
  private isExpecting = false;
  private hasRtp = false;
  private onFirstPacket: () => void = () => {};
  /** Datagrams left out since the last that was not. */
  private dropped = 0;
  private saidForeign = false;
  private drops: DropWatch | undefined;
  private lastLook: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: UdpMediaOptions) {}

  /** Streams that were added. */
  get streamCount(): number {
    return this.streams.length;
  }

  /** The smallest receive buffer that the kernel granted, in bytes. */
  get receiveBufferBytes(): number {
    return Math.min(...this.streams.map(({ pair }) => pair.receiveBufferBytes));
  }

  /** Takes the sockets of a stream that is set up. */
  add(pair: UdpPair, setup: MediaSetup, origin: UdpOrigin, group?: UdpGroup): void {
    const stream = new UdpStream(pair, setup, origin, group);
    this.streams.push(stream);
    pair.rtp.on('message', (data, from) => this.receive(stream, false, data, from));
    pair.rtcp.on('message', (data, from) => this.receive(stream, true, data, from));
  }

  /** PLAY is about to be sent: firewalls are opened, and what comes from now on counts, as it may overtake the answer. */
  expect(): void {
    this.isExpecting = true;
    for (const stream of this.streams) stream.punch(this.send);
    // Servers that send inside the connection too, whatever was agreed on, are not listened to.
    const consumer = {
      chunk: () => {},
      closed: (end: ConnectionEnd) => {
        this.connectionEnd = end;
        this.receiver?.closed(end);
      },
    };
    this.options.connection.startMedia(consumer, 0);
  }

  /**
   * Waits for the first RTP packet.
   *
   * @returns whether one came in time
   * @throws AbortError
   */
  firstPacket(timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { timers } = this.options;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        timers.clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.onFirstPacket = () => {};
        settle();
      };
      const onAbort = (): void => finish(() => reject(abortError(signal!)));
      const timer = timers.setTimeout(() => finish(() => resolve(false)), timeoutMs);
      this.onFirstPacket = () => finish(() => resolve(true));
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
      else if (this.hasRtp) this.onFirstPacket();
    });
  }

  start(receiver: MediaReceiver, holdMs: number): void {
    this.receiver = receiver;
    const { timers } = this.options;
    this.batch = new ItemBatch<InterleavedFrame>({ longestMs: holdMs, timers, take: (item) => receiver.item(item) });
    for (const item of this.early.splice(0)) receiver.item(item);
    const { readTable = (path) => files.readFile(path, 'latin1') } = this.options;
    const sockets = this.streams.flatMap(({ pair }) => [pair.rtp.address(), pair.rtcp.address()]);
    this.drops = new DropWatch(sockets, { timers, readTable, onDrops: (count) => this.kernelDropped(count) });
    this.drops.start();
    if (this.connectionEnd !== undefined) receiver.closed(this.connectionEnd);
  }

  flush(): void {
    this.batch?.flush();
  }

  /** Datagrams cannot be held back: beyond the cap they are dropped and counted. */
  pause(): void {}

  resume(): void {}

  sendRtcp(channel: number, data: Buffer): void {
    this.streams.find(({ setup }) => setup.rtcpChannel === channel)?.report(data, this.send);
  }

  stop(): void {
    if (!this.isExpecting) return;
    this.isExpecting = false;
    this.batch?.end();
    this.reportDropped();
    this.receiver = undefined;
    this.early = [];
    this.options.connection.stopMedia();
    this.lastLook = this.drops?.stop();
  }

  close(): Promise<void> {
    this.closing ??= this.closeSockets();
    return this.closing;
  }

  private async closeSockets(): Promise<void> {
    this.stop();
    await this.lastLook;
    for (const { pair } of this.streams) closePair(pair);
  }

  private receive(stream: UdpStream, isRtcp: boolean, data: Buffer, from: RemoteInfo): void {
    const recv = this.options.clock.now();
    if (!this.isExpecting) return;
    if (!stream.accepts(isRtcp, data, from.address, from.port)) {
      this.foreign(from, recv);
      return;
    }
    this.options.capture?.datagram?.(from, (isRtcp ? stream.pair.rtcp : stream.pair.rtp).address(), data, recv);
    const channel = isRtcp ? stream.setup.rtcpChannel : stream.setup.rtpChannel;
    const position = this.received;
    this.received += data.length;
    this.lastMedia = recv;
    this.deliver({ kind: 'interleaved', channel, data, position, recv, waited: false });
    if (this.hasRtp || isRtcp || data.length < 12) return;
    this.hasRtp = true;
    this.onFirstPacket();
  }

  private deliver(item: InterleavedFrame): void {
    const { batch, receiver } = this;
    if (batch === undefined || receiver === undefined) {
      this.earlyBytes += item.data.length + DATAGRAM_OVERHEAD;
      if (this.earlyBytes <= this.options.maxBufferedBytes) this.early.push(item);
      else this.dropped++;
    } else if (receiver.isFull) {
      this.dropped++;
    } else {
      this.reportDropped();
      batch.add(item);
    }
  }

  /** Tells of a fault behind all that came before it. */
  private tell(fault: Fault, receiver: MediaReceiver): void {
    this.flush();
    receiver.item(fault);
  }

  private foreign({ address, port }: RemoteInfo, recv: bigint): void {
    if (this.saidForeign) return;
    this.saidForeign = true;
    const text = `datagrams from ${address} port ${port}, which is not the camera's: dropped (said once)`;
    const fault = this.fault('udp-foreign', text, recv);
    if (this.receiver === undefined) this.early.push(fault);
    else this.tell(fault, this.receiver);
  }

  private reportDropped(): void {
    const { dropped, receiver } = this;
    if (dropped === 0 || receiver === undefined) return;
    this.dropped = 0;
    const cap = this.options.maxBufferedBytes;
    const text = `${dropped} datagrams were dropped, as more than ${cap} bytes waited to be processed (maxBufferedBytes)`;
    this.tell(this.fault('udp-overflow', text, this.options.clock.now()), receiver);
  }

  private kernelDropped(count: number): void {
    const { clock, warnings } = this.options;
    const buffer = `${Math.round(this.receiveBufferBytes / 1024)} KiB`;
    const text = `the kernel dropped ${count} datagrams, as its receive buffer of ${buffer} was full; on Linux net.core.rmem_max sets its limit`;
    if (this.receiver === undefined) warnings.add('udp-overflow', text);
    else this.tell(this.fault('udp-overflow', text, clock.now()), this.receiver);
  }

  private fault(code: FaultCode, message: string, recv: bigint): Fault {
    return { kind: 'fault', code, message, position: this.received, recv };
  }

  private readonly send: SendDatagram = (socket: Socket, data, target): void => {
    if (this.closing !== undefined) return;
    const { capture, clock } = this.options;
    capture?.datagram?.(socket.address(), target, data, clock.now());
    // ECONNREFUSED and its like come of servers that do not listen; there is nothing to be done about them (Q147).
    socket.send(data, target.port, target.address, () => {});
  };
}
