import { subview } from '../lib/buffer-view.js';
import { mayReorder } from '../lib/codec/h264-sdp.js';
import { RetinaRecordError } from '../lib/errors.js';
import { FrameInPlace, type InPlaceHandler } from '../lib/in-place.js';
import type { Fault, Item, MediaDescription, Presentation, RtcpPacket } from '../lib/items.js';
import { type InitialTimestampPolicy, initialTimestamps } from '../lib/rtp/initial-timestamp.js';
import { looksLikeRtcp } from '../lib/rtp/rtp-header.js';
import { RtpReceiver, type RtpReceiverOptions } from '../lib/rtp/rtp-receiver.js';
import { DEFAULT_MAX_JUMP_SECONDS } from '../lib/rtp/timeline.js';
import { FORMER_SESSION, keepsDeadTcpSessions } from '../lib/rtsp/live555.js';
import { Stage } from '../lib/stage.js';

/** Options of {@link RtpParser}. */
export interface RtpParserOptions {
  /** Media to use instead of those of the `presentation` items. */
  readonly media?: readonly MediaDescription[] | undefined;
  /** How RTP-Info's `rtptime` sets the zero of the timelines. Default `default`. */
  readonly initialTimestamp?: InitialTimestampPolicy | undefined;
  /** Whether RTP-Info's `seq` is believed. Default `default`: unless it is 0 or 1. */
  readonly initialSequence?: RtpReceiverOptions['initialSequence'] | undefined;
  /** Largest step of RTP time in seconds, 0 for any. Default 10. */
  readonly maxJumpSeconds?: number | undefined;
  /** Drop packets that come out of order, and frames off the timeline, instead of failing. Default false. */
  readonly tolerant?: boolean | undefined;
  /**
   * The packets came over UDP: one out of order is dropped in any case (Q91), and no server mixes in a former client's session (Q83).
   * Default false.
   */
  readonly datagrams?: boolean | undefined;
  /**
   * What to do about data of another session from a server that is known to mix them in (Q15, Q83): `fail`, so that nothing of it is
   * recorded, or `drop` them like other strange data. Default `fail`.
   */
  readonly staleSessions?: 'fail' | 'drop' | undefined;
}

interface Channel {
  readonly media: MediaDescription;
  readonly isRtcp: boolean;
  readonly receiver: RtpReceiver;
}

/**
 * Parses RTP packets (RFC 3550 section 5.1) and tells RTCP from them.
 *
 * Takes `interleaved` items and the `presentation` that assigns their channels; emits `rtp` and `rtcp` items and `fault`s.
 * Packets missing before a packet are counted in its `lost`. Fails with `rtp-out-of-order` and `rtp-timestamp-jump` unless
 * `tolerant`, with `stale-session` where an old live555 server mixes sessions (Q15, Q83), with `rtp-info-missing`, and with
 * `rtp-timestamp-limit` if `maxJumpSeconds` is too large for a clock rate.
 */
export class RtpParser extends Stage {
  private static readonly ownHandle = RtpParser.prototype.handle;
  private readonly options: RtpParserOptions;
  private channels: (Channel | undefined)[] = [];
  private warnedUnassigned = false;
  private staleSessions = false;
  private readonly emitFault = (fault: Fault): void => {
    this.push(fault);
  };

  constructor(options: RtpParserOptions = {}) {
    super();
    this.options = options;
    if (options.media !== undefined) this.assign(options.media, false);
  }

  protected override handle(item: Item): void {
    if (item.kind === 'interleaved') {
      this.receive(FrameInPlace.of(item));
      return;
    }
    this.push(item);
    if (item.kind === 'presentation' && this.options.media === undefined) this.assignPresentation(item);
  }

  /** Not where a subclass, or a patch, sees to items itself. */
  protected override get inPlaceHandler(): InPlaceHandler | undefined {
    return this.handle === RtpParser.ownHandle ? { kind: 'interleaved', handle: this.receive } : undefined;
  }

  private receive(frame: FrameInPlace): void {
    const channel = this.channels[frame.channel];
    if (channel === undefined) {
      this.unassigned(frame);
      return;
    }
    const { data, start, end } = frame;
    if (start === end) return; // Q12
    const { media, isRtcp, receiver } = channel;
    // RTCP may come on the RTP channel (Q97), and with rtcp-mux the other way round.
    const second = end - start > 1 ? data[start + 1]! : 0;
    if ((second & 0x7f) !== media.payloadType && (isRtcp || looksLikeRtcp(second, media.payloadType))) {
      const { position, recv, waited } = frame;
      const packet = { kind: 'rtcp', media, data: subview(data, start, end), position, recv, waited } as const;
      this.push(packet satisfies RtcpPacket);
      return;
    }
    const packet = receiver.receive(frame);
    if (packet !== undefined) this.pushInPlace(packet);
  }

  private unassigned({ channel, position, recv }: FrameInPlace): void {
    const what = `data on channel ${channel}, which was not set up`;
    if (this.staleSessions) {
      throw new RetinaRecordError('stale-session', `${what}: ${FORMER_SESSION}`, { position, recv });
    }
    if (this.warnedUnassigned) return;
    this.warnedUnassigned = true;
    const message = `${what}: dropped (said once)`;
    this.push({ kind: 'fault', code: 'unassigned-channel', message, position, recv } satisfies Fault);
  }

  private assignPresentation({ media, tool }: Presentation): void {
    const { datagrams, staleSessions = 'fail' } = this.options;
    this.assign(media, staleSessions === 'fail' && !datagrams && keepsDeadTcpSessions(tool));
  }

  private assign(media: readonly MediaDescription[], staleSessions: boolean): void {
    const policy = this.options.initialTimestamp ?? 'default';
    const { zeros, warning } = initialTimestamps(media, policy);
    if (warning !== undefined) this.push({ kind: 'fault', code: 'rtsp-oddity', message: warning } satisfies Fault);
    const before = this.channels;
    this.channels = [];
    this.staleSessions = staleSessions;
    for (const medium of media) {
      if (medium.setup === undefined) continue;
      // Only a capture's streams go on in another presentation.
      const known = before.find((channel) => channel?.media === medium)?.receiver;
      const receiver = known ?? this.newReceiver(medium, zeros.get(medium.index), policy !== 'default');
      this.channels[medium.setup.rtpChannel] = { media: medium, isRtcp: false, receiver };
      this.channels[medium.setup.rtcpChannel] = { media: medium, isRtcp: true, receiver };
    }
  }

  private newReceiver(media: MediaDescription, zero: number | undefined, zeroRequired: boolean): RtpReceiver {
    const { maxJumpSeconds, tolerant, datagrams, initialSequence } = this.options;
    const options: RtpReceiverOptions = {
      maxJumpSeconds: maxJumpSeconds ?? DEFAULT_MAX_JUMP_SECONDS,
      // Audio is an addition: nothing that is wrong with it ends the video.
      tolerant: (tolerant ?? false) || media.type === 'audio',
      datagrams: datagrams ?? false,
      initialSequence: initialSequence ?? 'default',
      zero,
      zeroRequired,
      reorders: mayReorder(media),
      staleSessions: this.staleSessions,
    };
    return new RtpReceiver(media, options, this.emitFault);
  }
}
