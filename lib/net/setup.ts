import { RetinaRecordError } from '../errors.js';
import type { MediaDescription } from '../items.js';
import { maskUrl } from '../rtsp/mask-url.js';
import type { HeaderList, RtspResponse } from '../rtsp/message.js';
import { applySetup, assignedChannels, type SetupResult } from '../rtsp/presentation.js';
import { DEFAULT_SESSION_TIMEOUT_S } from '../rtsp/session-header.js';
import { type NumberPair, serializeTransport, type TransportRequest } from '../rtsp/transport.js';
import { type HandshakeOptions, type SetupState, sessionHeaders, warnOf } from './handshake.js';
import { statusError } from './status-error.js';

/** Unsupported Transport (RFC 2326 section 11.3.14). */
const UNSUPPORTED_TRANSPORT = 461;

/** How errors name a stream. */
export function aboutStream({ control }: MediaDescription): string {
  return `stream ${maskUrl(control)}`;
}

/**
 * Sends a SETUP (RFC 2326 section 10.4) and returns the answer, whatever its status.
 *
 * @throws what {@link Requester.request} throws
 */
export function requestSetup(
  state: SetupState,
  media: MediaDescription,
  request: TransportRequest,
  { requester, responseTimeoutMs }: HandshakeOptions,
): Promise<RtspResponse> {
  const headers: HeaderList = [['Transport', serializeTransport(request)], ...sessionHeaders(state)];
  return requester.request('SETUP', media.control, headers, {
    timeoutMs: responseTimeoutMs,
    about: aboutStream(media),
  });
}

/** Whether an answer is a success. */
export function isSuccess({ status }: RtspResponse): boolean {
  return status >= 200 && status < 300;
}

/**
 * The error for a SETUP that was refused: `transport-refused` where that is for the transport, else `not-found` or `rtsp-status`.
 *
 * @param refusal what was refused and what may help: `RTP over UDP: try --transport tcp`
 */
export function setupError(
  response: RtspResponse,
  media: MediaDescription,
  refusal: string,
  { requester }: HandshakeOptions,
): RetinaRecordError {
  const { lastCseq, remote } = requester.connection;
  const about = aboutStream(media);
  if (response.status !== UNSUPPORTED_TRANSPORT) return statusError('SETUP', lastCseq, response, remote, about);
  const text = `SETUP CSeq ${lastCseq} for ${about} was answered 461 ${response.reason}`.trimEnd();
  return new RetinaRecordError('transport-refused', `${text} – the server refuses ${refusal}`, { connection: remote });
}

/**
 * Writes a good answer to SETUP into `state`.
 *
 * @param asked the interleaved channels that were asked for, if any
 * @throws RetinaRecordError `transport-invalid`, `session-mismatch`
 */
export function acceptSetup(
  state: SetupState,
  media: MediaDescription,
  asked: NumberPair | undefined,
  response: RtspResponse,
  options: HandshakeOptions,
): SetupResult {
  state.streams++;
  const channels = asked && { rtpChannel: asked.rtp, rtcpChannel: asked.rtcp };
  const result = applySetup(state.presentation, media.index, channels, response);
  state.presentation = result.presentation;
  warnOf(options, 'setup-oddity', result.warnings);
  takeSession(state, result, options);
  return result;
}

/**
 * Sets one stream up inside the RTSP connection and writes the result into `state`.
 *
 * @throws RetinaRecordError as {@link setupError}, {@link acceptSetup} and {@link Requester.request}
 */
export async function setupOverTcp(
  state: SetupState,
  media: MediaDescription,
  options: HandshakeOptions,
): Promise<void> {
  const channels = freeChannels(state);
  const response = await requestSetup(state, media, { kind: 'tcp', channels }, options);
  if (!isSuccess(response)) {
    throw setupError(response, media, 'RTP inside its RTSP connection: try --transport udp', options);
  }
  const { transport } = acceptSetup(state, media, channels, response, options);
  const { clientPort, interleaved, multicast, serverPort } = transport;
  // An answer that names only UDP ports means that the media would go elsewhere (Q65).
  if (interleaved === undefined && (clientPort !== undefined || serverPort !== undefined || multicast)) {
    const text = `${aboutStream(media)}: the Transport header of the answer insists on UDP although TCP was asked for: try --transport udp`;
    throw new RetinaRecordError('transport-invalid', text, { connection: options.requester.connection.remote });
  }
  assignChannels(state, options);
}

/** Lets the connection know the channels that are set up. */
export function assignChannels({ presentation }: SetupState, { requester }: HandshakeOptions): void {
  requester.connection.assignChannels(assignedChannels(presentation));
}

/** The lowest free even channel and its neighbour (Q57, Q64). */
function freeChannels({ presentation }: SetupState): NumberPair {
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
