import type { CameraContext, ClientLink } from './context.js';
import { DatagramMedia } from './datagram-media.js';

/** What a session's media over UDP need of the session. */
export interface DatagramHooks {
  /** Clock rate in Hz of the medium on a channel. */
  readonly clockRate: (channel: number) => number;
  /** Is given what comes from the client's ports. */
  readonly received: (packet: Buffer) => void;
}

/** A session's way over UDP to the client of an RTSP connection. @param context one with ports */
export function sessionDatagrams(context: CameraContext, link: ClientLink, hooks: DatagramHooks): DatagramMedia {
  const { datagrams, timers, faults, stats } = context;
  return new DatagramMedia({
    ports: datagrams!,
    address: link.remoteAddress,
    timers,
    faults,
    counts: stats,
    sent: (bytes) => {
      stats.bytesSent += bytes;
      stats.datagramsSent++;
    },
    reached: () => link.endByPlan(),
    ...hooks,
  });
}
