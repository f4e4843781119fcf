import type { CameraContext, ClientLink } from './context.js';
import type { Exchange } from './methods.js';
import type { Reply } from './reply.js';
import { CameraSession } from './session.js';
import { parseTransportRequest, type TransportRequest } from './transport-request.js';

/** Sessions that one connection may have; media of more would not fit its channels. */
const MAX_SESSIONS_PER_CONNECTION = 16;
/** Sessions of all clients: those over UDP outlive their connections. */
const MAX_SESSIONS = 1024;

/** SETUP (RFC 2326 section 10.4). */
export function setup({ request, resource, session, context, link }: Exchange): Reply {
  const { stream, base } = resource;
  if (stream === undefined) return { status: 459 };
  const wanted = parseTransportRequest(request.headers.get('transport')?.join(',') ?? '', context.transports);
  if (wanted === undefined) return { status: 461 };
  if (session?.started) return { status: 455 };
  // Interleaved media cannot be moved to another connection (RFC 2326 section 10.12).
  if (session !== undefined && session.link !== link) return { status: 455 };
  if (session === undefined && isFull(context, link)) return { status: 453 };
  // The streams of a session travel together.
  if (session !== undefined && session.transport !== wanted.kind) return { status: 461 };
  const url = `${base}/stream=${stream}`;
  if (wanted.kind === 'udp') return setupDatagrams(wanted, session, stream, url, context, link);
  const channels = chooseChannels(link, wanted.channels, session, stream);
  if (channels === undefined) return { status: 461 };
  const target = session ?? new CameraSession(context, link, 'tcp');
  const { rtpChannel, rtcpChannel, ssrc } = target.setupInterleaved(stream, url, ...channels);
  return accepted(target, `RTP/AVP/TCP;unicast;interleaved=${rtpChannel}-${rtcpChannel}`, ssrc);
}

function setupDatagrams(
  { profile, clientPorts: [rtp, rtcp] }: Extract<TransportRequest, { kind: 'udp' }>,
  session: CameraSession | undefined,
  stream: number,
  url: string,
  context: CameraContext,
  link: ClientLink,
): Reply {
  const target = session ?? new CameraSession(context, link, 'udp');
  const { ssrc } = target.setupDatagrams(stream, url, { rtp, rtcp });
  const { ports } = context.datagrams!;
  const source = context.faults?.announcedSource ?? link.localAddress;
  const where = `client_port=${rtp}-${rtcp};server_port=${ports.rtp}-${ports.rtcp};source=${source}`;
  return accepted(target, `${profile};unicast;${where}`, ssrc);
}

function accepted(session: CameraSession, transport: string, ssrc: number): Reply {
  const ssrcHex = ssrc.toString(16).toUpperCase().padStart(8, '0');
  return {
    status: 200,
    headers: [
      ['Session', `${session.id};timeout=${session.timeoutS}`],
      ['Transport', `${transport};ssrc=${ssrcHex};mode="PLAY"`],
    ],
  };
}

function isFull(context: CameraContext, link: ClientLink): boolean {
  return link.sessions.size >= MAX_SESSIONS_PER_CONNECTION || context.sessions.size >= MAX_SESSIONS;
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
