import type { Chunk } from '../items.js';
import type { RtspConnection } from './connection.js';
import type { ConnectionEnd } from './media-tap.js';
import type { MediaReceiver, MediaTransport } from './media-transport.js';

/** Media interleaved in the RTSP connection (RFC 2326 section 10.12): what lies behind the answer to PLAY, as chunks. */
export class TcpMedia implements MediaTransport {
  readonly kind = 'tcp';

  constructor(private readonly connection: RtspConnection) {}

  get received(): number {
    return this.connection.received;
  }

  get lastMedia(): bigint | undefined {
    return this.connection.lastMedia;
  }

  start(receiver: MediaReceiver, holdMs: number): void {
    const consumer = {
      chunk: (chunk: Chunk) => receiver.item(chunk),
      closed: (end: ConnectionEnd) => receiver.closed(end),
    };
    this.connection.startMedia(consumer, holdMs);
  }

  flush(): void {
    this.connection.flushMedia();
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  sendRtcp(channel: number, data: Buffer): void {
    this.connection.sendFrame(channel, data);
  }

  stop(): void {
    this.connection.stopMedia();
  }

  async close(): Promise<void> {}
}
