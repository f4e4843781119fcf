import { keepsDeadTcpSessions } from '../rtsp/live555.js';
import { assignedChannels } from '../rtsp/presentation.js';
import type { SetupState } from './handshake.js';
import type { StaleSessions } from './stale-sessions.js';
import type { WarningLog } from './warnings.js';

/**
 * Notes a frame that comes before PLAY has been answered. It is dropped; on a channel that is not ours it is worth a word
 * (Q14–Q16).
 *
 * @param state undefined before the streams have been described
 */
export function noteEarlyFrame(
  channel: number,
  remote: string,
  state: SetupState | undefined,
  { warnings, staleSessions }: { readonly warnings: WarningLog; readonly staleSessions: StaleSessions },
): void {
  if (state === undefined) {
    warnings.add(
      'early-data',
      `${remote} sends data before it was asked for any, probably another client's`,
      'early-data',
    );
  } else if (!assignedChannels(state.presentation).has(channel)) {
    if (keepsDeadTcpSessions(state.presentation.tool)) staleSessions.note(remote);
    warnings.add(
      'unassigned-channel',
      `${remote} sends data on channel ${channel}, which was never set up`,
      'unassigned-channel',
    );
  }
}
