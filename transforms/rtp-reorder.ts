import type { Fault, FaultCode, InterleavedFrame, Item, MediaDescription } from '../lib/items.js';
import { ReorderBuffer, type ReorderDrop } from '../lib/rtp/reorder-buffer.js';
import { looksLikeRtcp } from '../lib/rtp/rtp-header.js';
import { Stage } from '../lib/stage.js';

/** Options of {@link RtpReorder}. */
export interface RtpReorderOptions {
  /** Media to use instead of those of the `presentation` items. */
  readonly media?: readonly MediaDescription[] | undefined;
  /** How long packets wait for a missing one, in ms of receive time. Default 100. */
  readonly maxDelayMs?: number | undefined;
}

/** What an {@link RtpReorder} has come across, in packets. */
export interface ReorderStats {
  /** Came out of order and were put in order. */
  readonly reordered: number;
  /** Came again and were dropped. */
  readonly duplicates: number;
  /** Came after they had been given up, and were dropped. */
  readonly late: number;
  /** Had a sequence number far from all others, and were dropped. */
  readonly astray: number;
}

interface Channel {
  readonly payloadType: number;
  readonly buffer: ReorderBuffer;
}

const DEFAULT_DELAY_MS = 100;

const DROPS: Record<ReorderDrop, { readonly code: FaultCode; readonly text: string }> = {
  duplicate: { code: 'rtp-duplicate', text: 'came twice' },
  late: { code: 'rtp-reordered', text: 'came after it had been given up' },
  astray: { code: 'rtp-reordered', text: 'has a number far from all others' },
};

/**
 * Puts RTP packets that came over UDP in order and takes out those that came twice (Q149). Stands before the `RtpParser`.
 *
 * Takes `interleaved` items and the `presentation` that says which channels are RTP; emits `interleaved` items and `fault`s. A stream
 * in order passes without delay. Behind a missing packet up to 64 wait for it, or until something is received `maxDelayMs` later;
 * meanwhile RTCP, other streams and items of other kinds overtake them. A `presentation` and the end of the input let everything
 * out. What is dropped is said once for each reason and stream; {@link stats} has the numbers.
 */
export class RtpReorder extends Stage {
  private readonly options: RtpReorderOptions;
  private readonly maxDelayNs: bigint;
  private channels: (Channel | undefined)[] = [];
  private buffers: ReorderBuffer[] = [];
  private readonly drops: Record<ReorderDrop, number> = { duplicate: 0, late: 0, astray: 0 };
  private reordered = 0;

  constructor(options: RtpReorderOptions = {}) {
    super();
    this.options = options;
    this.maxDelayNs = BigInt(Math.round((options.maxDelayMs ?? DEFAULT_DELAY_MS) * 1e6));
    if (options.media !== undefined) this.assign(options.media);
  }

  get stats(): ReorderStats {
    const reordered = this.buffers.reduce((sum, buffer) => sum + buffer.reordered, this.reordered);
    const { duplicate, late, astray } = this.drops;
    return { reordered, duplicates: duplicate, late, astray };
  }

  protected override handle(item: Item): void {
    if (item.kind === 'interleaved') {
      this.receive(item);
      return;
    }
    const isNew = item.kind === 'presentation' && this.options.media === undefined;
    if (isNew) this.finish();
    this.push(item);
    if (isNew) this.assign(item.media);
  }

  protected override finish(): void {
    for (const buffer of this.buffers) buffer.flush();
  }

  private receive(frame: InterleavedFrame): void {
    for (const buffer of this.buffers) if (buffer.isHolding) buffer.tick(frame.recv);
    const channel = this.channels[frame.channel];
    // RTCP may come on the RTP channel (Q97).
    if (channel === undefined || looksLikeRtcp(frame.data[1] ?? 0, channel.payloadType)) this.push(frame);
    else channel.buffer.push(frame);
  }

  private assign(media: readonly MediaDescription[]): void {
    this.reordered = this.stats.reordered;
    this.channels = [];
    this.buffers = [];
    for (const medium of media) {
      if (medium.setup === undefined) continue;
      const said = new Set<ReorderDrop>();
      const sink = {
        packet: (frame: InterleavedFrame) => {
          this.push(frame);
        },
        dropped: (why: ReorderDrop, frame: InterleavedFrame) => {
          this.drops[why]++;
          if (!said.has(why)) this.push(fault(why, medium, frame));
          said.add(why);
        },
      };
      const { seq } = medium.rtpInfo ?? {};
      // 0 and 1 are said by servers that do not know it (Q74).
      const buffer = new ReorderBuffer(sink, this.maxDelayNs, seq === 0 || seq === 1 ? undefined : seq);
      this.buffers.push(buffer);
      this.channels[medium.setup.rtpChannel] = { payloadType: medium.payloadType, buffer };
    }
  }
}

function fault(why: ReorderDrop, media: MediaDescription, { data, position, recv }: InterleavedFrame): Fault {
  const { code, text } = DROPS[why];
  const sequenceNumber = data.readUInt16BE(2);
  const message = `RTP packet ${sequenceNumber} ${text}: dropped (said once)`;
  return { kind: 'fault', code, message, media, position, sequenceNumber, recv };
}
