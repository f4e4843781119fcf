import { randomBytes } from 'node:crypto';
import type { CameraContext, ClientLink, SessionEndReason } from './context.js';
import type { DatagramMedia } from './datagram-media.js';
import type { PortPair } from './datagram-ports.js';
import type { WireStream } from './loop-reader.js';
import { Player } from './player.js';
import { isReceiverReport } from './receiver-report.js';
import { sessionDatagrams } from './session-datagrams.js';
import type { TransportKind } from './transport-request.js';

const CNAME = 'camera@retina-record';
/** Over UDP, RTP and RTCP are not kept in order: a client may read the goodbye first if it comes right behind the last packet. */
const SETTLE_MS = 100;
/** How long a client has for its TEARDOWN behind the goodbye: to some of them, a connection that ends first is an error. */
const FAREWELL_MS = 2000;

/** One RTSP session (RFC 2326 section A.1): the streams that a client has set up, and their playing. */
export class CameraSession {
  readonly id = randomBytes(8).toString('hex');
  private readonly streams = new Map<number, { readonly url: string; readonly wire: WireStream }>();
  private player: Player | undefined;
  private isPlaying = false;
  private timeout: unknown;
  /** Closes the connection behind the goodbye. */
  private farewell: unknown;
  /** Only where the media travel over UDP. */
  private readonly datagrams: DatagramMedia | undefined;

  /** @param transport how all its streams travel; `udp` needs a context with ports */
  constructor(
    private readonly context: CameraContext,
    readonly link: ClientLink,
    readonly transport: TransportKind,
  ) {
    if (transport === 'udp') {
      this.datagrams = sessionDatagrams(context, link, {
        clockRate: (channel) => this.clockRateOn(channel) ?? 1,
        received: (packet) => this.received(packet),
      });
    }
    context.sessions.set(this.id, this);
    context.stats.sessions++;
    link.sessions.add(this);
    this.touch();
  }

  /** True between PLAY and PAUSE or the script's end. */
  get playing(): boolean {
    return this.isPlaying;
  }

  /** True once a PLAY has settled which streams there are. */
  get started(): boolean {
    return this.player !== undefined;
  }

  /** Seconds without a sign of life after which it ends. */
  get timeoutS(): number {
    return this.context.sessionTimeoutS;
  }

  get streamCount(): number {
    return this.streams.size;
  }

  hasStream(mediaIndex: number): boolean {
    return this.streams.has(mediaIndex);
  }

  /** Whether packets of a stream other than `exceptMedia` travel on this interleaved channel. */
  usesChannel(channel: number, exceptMedia?: number): boolean {
    if (this.transport !== 'tcp') return false;
    for (const [mediaIndex, { wire }] of this.streams) {
      if (mediaIndex !== exceptMedia && (wire.rtpChannel === channel || wire.rtcpChannel === channel)) return true;
    }
    return false;
  }

  /** Clock rate in Hz of the stream whose RTP packets travel on this channel. */
  clockRateOn(channel: number): number | undefined {
    return [...this.streams.values()].find(({ wire }) => wire.rtpChannel === channel)?.wire.clockRate;
  }

  /** A sign of life: the session's time starts anew. */
  touch(): void {
    const { timers, sessionTimeoutS } = this.context;
    if (this.timeout !== undefined) timers.clearTimeout(this.timeout);
    this.timeout = timers.setTimeout(() => this.expire(), sessionTimeoutS * 1000);
  }

  /** Takes what came from the client: it is as good a sign of life as a request (RFC 2326 section A.1). */
  received(packet: Buffer): void {
    const { stats } = this.context;
    if (isReceiverReport(packet)) stats.receiverReports++;
    else if (this.transport === 'udp') stats.holePunches++;
    this.touch();
  }

  /** Sets a stream up, or moves it to other channels. @param url the URL that the client used */
  setupInterleaved(mediaIndex: number, url: string, rtpChannel: number, rtcpChannel: number): WireStream {
    return this.setup(mediaIndex, url, { rtpChannel, rtcpChannel });
  }

