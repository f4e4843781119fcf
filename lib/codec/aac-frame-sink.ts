import type { AudioFrame, Fault, FaultCode, MediaDescription, RtpPacket } from '../items.js';
import { adtsOf, withoutStart } from './aac-adts.js';
import type { AacConfig } from './audio-config.js';

/** A frame as it was put together from packets. */
export interface CollectedFrame {
  readonly parts: readonly Buffer[];
  readonly byteLength: number;
  /** Times of its first packet. */
  readonly timestamp: number;
  readonly extendedTimestamp: number;
  readonly recvFirst: bigint;
  readonly recvLast: bigint;
  readonly waited: boolean;
}

/** The way out of one stream's AAC receiver: makes items of frames, with their times, and of what is wrong. */
export class AacFrameSink {
  private lost = 0;
  private packet: RtpPacket | undefined;
  private readonly said = new Set<string>();

  constructor(
    private readonly media: MediaDescription,
    private readonly config: AacConfig,
    private readonly emit: (item: AudioFrame | Fault) => void,
  ) {}

  /** Names the packet that faults are about, from now on. */
  at(packet: RtpPacket): void {
    this.packet = packet;
  }

  /** Counts lost packets, for the next frame. */
  lose(packets: number): void {
    this.lost += packets;
  }

  /**
   * Emits a frame, without an ADTS header that it may have (Q141).
   *
   * @param n frames before it in its packet
   */
  deliver(frame: CollectedFrame, n: number): void {
    const { media, config } = this;
    let { parts, byteLength } = frame;
    const adts = parts[0]![0] === 0xff ? adtsOf(parts) : undefined;
    if (adts?.frameLength === byteLength) {
      this.oddity('adts', 'AAC frames come with ADTS headers: those are taken off');
      parts = withoutStart(parts, adts.headerLength);
      byteLength -= adts.headerLength;
      if (adts.blocks > 1 || byteLength === 0) {
        const what = byteLength === 0 ? 'is empty' : `holds ${adts.blocks} raw data blocks`;
        this.malformed(`frame of RTP time ${frame.timestamp} left out: its ADTS frame ${what}`);
        return;
      }
    }
    const start = this.ticks(n);
    const { lost } = this;
    this.lost = 0;
    this.emit({
      kind: 'audioFrame',
      media,
      config,
      parts,
      byteLength,
      timestamp: (frame.timestamp + start) >>> 0,
      extendedTimestamp: frame.extendedTimestamp + start,
      duration: this.ticks(n + 1) - start,
      lost,
      recvFirst: frame.recvFirst,
      recvLast: frame.recvLast,
      waited: frame.waited,
    });
  }

  /** Something was left out. */
  malformed(message: string): void {
    this.fault('audio-malformed', message);
  }

  /** Accepted though not as the specification says; told once per `key`. */
  oddity(key: string, message: string): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.fault('audio-oddity', `${message} (said once)`);
  }

  /** How long n frames sound, in ticks of the RTP clock. */
  private ticks(n: number): number {
    const { frameLength, sampleRate } = this.config;
    return Math.round((n * frameLength * this.media.clockRate) / sampleRate);
  }

  private fault(code: FaultCode, message: string): void {
    const { media } = this;
    const { sequenceNumber, position, recv } = this.packet ?? {};
    this.emit({ kind: 'fault', code, message, media, sequenceNumber, position, recv });
  }
}
