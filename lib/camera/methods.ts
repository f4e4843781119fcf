import { header, type RtspRequest } from '../rtsp/message.js';
import type { CameraContext, ClientLink } from './context.js';
import { parseRangeStart } from './range-request.js';
import type { Reply } from './reply.js';
import type { Resource } from './resource.js';
import type { CameraSession } from './session.js';
import { setup } from './setup-method.js';

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
