import assert from 'node:assert/strict';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';
import type { RtspMessage, RtspResponse } from '../../../lib/rtsp/message.js';

/** Parses one response with the framer, from bytes or from text with LF line ends. */
export function parseResponse(bytes: Buffer | string): RtspResponse {
  const data = typeof bytes === 'string' ? Buffer.from(bytes.replaceAll('\n', '\r\n'), 'latin1') : bytes;
  const found: RtspMessage[] = [];
  const framer = new InterleaveFramer({ frame: () => {}, junk: () => {}, message: (message) => found.push(message) });
  framer.push(data, 0);
  assert.equal(framer.isMidway, false);
  assert.equal(found[0]?.type, 'response');
  return found[0] as RtspResponse;
}

/** A 200 answer with an SDP body, given as bytes or as lines. */
export function describeResponse(sdp: Buffer | readonly string[], ...headers: string[]): RtspResponse {
  const body = Buffer.isBuffer(sdp) ? sdp : Buffer.from(sdp.map((line) => `${line}\r\n`).join(''), 'latin1');
  const lines = [
    'RTSP/1.0 200 OK',
    'Content-Type: application/sdp',
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    '',
  ];
  return parseResponse(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]));
}

/** A 200 answer without a body. */
export function plainResponse(...headers: string[]): RtspResponse {
  return parseResponse(['RTSP/1.0 200 OK', 'CSeq: 1', ...headers, '', ''].join('\n'));
}