  /** Sets a stream of a session over UDP up, or moves it to other ports. @param url the URL that the client used */
  setupDatagrams(mediaIndex: number, url: string, clientPorts: PortPair): WireStream {
    return this.setup(mediaIndex, url, this.datagrams!.setup(mediaIndex, clientPorts));
  }

  /**
   * Gets ready to play from where it stands.
   *
   * @returns the position in seconds, and the value of `RTP-Info` (RFC 2326 section 12.33)
   */
  prepare(): { positionS: number; rtpInfo: string } {
    this.player ??= this.createPlayer();
    const { player } = this;
    player.prepare();
    const next = player.nextPackets();
    const entries = this.ordered().map(([, { url }], stream) => {
      const { sequence, timestamp } = next[stream]!;
      return `url=${url};seq=${sequence};rtptime=${timestamp}`;
    });
    return { positionS: player.positionNs / 1e9, rtpInfo: entries.join(',') };
  }

  /** Starts the media; {@link prepare} has been called. */
  play(): void {
    // The session may have ended between the answer and this.
    if (this.isPlaying || !this.context.sessions.has(this.id)) return;
    this.isPlaying = true;
    this.context.timers.clearTimeout(this.farewell);
    this.announce('play');
    this.player?.play();
  }

  pause(): void {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.player?.pause();
    this.announce('pause');
  }

  /** The connection has ended. Media over UDP do not need it, only requests do, which another one can bring. */
  disconnected(): void {
    if (this.transport === 'tcp' || !this.started) this.end('disconnected');
  }

  /** Ends the session for good. Has no effect the second time. */
  end(reason: SessionEndReason): void {
    if (!this.context.sessions.delete(this.id)) return;
    this.link.sessions.delete(this);
    this.context.timers.clearTimeout(this.timeout);
    this.context.timers.clearTimeout(this.farewell);
    this.isPlaying = false;
    this.player?.pause();
    this.datagrams?.close();
    this.announce('end', reason);
  }

  private setup(
    mediaIndex: number,
    url: string,
    channels: { readonly rtpChannel: number; readonly rtcpChannel: number },
  ): WireStream {
    const { ssrc, initialSequence, initialTimestamp, script } = this.context;
    const wire = {
      ...channels,
      ssrc: ssrc === undefined ? randomBytes(4).readUInt32BE() : (ssrc + mediaIndex) >>> 0,
      firstSequence: initialSequence ?? randomBytes(2).readUInt16BE(),
      firstTimestamp: initialTimestamp ?? randomBytes(4).readUInt32BE(),
      clockRate: script.media[mediaIndex]!.clockRate,
    };
    this.streams.set(mediaIndex, { url, wire });
    this.announce('setup');
    return wire;
  }

  private createPlayer(): Player {
    const { turns, pacing, senderReportIntervalMs, clock, timers } = this.context;
    const ordered = this.ordered();
    return new Player({
      loop: this.context.loopOf(ordered.map(([mediaIndex]) => mediaIndex)),
      streams: ordered.map(([, { wire }]) => wire),
      outlet: this.datagrams?.open() ?? this.link.outlet,
      pacing,
      turns,
      senderReportIntervalMs,
      cname: CNAME,
      clock,
      timers,
      settleMs: this.transport === 'udp' ? SETTLE_MS : 0,
      ended: () => {
        this.isPlaying = false;
      },
      drained: () => this.drained(),
    });
  }

  private ordered(): [number, { readonly url: string; readonly wire: WireStream }][] {
    return [...this.streams].sort(([a], [b]) => a - b);
  }

  /** The goodbye has left. */
  private drained(): void {
    const { atEnd, timers, sessions } = this.context;
    if (atEnd === 'stay' || this.isPlaying || !sessions.has(this.id)) return;
    this.farewell = timers.setTimeout(() => {
      this.end('finished');
      this.link.outlet.end();
    }, FAREWELL_MS);
  }

  /** Without its session a client has nothing to wait for, so the connection goes with the last one. */
  private expire(): void {
    this.end('timeout');
    if (this.link.sessions.size === 0) this.link.outlet.end();
  }

  private announce(event: 'setup' | 'play' | 'pause' | 'end', reason?: SessionEndReason): void {
    this.context.announce({ event, id: this.id, remote: this.link.remote, reason });
  }
}
