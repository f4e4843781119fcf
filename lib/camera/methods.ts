import { header, type RtspRequest } from '../rtsp/message.js';
import type { CameraContext, ClientLink } from './context.js';
import { parseRangeStart } from './range-request.js';
import type { Reply } from './reply.js';
import type { Resource } from './resource.js';
import { CameraSession } from './session.js';
import { parseTransportRequest } from './transport-request.js';

/** A request that has passed the checks that all methods share. */
export interface Exchange {
  readonly request: RtspRequest;
  readonly resource: Resource;
  /** The session that the request names. */
  readonly session: CameraSession | undefined;
  readonly context: CameraContext;
  readonly link: ClientLink;
  /** Value of `Public`. */
  readonly publicMethods: string;
}

/** Sessions that one connection may have; media of more would not fit its channels. */
const MAX_SESSIONS_PER_CONNECTION = 16;

const NO_SESSION: Reply = { status: 454 };

/** What the camera does for each method (RFC 2326 section 10). */
export const METHODS: Readonly<Record<string, ((exchange: Exchange) => Reply) | undefined>> = {
  OPTIONS: ({ publicMethods }) => ({ status: 200, headers: [['Public', publicMethods]] }),
  DESCRIBE: describe,
  SETUP: setup,
  PLAY: play,
  PAUSE: pause,
  TEARDOWN: teardown,
  GET_PARAMETER: parameter,
  SET_PARAMETER: parameter,
};

function describe({ request, resource, context, link }: Exchange): Reply {
  const accept = request.headers.get('accept')?.join(',');
  if (accept !== undefined && !/application\/(sdp|\*)|\*\/\*/i.test(accept)) return { status: 406 };
  return {
    status: 200,
    headers: [
      ['Content-Type', 'application/sdp'],
      ['Content-Base', `${resource.base}/`],
    ],
    body: Buffer.from(context.describe(link.localAddress), 'utf8'),
  };
}

function setup({ request, resource, session, context, link }: Exchange): Reply {
  const { stream, base } = resource;
  if (stream === undefined) return { status: 459 };
  const wanted = parseTransportRequest(request.headers.get('transport')?.join(',') ?? '');
  if (wanted === undefined) return { status: 461 };
  if (session?.started) return { status: 455 };
  // Interleaved media cannot be moved to another connection (RFC 2326 section 10.12).
  if (session !== undefined && session.link !== link) return { status: 455 };
  if (session === undefined && link.sessions.size >= MAX_SESSIONS_PER_CONNECTION) return { status: 453 };
  const channels = chooseChannels(link, wanted.channels, session, stream);
  if (channels === undefined) return { status: 461 };
  const target = session ?? new CameraSession(context, link);
  const { rtpChannel, rtcpChannel, ssrc } = target.setup(stream, `${base}/stream=${stream}`, ...channels);
  const ssrcHex = ssrc.toString(16).toUpperCase().padStart(8, '0');
  return {
    status: 200,
    headers: [
      ['Session', `${target.id};timeout=${context.sessionTimeoutS}`],
      ['Transport', `RTP/AVP/TCP;unicast;interleaved=${rtpChannel}-${rtcpChannel};ssrc=${ssrcHex};mode="PLAY"`],
    ],
  };
}

/** The channels asked for, or the lowest free pair if another stream has them or none were asked for. */
function chooseChannels(
  link: ClientLink,
  wanted: readonly [number, number] | undefined,
  session: CameraSession | undefined,
  mediaIndex: number,
): readonly [number, number] | undefined {
  const isFree = (channel: number) =>
    ![...link.sessions].some((other) => other.usesChannel(channel, other === session ? mediaIndex : undefined));
  if (wanted?.every(isFree)) return wanted;
  for (let channel = 0; channel < 256; channel += 2) {
    if (isFree(channel) && isFree(channel + 1)) return [channel, channel + 1];
  }
  return undefined;
}

function play({ request, resource, session, context }: Exchange): Reply {
  if (session === undefined) return NO_SESSION;
  const refusal = refuseStream(resource, session);
  if (refusal !== undefined) return refusal;
  const range = header(request, 'range');
  const start = range === undefined ? 'now' : parseRangeStart(range);
  const isEndless = context.turns === Number.POSITIVE_INFINITY;
  const durationS = (context.script.durationNs / 1e9) * context.turns;
  if (start === undefined || (start !== 'now' && !isEndless && start > durationS)) return { status: 457 };
  if (session.playing) return { status: 200 };
  // Like a live camera it goes on from where it stands, and says so.
  const { positionS, rtpInfo } = session.prepare();
  return {
    status: 200,
    headers: [
      ['Range', `npt=${positionS.toFixed(3)}-${isEndless ? '' : durationS.toFixed(3)}`],
      ['RTP-Info', rtpInfo],
    ],
    afterwards: () => session.play(),
  };
}

function pause({ resource, session }: Exchange): Reply {
  if (session === undefined) return NO_SESSION;
  const refusal = refuseStream(resource, session);
  if (refusal !== undefined) return refusal;
  if (!session.started) return { status: 455 };
  session.pause();
  return { status: 200 };
}

function teardown({ resource, session }: Exchange): Reply {
  if (session === undefined) return NO_SESSION;
  const refusal = refuseStream(resource, session);
  if (refusal !== undefined) return refusal;
  session.end('teardown');
  return { status: 200 };
}

/** The camera has no parameters, so that only an empty list can be answered: the usual sign of life (section 10.8). */
function parameter({ request }: Exchange): Reply {
  return { status: request.body.toString('latin1').trim() === '' ? 200 : 451 };
}

/** A stream's own URL will do only if the session has no other stream (section 11.3.10). */
function refuseStream({ stream }: Resource, session: CameraSession): Reply | undefined {
  if (stream === undefined) return undefined;
  if (!session.hasStream(stream)) return { status: 455 };
  return session.streamCount > 1 ? { status: 460 } : undefined;
}
