import { RetinaRecordError } from '../errors.js';
import type { Presentation } from '../items.js';
import { type HeaderList, header, type RtspResponse } from '../rtsp/message.js';
import {
  applyPlay,
  applySetup,
  assignedChannels,
  describePresentation,
  type SetupResult,
} from '../rtsp/presentation.js';
import { DEFAULT_SESSION_TIMEOUT_S } from '../rtsp/session-header.js';
import { type NumberPair, serializeTransport, type TransportRequest } from '../rtsp/transport.js';
import { maskUrl } from '../rtsp/url.js';
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
}

/** Reads the answer to DESCRIBE. */
export function readDescription(url: string, response: RtspResponse, options: HandshakeOptions): SetupState {
  const { presentation, warnings } = describePresentation(url, response);
  warn(options, 'sdp-oddity', warnings);
  return { presentation, sessionId: undefined, timeoutSeconds: DEFAULT_SESSION_TIMEOUT_S, streams: 0 };
}

/** The `Session` header that later requests carry: the bare id (Q59). */
export function sessionHeaders({ sessionId }: SetupState): HeaderList {
  return sessionId === undefined ? [] : [['Session', sessionId]];
}

/**
 * Sets one stream up (RFC 2326 section 10.4) and writes the result into `state`.
 *
 * @throws RetinaRecordError `rtsp-status`, `not-found`, `transport-invalid`, `session-mismatch`; what {@link Requester.request} throws
 */
export async function setupStream(state: SetupState, index: number, options: HandshakeOptions): Promise<void> {
  const { requester, responseTimeoutMs } = options;
  const media = state.presentation.media[index];
  if (media === undefined) {
    throw new RangeError(`selectMedia chose stream ${index} of ${state.presentation.media.length}`);
  }
  const request: TransportRequest = { kind: 'tcp', channels: freeChannels(state.presentation) };
  const about = `stream ${maskUrl(media.control)}`;
  const headers: HeaderList = [['Transport', serializeTransport(request)], ...sessionHeaders(state)];
  const response = await requester.require('SETUP', media.control, headers, { timeoutMs: responseTimeoutMs, about });
  state.streams++;
  const { rtp, rtcp } = request.channels;
  const result = applySetup(state.presentation, index, { rtpChannel: rtp, rtcpChannel: rtcp }, response);
  state.presentation = result.presentation;
  warn(options, 'setup-oddity', result.warnings);
  takeSession(state, result, options);
  requireInterleaved(result, about, options);
  requester.connection.assignChannels(assignedChannels(state.presentation));
}

/** The lowest free even channel and its neighbour (Q57, Q64). */
function freeChannels(presentation: Presentation): NumberPair {
  const assigned = assignedChannels(presentation);
  let rtp = 0;
  while (assigned.has(rtp) || assigned.has(rtp + 1)) rtp += 2;
  return { rtp, rtcp: rtp + 1 };
}

/** The first id counts, and with it the first timeout (Q60, Q76). */
function takeSession(state: SetupState, result: SetupResult, options: HandshakeOptions): void {
  const { sessionId, timeoutSeconds } = result;
  if (sessionId === undefined || sessionId === state.sessionId) return;
  if (state.sessionId === undefined) {
    state.sessionId = sessionId;
    state.timeoutSeconds = timeoutSeconds ?? DEFAULT_SESSION_TIMEOUT_S;
    return;
  }
  const { remote } = options.requester.connection;
  const text = `SETUP was answered with session ${JSON.stringify(sessionId)} after ${JSON.stringify(state.sessionId)}`;
  if (options.sessionId === 'require-match')
    throw new RetinaRecordError('session-mismatch', text, { connection: remote });
  options.warnings.add('session-oddity', `${remote}: ${text}; the first one is used`, 'session-id');
}

/** An answer that names only UDP ports means that the media would go elsewhere (Q65). */
function requireInterleaved({ transport }: SetupResult, about: string, options: HandshakeOptions): void {
  if (transport.interleaved !== undefined) return;
  if (transport.clientPort === undefined && transport.serverPort === undefined && !transport.multicast) return;
  const text = `SETUP for ${about}: the Transport header of the answer insists on UDP although TCP was asked for: try the other --transport`;
  throw new RetinaRecordError('transport-invalid', text, { connection: options.requester.connection.remote });
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
  warn(options, 'rtp-info-oddity', result.warnings);
  return response;
}

/** The `Server` header, where the answer has one. */
export function serverOf(response: RtspResponse): string | undefined {
  return header(response, 'server') || undefined;
}

function warn({ warnings, requester }: HandshakeOptions, code: string, texts: readonly string[]): void {
  for (const text of texts) warnings.add(code, `${requester.connection.remote}: ${text}`);
}
