import { RetinaRecordError } from '../errors.js';
import { header, type RtspResponse } from '../rtsp/message.js';

/** Remedies by status (Q22). */
const REMEDIES: ReadonlyMap<number, string> = new Map([
  [403, 'the server forbids it to this user or address'],
  [404, 'no such stream: check the path of the URL'],
  [406, 'the server has no description in SDP to offer'],
  [453, 'the server has too little bandwidth left: end other sessions or ask for a smaller stream'],
  [454, 'the server does not know the session any more: it has timed out or the camera was restarted'],
  [457, 'the server cannot play from the start of this stream'],
  [459, 'the server wants each stream to be played by itself'],
  [503, 'the server has too many clients: end other sessions or wait until they have timed out'],
]);

/** The error for an answer that is no success: names method, CSeq, status, reason and what helps. */
export function statusError(
  method: string,
  cseq: number,
  response: RtspResponse,
  connection: string,
  about?: string,
): RetinaRecordError {
  const remedy = REMEDIES.get(response.status);
  const detail = header(response, 'unsupported') ?? header(response, 'warning');
  const text = [
    `${method} CSeq ${cseq}${about === undefined ? '' : ` for ${about}`} was answered ${response.status} ${response.reason}`.trimEnd(),
    ...(detail ? [`(${detail})`] : []),
    ...(remedy === undefined ? [] : [`– ${remedy}`]),
  ].join(' ');
  return new RetinaRecordError(response.status === 404 ? 'not-found' : 'rtsp-status', text, { connection });
}
