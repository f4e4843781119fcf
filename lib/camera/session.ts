import { randomBytes } from 'node:crypto';
import type { CameraContext, ClientLink, SessionEndReason } from './context.js';
import type { WireStream } from './loop-reader.js';
import { Player } from './player.js';

const CNAME = 'camera@retina-record';

/** One RTSP session (RFC 2326 section A.1): the streams that a client has set up, and their playing. */
export class CameraSession {
  readonly id = randomBytes(8).toString('hex');
  private readonly streams = new Map<number, { readonly url: string; readonly wire: WireStream }>();
  private player: Player | undefined;
  private isPlaying = false;
  private timeout: unknown;

  constructor(
    private readonly context: CameraContext,
    readonly link: ClientLink,
  ) {
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

  get streamCount(): number {
    return this.streams.size;
  }

  hasStream(mediaIndex: number): boolean {
    return this.streams.has(mediaIndex);
  }

  /** Whether packets of a stream other than `exceptMedia` travel on this channel. */
  usesChannel(channel: number, exceptMedia?: number): boolean {
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

  /** Sets a stream up, or moves it to other channels. @param url the URL that the client used */
  setup(mediaIndex: number, url: string, rtpChannel: number, rtcpChannel: number): WireStream {
    const { ssrc, initialSequence, initialTimestamp, script } = this.context;
    const wire = {
      rtpChannel,
      rtcpChannel,
      ssrc: ssrc === undefined ? randomBytes(4).readUInt32BE() : (ssrc + mediaIndex) >>> 0,
      firstSequence: initialSequence ?? randomBytes(2).readUInt16BE(),
      firstTimestamp: initialTimestamp ?? randomBytes(4).readUInt32BE(),
      clockRate: script.media[mediaIndex]!.clockRate,
    };
    this.streams.set(mediaIndex, { url, wire });
    this.announce('setup');
    return wire;
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
    const entries = this.ordered().map(([, { url }], stream) => {
      const { sequence, timestamp } = player.nextPacket(stream);
      return `url=${url};seq=${sequence};rtptime=${timestamp}`;
    });
    return { positionS: player.positionNs / 1e9, rtpInfo: entries.join(',') };
  }

  /** Starts the media; {@link prepare} has been called. */
  play(): void {
    // The session may have ended between the answer and this.
    if (this.isPlaying || !this.context.sessions.has(this.id)) return;
    this.isPlaying = true;
    this.announce('play');
    this.player?.play();
  }

  pause(): void {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.player?.pause();
    this.announce('pause');
  }

  /** Ends the session for good. Has no effect the second time. */
  end(reason: SessionEndReason): void {
    if (!this.context.sessions.delete(this.id)) return;
    this.link.sessions.delete(this);
    this.context.timers.clearTimeout(this.timeout);
    this.isPlaying = false;
    this.player?.pause();
    this.announce('end', reason);
  }

  private createPlayer(): Player {
    const { turns, pacing, senderReportIntervalMs, clock, timers } = this.context;
    const ordered = this.ordered();
    return new Player({
      loop: this.context.loopOf(ordered.map(([mediaIndex]) => mediaIndex)),
      streams: ordered.map(([, { wire }]) => wire),
      outlet: this.link.outlet,
      pacing,
      turns,
      senderReportIntervalMs,
      cname: CNAME,
      clock,
      timers,
      ended: () => this.finished(),
    });
  }

  private ordered(): [number, { readonly url: string; readonly wire: WireStream }][] {
    return [...this.streams].sort(([a], [b]) => a - b);
  }

  private finished(): void {
    this.isPlaying = false;
    if (this.context.atEnd === 'stay') return;
    this.end('finished');
    this.link.outlet.end();
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
