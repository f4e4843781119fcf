import type { AuthPolicy } from '../rtsp/auth-check.js';
import type { Clock } from '../time/clock.js';
import type { FaultPlan } from './faults/plan.js';
import type { Outlet } from './outlet.js';
import type { CameraScript } from './script.js';
import type { CameraSession } from './session.js';
import type { CameraTimers } from './timers.js';
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

/** Counters of a camera since it was started. */
export interface CameraStats {
  connections: number;
  requests: number;
  /** Sessions that had a SETUP. */
  sessions: number;
  /** Bytes handed to the sockets, messages included. */
  bytesSent: number;
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

/** The connection that a session's media travel on. */
export interface ClientLink {
  readonly outlet: Outlet;
  /** The client, as `host:port`. */
  readonly remote: string;
  /** The address at which the client reached the camera. */
  readonly localAddress: string;
  /** Nonce of this connection's challenges. */
  readonly nonce: string;
  /** Sessions whose media travel here. */
  readonly sessions: Set<CameraSession>;
}
