import type { Endpoint } from './ip.js';
import { MAX_SEGMENT, serializeTcpHeaders } from './ip-writer.js';
import { serializeRecordHeader } from './record-writer.js';
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_SYN } from './transport.js';

/** Which end of a connection speaks. */
export type Speaker = 'client' | 'server';

/**
 * Serializes a TCP connection as the records of a capture in the default style (little-endian, ns, link type 101), behind the file
 * header. Each call returns the pieces to be written in order; payloads are the caller's buffers, not copies.
 */
export class TcpConversation {
  private readonly sequence: Record<Speaker, number>;

  /** @param initialSequence of both directions, unsigned 32 bits. Default 0. */
  constructor(
    private readonly ends: Readonly<Record<Speaker, Endpoint>>,
    initialSequence: number = 0,
  ) {
    this.sequence = { client: initialSequence, server: initialSequence };
  }

  /** The three-way handshake, at `timestamp` in Unix ns. */
  open(timestamp: bigint): Buffer[] {
    return [
      ...this.segment('client', TCP_SYN, NOTHING, timestamp),
      ...this.segment('server', TCP_SYN | TCP_ACK, NOTHING, timestamp),
      ...this.segment('client', TCP_ACK, NOTHING, timestamp),
    ];
  }

  /** Bytes of one end, in as many segments as they need. */
  send(speaker: Speaker, data: Buffer, timestamp: bigint): Buffer[] {
    const pieces: Buffer[] = [];
    for (let at = 0; at < data.length; at += MAX_SEGMENT) {
      pieces.push(...this.segment(speaker, TCP_ACK | TCP_PSH, data.subarray(at, at + MAX_SEGMENT), timestamp));
    }
    return pieces;
  }

  /** `length` bytes of one end that are left out: what follows stands behind a hole. */
  skip(speaker: Speaker, length: number): void {
    this.sequence[speaker] = (this.sequence[speaker] + length) >>> 0;
  }

  /** Both ends close. */
  close(timestamp: bigint): Buffer[] {
    return [
      ...this.segment('client', TCP_FIN | TCP_ACK, NOTHING, timestamp),
      ...this.segment('server', TCP_FIN | TCP_ACK, NOTHING, timestamp),
      ...this.segment('client', TCP_ACK, NOTHING, timestamp),
    ];
  }

  private segment(speaker: Speaker, flags: number, payload: Buffer, timestamp: bigint): Buffer[] {
    const other = speaker === 'client' ? 'server' : 'client';
    const acknowledgmentNumber = (flags & TCP_ACK) === 0 ? 0 : this.sequence[other];
    const fields = { sequenceNumber: this.sequence[speaker], acknowledgmentNumber, flags };
    const headers = serializeTcpHeaders(this.ends[speaker], this.ends[other], fields, payload);
    const advance = payload.length + ((flags & (TCP_SYN | TCP_FIN)) === 0 ? 0 : 1);
    this.sequence[speaker] = (this.sequence[speaker] + advance) >>> 0;
    const record = serializeRecordHeader(timestamp, headers.length + payload.length);
    return payload.length === 0 ? [record, headers] : [record, headers, payload];
  }
}

const NOTHING = Buffer.alloc(0);
