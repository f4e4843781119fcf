import type { Clock } from '../time/clock.js';
import type { SetupState } from './handshake.js';
import type { MediaTransport } from './media-transport.js';
import type { TeardownPolicy } from './options.js';
import type { Requester } from './requester.js';
import type { StaleSessions } from './stale-sessions.js';
import type { Timers } from './timers.js';
import type { WarningLog } from './warnings.js';

/** What {@link connect} hands to the session that it has started. */
export interface SessionParts {
  readonly requester: Requester;
  /** Opens another connection to the same server. */
  readonly reconnect: (timeoutMs: number, signal: AbortSignal | undefined) => Promise<Requester>;
  readonly state: SetupState;
  /** Ready to deliver. */
  readonly media: MediaTransport;
  /** The `Server` header. */
  readonly server: string | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly warnings: WarningLog;
  readonly staleSessions: StaleSessions;
  readonly teardownPolicy: TeardownPolicy;
  readonly silenceTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly holdMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What is known of the server. */
export interface ServerInfo {
  /** The `Server` header. */
  readonly server?: string | undefined;
  /** `a=tool` of the SDP. */
  readonly tool?: string | undefined;
  /** Such as `Digest SHA-256` or `Basic`; absent where no credentials were asked for. */
  readonly authScheme?: string | undefined;
  /** What `Public` listed, known after the first keepalive. */
  readonly publicMethods: readonly string[];
}
