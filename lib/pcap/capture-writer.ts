import type { Writable } from 'node:stream';
import type { CaptureEnd, CaptureSink, ConnectionCapture } from '../net/capture.js';
import type { Endpoint } from './ip.js';
import { parseIpAddress } from './ip-address.js';
import { serializeUdpHeaders } from './ip-writer.js';
import { serializeFileHeader, serializeRecordHeader } from './record-writer.js';
import { type Speaker, TcpConversation } from './tcp-conversation.js';

/** Options of a {@link CaptureWriter}. */
export interface CaptureWriterOptions {
  /** Bytes that may wait to be written before what comes is left out. Default 16 MiB. */
  readonly maxWaitingBytes?: number | undefined;
  /** Hears once that the sink is too slow, and bytes are left out. */
  readonly onDrop?: (() => void) | undefined;
}

const DEFAULT_WAITING_BYTES = 16 * 1024 * 1024;
const NOWHERE = Buffer.alloc(4);

/**
 * Writes the connections and the datagrams of a session as a classic capture (ns, packets begin with the IP header), which
 * `pcapSource` reads.
 *
 * It never waits: while more than the cap lies in the sink, bytes are left out. Their sequence numbers are used up all the same,
 * so that a reader finds a hole of known length in the connection; datagrams are left out one by one.
 */
export class CaptureWriter implements CaptureSink {
  /** Connections begun so far. */
  connections = 0;
  /** Bytes of the connections and datagrams that were left out. */
  droppedBytes = 0;
  private readonly maxWaitingBytes: number;
  private readonly onDrop: () => void;
  private dropping = false;
  private failed = false;

  /** @param sink gets the file, front to back; it is not ended here, and its errors are for others to report */
  constructor(
    private readonly sink: Writable,
    { maxWaitingBytes = DEFAULT_WAITING_BYTES, onDrop = () => {} }: CaptureWriterOptions = {},
  ) {
    this.maxWaitingBytes = maxWaitingBytes;
    this.onDrop = onDrop;
    sink.on('error', () => {
      this.failed = true;
    });
    sink.write(serializeFileHeader());
  }

  open(client: CaptureEnd, server: CaptureEnd, at: bigint): ConnectionCapture {
    this.connections++;
    const conversation = new TcpConversation(endpoints(client, server));
    this.write(conversation.open(at));
    let isOpen = true;
    const send = (speaker: Speaker, data: Buffer, time: bigint): void => {
      if (!isOpen) return;
      if (this.admits(data.length)) this.write(conversation.send(speaker, data, time));
      else conversation.skip(speaker, data.length);
    };
    return {
      sent: (data, time) => send('client', data, time),
      received: (data, time) => send('server', data, time),
      closed: (time) => {
        if (isOpen) this.write(conversation.close(time));
        isOpen = false;
      },
    };
  }

  datagram(source: CaptureEnd, destination: CaptureEnd, data: Buffer, at: bigint): void {
    if (!this.admits(data.length)) return;
    const { client, server } = endpoints(source, destination);
    const headers = serializeUdpHeaders(client, server, data);
    this.write([serializeRecordHeader(at, headers.length + data.length), headers, data]);
  }

  private write(pieces: readonly Buffer[]): void {
    if (this.failed) return;
    for (const piece of pieces) this.sink.write(piece);
  }

  /** Once too much waits, half of it has to be written before anything is taken again: one long hole is better than many. */
  private admits(length: number): boolean {
    const waiting = this.sink.writableLength;
    const isFull = this.dropping ? waiting > this.maxWaitingBytes / 2 : waiting + length > this.maxWaitingBytes;
    if (!isFull && !this.failed) {
      this.dropping = false;
      return true;
    }
    if (this.droppedBytes === 0 && !this.failed) this.onDrop();
    this.dropping = true;
    this.droppedBytes += length;
    return false;
  }
}

/** Both ends in one family; what is not known any more is 0.0.0.0. */
function endpoints(client: CaptureEnd, server: CaptureEnd): Record<Speaker, Endpoint> {
  const from = parseIpAddress(client.address);
  const to = parseIpAddress(server.address);
  const isKnown = from !== undefined && from.length === to?.length;
  return {
    client: { address: isKnown ? from : NOWHERE, port: client.port },
    server: { address: isKnown ? to! : NOWHERE, port: server.port },
  };
}
