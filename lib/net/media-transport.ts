import type { Item } from '../items.js';
import type { ConnectionEnd } from './media-tap.js';

/** A waiting datagram, or chunk of a connection, costs about so many bytes more than it holds, even an empty one. */
export const DATAGRAM_OVERHEAD = 256;

/** Takes what a transport receives. */
export interface MediaReceiver {
  /** True while so much waits for the pipeline that a transport that cannot be paused has to drop. */
  readonly isFull: boolean;
  item(item: Item): void;
  /** The RTSP connection has ended by itself. */
  closed(end: ConnectionEnd): void;
}

/** How the media of a session come: inside its RTSP connection, or as datagrams beside it. */
export interface MediaTransport {
  readonly kind: 'tcp' | 'udp';
  /** Bytes received so far: of the connection, or of datagrams. */
  readonly received: number;
  /** When media, not answers to requests, were last read, in Unix ns; undefined before the first. */
  readonly lastMedia: bigint | undefined;
  /** What the kernel holds for us between two reads, in bytes; absent over TCP, where nothing is lost by it. */
  readonly receiveBufferBytes?: number | undefined;
  /**
   * Begins to deliver, with what has come since PLAY.
   *
   * @param holdMs how long something may be kept so that it is delivered together with what comes behind it; see {@link ItemBatch}
   */
  start(receiver: MediaReceiver, holdMs: number): void;
  /** Delivers what is being kept. */
  flush(): void;
  /** Stops reading until {@link resume}, where that can be done. */
  pause(): void;
  resume(): void;
  /** Sends a compound RTCP packet to the server, by the number of a stream's RTCP channel. Never throws, and says nothing of errors. */
  sendRtcp(channel: number, data: Buffer): void;
  /** Delivers what is being kept, and nothing more. */
  stop(): void;
  /** Gives back what it holds; the RTSP connection is not touched. May be called again. */
  close(): Promise<void>;
}
