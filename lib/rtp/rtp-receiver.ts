import { RetinaRecordError } from '../errors.js';
import { FRAME_HEADER, type FrameInPlace, PacketInPlace } from '../in-place.js';
import type { Fault, MediaDescription } from '../items.js';
import { FORMER_SESSION } from '../rtsp/live555.js';
import { formatSsrc } from './format-ssrc.js';
import { PacketFaults } from './packet-faults.js';
import { FIXED_HEADER, findPayload, type PayloadRange, PLAIN } from './rtp-header.js';
import { SsrcFilter } from './ssrc-filter.js';
import { TimelineFollower, type TimelineOptions } from './timeline-follower.js';

/** How {@link RtpReceiver} treats what the catalogue leaves to choose. Tolerant, it drops packets out of order too, which else are errors. */
export interface RtpReceiverOptions extends TimelineOptions {
  /** The packets came over UDP: out of order they are dropped even if not tolerant (Q91). */
  readonly datagrams: boolean;
  /** `default` and `ignore-suspicious-values`: RTP-Info `seq` of 0 and 1 counts as absent (Q74). */
  readonly initialSequence: 'default' | 'respect' | 'ignore' | 'ignore-suspicious-values';
  /** The server is a live555 that goes on writing for sessions whose connection is gone (Q83). */
  readonly staleSessions: boolean;
}

/** Packets of a foreign payload type after which it is accepted, if the announced one never came (Q89). */
const FOREIGN_TYPE_RUN = 32;
/** Geovision and Uniview send packets of this type with a sequence number used before (Q88). */
const GEOVISION_TYPE = 50;
/** Packets in a row from behind after which the stream counts as gone on there: what was ahead was a damaged number (Q91). */
const LATE_RUN = 16;

/**
 * One stream's RTP reception: header, payload type, SSRC, sequence numbers and timestamps (RFC 3550 sections 5.1, 6.4,
 * A.1). Keeps the order of checks that real cameras need: what is dropped early must not disturb the counters.
 */
export class RtpReceiver {
  private readonly faults: PacketFaults;
  private readonly timeline: TimelineFollower;
  private readonly source: SsrcFilter;
  private readonly range: PayloadRange = { start: 0, end: 0 };
  private readonly packet: PacketInPlace;
  private expected: number | undefined;
  private payloadType: number;
  private sawPayloadType = false;
  private foreignType = -1;
  private foreignRun = 0;
  /** Packets that were received in order but dropped, so that what follows has a hole before it. */
  private dropped = 0;
  /** The sequence number that would continue a run of packets from behind, and its length. */
  private lateNext = 0;
  private lateRun = 0;

  /** @param emit takes what is wrong with packets */
  constructor(
    private readonly media: MediaDescription,
    private readonly options: RtpReceiverOptions,
    emit: (fault: Fault) => void,
  ) {
    this.packet = new PacketInPlace(media);
    this.faults = new PacketFaults(media, emit);
    this.timeline = new TimelineFollower(media, options, this.faults);
    const { rtpInfo, setup } = media;
    // SSRC 0 in a Transport header means that the camera does not know it (Q66).
    this.source = new SsrcFilter(rtpInfo?.ssrc ?? (setup?.ssrc === 0 ? undefined : setup?.ssrc));
    this.payloadType = media.payloadType;
    const seq = options.initialSequence === 'ignore' ? undefined : rtpInfo?.seq;
    this.expected = options.initialSequence !== 'respect' && (seq === 0 || seq === 1) ? undefined : seq;
  }

  /**
   * Takes one packet and returns it if it is to be used, until the next call; faults are told before that. What is missing before the
   * first packet by RTP-Info stands in its `lost` alone, and is no fault. Those of the frames behind this one that continue
   * it are taken along, and `frame` goes on behind them.
   *
   * @throws RetinaRecordError `rtp-out-of-order` (not if tolerant, nor over UDP), `rtp-timestamp-jump` (not if tolerant), `stale-session`
   */
  receive(frame: FrameInPlace): PacketInPlace | undefined {
    const { data, start } = frame;
    const malformed = findPayload(data, start, frame.end, this.range);
    if (malformed !== undefined) {
      this.faults.tell('rtp-malformed', `malformed RTP packet: ${malformed}`, frame);
      return undefined;
    }
    const second = data[start + 1]!;
    const type = second & 0x7f;
    const sequenceNumber = (data[start + 2]! << 8) | data[start + 3]!;
    if (type !== this.payloadType && type === GEOVISION_TYPE) return undefined; // Q88
    const timestamp = readUint32(data, start + 4);
    const ssrc = readUint32(data, start + 8);
    if (ssrc !== this.source.ssrc && !this.acceptSsrc(ssrc, sequenceNumber, timestamp, frame)) return undefined;
    this.source.confirm();
    let gap = this.expected === undefined ? 0 : (sequenceNumber - this.expected) & 0xffff;
    if (gap > 0x8000) {
      if (!this.outOfOrder(sequenceNumber, frame)) return undefined;
      gap = 0;
      this.dropped++;
    }
    this.lateRun = 0;
    this.expected = (sequenceNumber + 1) & 0xffff;
    if (type !== this.payloadType && !this.acceptType(type, frame)) {
      this.dropped += gap;
      return undefined;
    }
    const isFirst = !this.sawPayloadType;
    this.sawPayloadType = true;
    const extendedTimestamp = this.timeline.place(timestamp, frame);
    if (extendedTimestamp === undefined) {
      this.dropped += gap + 1;
      return undefined;
    }
    if ((data[start]! & 0x20) !== 0 && data[frame.end - 1] === 0) {
      this.faults.tellOnce('padding', 'rtp-malformed', 'padding announced, but its count is 0: taken for none', frame);
    }
    const lost = gap + this.dropped;
    this.dropped = 0;
    // Before the first packet only RTP-Info tells of others, and that may be one behind: gst-rtsp-server's is for audio (Q74).
    if (lost > 0 && !isFirst) {
      const packets = `${lost} RTP packet${lost === 1 ? '' : 's'}`;
      this.faults.tell('rtp-loss', `${packets} lost before seq ${sequenceNumber}`, frame, lost);
    }
    const { packet, range } = this;
    packet.sequenceNumber = sequenceNumber;
    packet.timestamp = timestamp;
    packet.extendedTimestamp = extendedTimestamp;
    packet.marker = second >= 0x80;
    packet.payloadType = type;
    packet.ssrc = ssrc;
    packet.data = data;
    packet.start = range.start;
    packet.end = range.end;
    packet.lost = lost;
    packet.position = frame.position;
    packet.recv = frame.recv;
    packet.waited = frame.waited;
    packet.further = 0;
    if (frame.end < frame.until && !packet.marker && type === this.media.payloadType) this.takeFurther(packet, frame);
    return packet;
  }

