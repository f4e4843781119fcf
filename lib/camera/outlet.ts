import type { Socket } from 'node:net';

/** Where a session's media go. */
export interface FrameSink {
  /**
   * Sends RTP or RTCP packets, given as one or more whole interleaved frames (`$`, channel, length, packet), however they travel.
   *
   * @param flushed called, never at once, when `data` may be written to again: they have left, or never will
   */
  frames(data: Buffer, flushed: () => void): void;
}

/**
 * Everything that a camera sends on an RTSP connection goes through an outlet, in the order of the calls: the one place to count, to
 * divert or to disturb it.
 */
export interface Outlet extends FrameSink {
  /** Sends an RTSP message; `flushed` is called when it has left, or when it never will. */
  message(data: Buffer, flushed: () => void): void;
  /** Closes the connection once everything has left. */
  end(): void;
}

/** The plain outlet: everything goes to the socket as it comes, in as few writes as it came. */
export class SocketOutlet implements Outlet {
  /** @param sent is told the size of each write, as it is handed to the socket */
  constructor(
    private readonly socket: Socket,
    private readonly sent: (bytes: number) => void,
  ) {}

  message(data: Buffer, flushed: () => void): void {
    this.write(data, flushed);
  }

  frames(data: Buffer, flushed: () => void): void {
    this.write(data, flushed);
  }

  end(): void {
    this.socket.end();
  }

  private write(data: Buffer, flushed: () => void): void {
    this.sent(data.length);
    this.socket.write(data, flushed);
  }
}
