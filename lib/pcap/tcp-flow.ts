import type { Endpoint } from './ip.js';
import type { RtspConnection } from './rtsp-connection.js';
import { findFrame, looksInterleaved, MAX_START_LINE, rtspSignature, type Signature } from './rtsp-signature.js';
import { MAX_HELD_BYTES, TcpReassembler } from './tcp-reassembler.js';
import { TCP_ACK, TCP_RST, TCP_SYN, type TcpSegment } from './transport.js';

/** Makes the items of an RTSP connection, or returns undefined if nobody wants it. */
export type OpenConnection = (client: Endpoint, server: Endpoint, isWhole: boolean) => RtspConnection | undefined;

type Side = 0 | 1;

/** Bytes that may wait for a missing segment while it is not known whether this is RTSP: there can be many such connections. */
const MAX_UNDECIDED_BYTES = 16 * 1024;

interface Piece {
  readonly side: Side;
  readonly data: Buffer;
  readonly position: number;
  readonly recv: bigint;
}

/** A TCP connection between two ends: finds out whether it speaks RTSP, and hands its bytes on in order if so. */
export class TcpFlow {
  private readonly reassemblers: readonly [TcpReassembler, TcpReassembler];
  private connection: RtspConnection | undefined;
  private client: Side = 0;
  private isForeign = false;
  /** True if the capture has the connection's beginning. */
  private isWhole: boolean;
  private initialSequence: number | undefined;
  /** What came before it was known whether this is RTSP: less than a start line in each direction. */
  private pieces: Piece[] = [];

  /**
   * @param ends the sender of the first captured segment, then the other
   * @param first that segment
   */
  constructor(
    private readonly ends: readonly [Endpoint, Endpoint],
    first: TcpSegment,
    private readonly open: OpenConnection,
    private readonly maxHeldBytes: number | undefined,
  ) {
    this.isWhole = (first.flags & TCP_SYN) !== 0;
    if (this.isWhole) this.client = (first.flags & TCP_ACK) === 0 ? 0 : 1;
    this.reassemblers = [this.reassembler(0), this.reassembler(1)];
  }

  /** True if this flow is an RTSP connection that somebody wants. */
  get isWanted(): boolean {
    return this.connection !== undefined && !this.connection.isAbandoned;
  }

  /** True if a segment without ACK begins another connection between the same ports. */
  isSuperseded(segment: TcpSegment): boolean {
    const isOpening = (segment.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
    return isOpening && segment.sequenceNumber !== this.initialSequence;
  }

  /** Takes a segment of the side `ends[side]`. */
  segment(side: Side, segment: TcpSegment, recv: bigint): void {
    if (this.connection?.isAbandoned) this.dismiss();
    if (this.isForeign) return;
    const { flags, payload } = segment;
    let { sequenceNumber } = segment;
    if ((flags & TCP_SYN) !== 0) {
      if ((flags & TCP_ACK) === 0) this.initialSequence = sequenceNumber;
      sequenceNumber = (sequenceNumber + 1) >>> 0;
      this.reassemblers[side].start(sequenceNumber);
    }
    if (!this.isWhole && this.connection === undefined && !this.joinMidway(side, payload)) return;
    this.reassemblers[side].push(sequenceNumber, payload, recv);
    if ((flags & TCP_ACK) !== 0) this.reassemblers[side === 0 ? 1 : 0].acknowledge(segment.acknowledgmentNumber);
    if ((flags & TCP_RST) !== 0) this.end();
  }

  /** Nothing more of this connection comes. */
  end(): void {
    for (const reassembler of this.reassemblers) reassembler.end();
    this.connection?.end(this.reassemblers[0].outsideWindow + this.reassemblers[1].outsideWindow);
    this.dismiss();
  }

  private dismiss(): void {
    for (const reassembler of this.reassemblers) reassembler.discard();
    this.connection = undefined;
    this.pieces = [];
    this.isForeign = true;
  }

  private reassembler(side: Side): TcpReassembler {
    const sink = {
      data: (data: Buffer, position: number, recv: bigint) => this.received({ side, data, position, recv }),
      gap: (position: number, length: number, reason: string) => {
        if (this.connection === undefined) {
          // The first message is lost: go on as if the capture had begun here.
          this.isWhole = false;
          this.pieces = [];
        } else if (side === this.client) this.connection.gapFromClient();
        else this.connection.gapFromServer(position, length, reason);
      },
    };
    return new TcpReassembler(sink, MAX_UNDECIDED_BYTES);
  }

  private received(piece: Piece): void {
    if (this.connection !== undefined) this.forward(piece);
    else if (this.isWhole && !this.isForeign) {
      // A copy: it may have to wait for long.
      this.pieces.push({ ...piece, data: Buffer.from(piece.data) });
      const start = this.pieces.filter(({ side }) => side === piece.side).map(({ data }) => data);
      this.decide(rtspSignature(Buffer.concat(start)), piece.side);
    }
  }

  private forward({ side, data, position, recv }: Piece): void {
    if (side === this.client) this.connection!.fromClient(data, position);
    else this.connection!.fromServer(data, position, recv);
  }

  /** Looks for RTSP in a single segment of a connection that is older than the capture. */
  private joinMidway(side: Side, payload: Buffer): boolean {
    if (payload.length === 0) return false;
    const signature = rtspSignature(payload.subarray(0, MAX_START_LINE));
    if (signature === 'request' || signature === 'response') this.decide(signature, side);
    else if (payload[0] === 0x24 && findFrame(payload, looksInterleaved, false) === 0) {
      // Both ends send frames; the server is the one with the assigned port, the lower one.
      const server = this.ends[0].port <= this.ends[1].port ? 0 : 1;
      this.decide(side === server ? 'response' : 'request', side);
    }
    return this.connection !== undefined;
  }

  private decide(signature: Signature, side: Side): void {
    if (signature === 'unknown') return;
    if (signature === 'request' || signature === 'response') {
      if (!this.isWhole) this.client = signature === 'request' ? side : side === 0 ? 1 : 0;
      const server = this.client === 0 ? 1 : 0;
      this.connection = this.open(this.ends[this.client], this.ends[server], this.isWhole);
    }
    const { pieces } = this;
    this.pieces = [];
    if (this.connection === undefined) {
      this.dismiss();
      return;
    }
    for (const reassembler of this.reassemblers) reassembler.maxHeldBytes = this.maxHeldBytes ?? MAX_HELD_BYTES;
    for (const piece of pieces) this.forward(piece);
  }
}
