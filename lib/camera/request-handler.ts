import { makeChallenge, verify } from '../rtsp/auth-check.js';
import { header, type RtspRequest } from '../rtsp/message.js';
import type { CameraContext, ClientLink } from './context.js';
import { type Exchange, METHODS } from './methods.js';
import type { Reply } from './reply.js';
import { parseResource } from './resource.js';

/** Methods that are for other resources than a camera's (RFC 2326 sections 10.3, 10.11). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['ANNOUNCE', 'RECORD']);
const PUBLIC = Object.keys(METHODS).join(', ');

/**
 * Answers a request: checks what all methods have in common, in the order in which a refusal makes sense, then lets the method
 * decide. The answer lacks `CSeq`, which is the connection's to add.
 */
export function answer(request: RtspRequest, context: CameraContext, link: ClientLink): Reply {
  if (!/^\d{1,10}$/.test(header(request, 'cseq') ?? '')) return { status: 400 };
  if (request.version !== 'RTSP/1.0') return { status: 505 };
  const method = METHODS[request.method];
  if (method === undefined) {
    return KNOWN_METHODS.has(request.method) ? { status: 405, headers: [['Allow', PUBLIC]] } : { status: 501 };
  }
  const required = request.headers.get('require');
  if (required !== undefined) return { status: 551, headers: [['Unsupported', required.join(', ')]] };
  if (request.method === 'OPTIONS' && request.uri === '*') return { status: 200, headers: [['Public', PUBLIC]] };
  const refusal = request.method === 'OPTIONS' ? undefined : checkCredentials(request, context, link);
  if (refusal !== undefined) return refusal;
  const resource = parseResource(request.uri, context.path);
  if (resource === undefined) return { status: 404 };
  if (resource.stream !== undefined && context.script.media[resource.stream] === undefined) return { status: 404 };
  // Parameters such as `;timeout=` are no part of the id.
  const id = header(request, 'session')?.split(';')[0]?.trim();
  const session = id === undefined ? undefined : context.sessions.get(id);
  if (id !== undefined && session === undefined) return { status: 454 };
  session?.touch();
  const exchange: Exchange = { request, resource, session, context, link, publicMethods: PUBLIC };
  const reply = method(exchange);
  if (session === undefined || reply.headers?.some(([name]) => name === 'Session')) return reply;
  return { ...reply, headers: [['Session', session.id], ...(reply.headers ?? [])] };
}

function checkCredentials(request: RtspRequest, context: CameraContext, link: ClientLink): Reply | undefined {
  const { auth } = context;
  if (auth === undefined) return undefined;
  const authorization = header(request, 'authorization');
  if (verify(auth, link.nonce, { method: request.method, uri: request.uri, authorization })) return undefined;
  return { status: 401, headers: [['WWW-Authenticate', makeChallenge(auth, link.nonce)]] };
}