  /** Takes along what continues the packet that has just been accepted: of all that is checked there, nothing can be another way. */
  private takeFurther(packet: PacketInPlace, frame: FrameInPlace): void {
    const { payloadType, timestamp, ssrc } = packet;
    const { data, end, until } = frame;
    let at = end;
    let expected = this.expected!;
    let further = 0;
    let marker = false;
    while (at < until && !marker) {
      const length = (data[at + 2]! << 8) | data[at + 3]!;
      const start = at + FRAME_HEADER;
      const second = data[start + 1]!;
      const continues =
        length >= FIXED_HEADER &&
        data[start] === PLAIN &&
        (second & 0x7f) === payloadType &&
        ((data[start + 2]! << 8) | data[start + 3]!) === expected &&
        readUint32(data, start + 4) === timestamp &&
        readUint32(data, start + 8) === ssrc;
      if (!continues) break;
      marker = second >= 0x80;
      expected = (expected + 1) & 0xffff;
      further++;
      at = start + length;
    }
    this.expected = expected;
    packet.further = further;
    packet.rest = end;
    packet.lastMarker = marker;
    packet.origin = frame.position + FRAME_HEADER - frame.start;
    frame.skipTo(at);
  }

  private acceptSsrc(ssrc: number, sequence: number, timestamp: number, frame: Readonly<FrameInPlace>): boolean {
    const before = this.source.ssrc;
    const gap = this.expected === undefined ? 0 : (sequence - this.expected) & 0xffff;
    const timeGoesOn = this.timeline.allows(timestamp);
    if (before !== undefined && this.sawPayloadType && this.options.staleSessions) {
      throw new RetinaRecordError(
        'stale-session',
        `SSRC ${formatSsrc(ssrc)} among packets of SSRC ${formatSsrc(before)}: ${FORMER_SESSION}`,
        this.faults.context(frame),
      );
    }
    const verdict = this.source.judge(ssrc, sequence, gap, timeGoesOn);
    if (verdict === 'accept') return true;
    const what = `SSRC ${formatSsrc(ssrc)} instead of ${formatSsrc(before!)}`;
    if (verdict === 'drop') {
      this.faults.tellOnce('drop-ssrc', 'rtp-ssrc', `${what}: packets dropped`, frame);
      return false;
    }
    if (verdict === 'switch') {
      this.expected = undefined;
      this.dropped++;
    }
    this.faults.tellOnce('adopt-ssrc', 'rtp-ssrc', `${what}: followed`, frame);
    return true;
  }

  private acceptType(type: number, frame: Readonly<FrameInPlace>): boolean {
    this.foreignRun = type === this.foreignType ? this.foreignRun + 1 : 1;
    this.foreignType = type;
    const what = `payload type ${type} instead of ${this.payloadType}`;
    if (!this.sawPayloadType && this.foreignRun >= FOREIGN_TYPE_RUN) {
      this.payloadType = type;
      this.faults.tell('rtp-payload-type', `${what} only: accepted`, frame);
      return true;
    }
    this.faults.tellOnce('payload-type', 'rtp-payload-type', `${what}: packets dropped`, frame);
    return false;
  }

  /** Returns whether the stream is to be followed back to there. */
  private outOfOrder(sequenceNumber: number, frame: Readonly<FrameInPlace>): boolean {
    const expected = this.expected!;
    const { datagrams, tolerant } = this.options;
    const isEarly = datagrams && !this.sawPayloadType;
    if (sequenceNumber === ((expected - 1) & 0xffff) && !isEarly) {
      this.faults.tell('rtp-duplicate', `RTP packet ${sequenceNumber} came twice`, frame);
      return false;
    }
    const message = `RTP packet ${sequenceNumber} came when ${expected} was expected`;
    if (!tolerant && !datagrams) {
      throw new RetinaRecordError(
        'rtp-out-of-order',
        `${message}; --allow-loss drops such packets`,
        this.faults.context(frame),
      );
    }
    this.lateRun = sequenceNumber === this.lateNext ? this.lateRun + 1 : 1;
    this.lateNext = (sequenceNumber + 1) & 0xffff;
    const follows = this.lateRun >= LATE_RUN;
    if (isEarly && !follows) {
      // A multicast group is heard before PLAY is answered.
      this.faults.tellOnce('early', 'rtp-reordered', `${message} first by RTP-Info: dropped`, frame);
      return false;
    }
    const what = follows ? `followed, since ${LATE_RUN} in a row came from there` : 'dropped';
    this.faults.tell('rtp-reordered', `${message}: ${what}`, frame);
    return follows;
  }
}

/** Buffer's own method checks what it is given. */
function readUint32(data: Buffer, at: number): number {
  return ((data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!) >>> 0;
}
