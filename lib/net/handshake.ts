import type { Presentation } from '../items.js';
import { type HeaderList, header, type RtspResponse } from '../rtsp/message.js';
import { multicastGroups } from '../rtsp/multicast.js';
import { applyPlay, describePresentation } from '../rtsp/presentation.js';
import { DEFAULT_SESSION_TIMEOUT_S } from '../rtsp/session-header.js';
import type { Requester } from './requester.js';
import type { WarningLog } from './warnings.js';

/** What the requests between DESCRIBE and PLAY share. */
export interface HandshakeOptions {
  readonly requester: Requester;
  readonly warnings: WarningLog;
  readonly responseTimeoutMs: number;
  readonly sessionId: 'require-match' | 'use-first';
}

/** The session that SETUP has made, as far as it is there. */
export interface SetupState {
  presentation: Presentation;
  /** The bare id; a server may leave it out (Q60). */
  sessionId: string | undefined;
  timeoutSeconds: number;
  /** SETUPs that succeeded. */
  streams: number;
  /** The groups that the SDP names, if the server offers multicast. */
  readonly multicastGroups: readonly string[];
}

/** Reads the answer to DESCRIBE. */
export function readDescription(url: string, response: RtspResponse, options: HandshakeOptions): SetupState {
  const { presentation, warnings } = describePresentation(url, response);
  warnOf(options, 'sdp-oddity', warnings);
  const session = { sessionId: undefined, timeoutSeconds: DEFAULT_SESSION_TIMEOUT_S, streams: 0 };
  return { presentation, ...session, multicastGroups: multicastGroups(response.body) };
}

/** The `Session` header that later requests carry: the bare id (Q59). */
export function sessionHeaders({ sessionId }: SetupState): HeaderList {
  return sessionId === undefined ? [] : [['Session', sessionId]];
}

/** Starts the streams (RFC 2326 section 10.5, Q68) and adds what RTP-Info says of them. */
export async function play(state: SetupState, options: HandshakeOptions): Promise<RtspResponse> {
  const { requester, responseTimeoutMs } = options;
  const headers: HeaderList = [...sessionHeaders(state), ['Range', 'npt=0.000-']];
  const response = await requester.require('PLAY', state.presentation.controlUrl, headers, {
    timeoutMs: responseTimeoutMs,
    startsMedia: true,
  });
  const result = applyPlay(state.presentation, response);
  state.presentation = result.presentation;
  warnOf(options, 'rtp-info-oddity', result.warnings);
  return response;
}

/** The `Server` header, where the answer has one. */
export function serverOf(response: RtspResponse): string | undefined {
  return header(response, 'server') || undefined;
}

/** Tells of oddities in an answer. */
export function warnOf({ warnings, requester }: HandshakeOptions, code: string, texts: readonly string[]): void {
  for (const text of texts) warnings.add(code, `${requester.connection.remote}: ${text}`);
}
