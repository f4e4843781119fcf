import type { AuthPolicy } from '../rtsp/auth-check.js';
import type { Clock } from '../time/clock.js';
import type { DatagramPorts } from './datagram-ports.js';
import type { FaultCounts, FaultPlan } from './faults/plan.js';
import type { Outlet } from './outlet.js';
import type { CameraScript } from './script.js';
import type { CameraSession } from './session.js';
import type { CameraTimers } from './timers.js';
import type { TransportKind } from './transport-request.js';
import type { WireLoop } from './wire-loop.js';

/** Why a session ended. */
export type SessionEndReason = 'teardown' | 'timeout' | 'disconnected' | 'finished' | 'closed';

/** What happens to a session, for the camera's `session` event. */
export interface SessionEvent {
  readonly event: 'setup' | 'play' | 'pause' | 'end';
  readonly id: string;
  /** The client, as `host:port`. */
  readonly remote: string;
  /** Only with `end`. */
  readonly reason?: SessionEndReason | undefined;
}

/** A fault that happens once on a connection, for the camera's `fault` event. */
export interface FaultEvent {
  /** The client, as `host:port`. */
  readonly remote: string;
  /** What happened and where: `close at within:2`. */
  readonly what: string;
}

/** Counters of a camera since it was started, over all connections. */
export interface CameraStats extends FaultCounts {
  connections: number;
  requests: number;
  /** Sessions that had a SETUP. */
  sessions: number;
  /** Bytes handed to the sockets, messages and datagrams included. */
  bytesSent: number;
  /** RTP and RTCP packets that left over UDP. */
  datagramsSent: number;
  /** Compound RTCP packets from clients that begin with a receiver report of a stream. */
  receiverReports: number;
  /** Other datagrams from clients: those that open the way through a firewall. */
  holePunches: number;
}

/** What the parts of one camera share. */
export interface CameraContext {
  readonly script: CameraScript;
  readonly path: string;
  readonly auth: AuthPolicy | undefined;
  /** How often the script is served, Infinity for ever. */
  readonly turns: number;
  readonly pacing: 'realtime' | 'fast';
  readonly atEnd: 'stay' | 'close';
  readonly senderReportIntervalMs: number;
  readonly ssrc: number | undefined;
  readonly initialSequence: number | undefined;
  readonly initialTimestamp: number | undefined;
  readonly sessionTimeoutS: number;
  /** What goes wrong on each connection. */
  readonly faults: FaultPlan | undefined;
  /** What SETUP may ask for. */
  readonly transports: readonly TransportKind[];
  /** There where `transports` holds `udp`. */
  readonly datagrams: DatagramPorts | undefined;
  readonly clock: Clock;
  readonly timers: CameraTimers;
  readonly stats: CameraStats;
  /** All sessions by id: another connection may end one (RFC 2326 section 1.1: sessions are no connections). */
  readonly sessions: Map<string, CameraSession>;
  /** The session description, for a client that reached the camera at `address`. */
  describe(address: string): string;
  /** The frames of the media of these indices. */
  loopOf(mediaIndices: readonly number[]): WireLoop;
  announce(event: SessionEvent): void;
  announceFault(event: FaultEvent): void;
}

/** The connection that a session was set up on. */
export interface ClientLink {
  readonly outlet: Outlet;
  /** The client, as `host:port`. */
  readonly remote: string;
  /** The client's address, as the system writes it. */
  readonly remoteAddress: string;
  /** The address at which the client reached the camera. */
  readonly localAddress: string;
  /** Nonce of this connection's challenges. */
  readonly nonce: string;
  /** Sessions that were set up here. */
  readonly sessions: Set<CameraSession>;
  /** Does what the plan of faults has for its end: the place has come among the datagrams. */
  endByPlan(): void;
}
