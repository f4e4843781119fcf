import { RetinaRecordError } from '../errors.js';

/** Header fields by lower-case name, each with its values in order of appearance (RFC 2326 section 4.2, Q2, Q8). */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

/** An RTSP request (RFC 2326 section 6). */
export interface RtspRequest {
  readonly type: 'request';
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

/** An RTSP response (RFC 2326 section 7). */
export interface RtspResponse {
  readonly type: 'response';
  readonly version: string;
  /** 100–999. */
  readonly status: number;
  /** Empty where the server sends none (Q6). */
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export type RtspMessage = RtspRequest | RtspResponse;

/** A message's start line and header fields, before its body has arrived. */
export type RtspHead = Omit<RtspRequest, 'body'> | Omit<RtspResponse, 'body'>;

/** Longest header block in lines (Q10). */
export const MAX_HEADER_LINES = 255;
/** Longest header field value in bytes (Q10). */
export const MAX_HEADER_VALUE = 2048;
/** Longest body in bytes (Q10). */
export const MAX_BODY = 128 * 1024;

const NO_BODY = Buffer.alloc(0);

/**
 * First value of a header field, name compared without case; undefined if the message lacks it.
 */
export function header(message: { readonly headers: RtspHeaders }, name: string): string | undefined {
  return message.headers.get(name.toLowerCase())?.[0];
}

/**
 * Parses start line and header fields (RFC 2326 sections 4–7). Lines end at LF, a CR before it is dropped (Q7); bytes are
 * Latin-1 (Q9); white space around values is dropped (Q4). Lines without a colon are ignored, continued lines are joined.
 *
 * @param text the head without the blank line that ends it, decoded as Latin-1
 * @returns undefined if the start line is neither a request's nor a response's
 * @throws RetinaRecordError `rtsp-limit` if there are too many lines or a value is too long
 */
export function parseHead(text: string): RtspHead | undefined {
  const lines = text.split('\n');
  const startLine = parseStartLine(lines[0] ?? '');
  if (startLine === undefined) return undefined;
  if (lines.length - 1 > MAX_HEADER_LINES) {
    throw new RetinaRecordError('rtsp-limit', `an RTSP head has more lines than the cap of ${MAX_HEADER_LINES}`);
  }
  const headers = new Map<string, string[]>();
  let values: string[] | undefined;
  for (let i = 1; i < lines.length; i++) {
    const line = trimLine(lines[i] ?? '');
    if ((line.startsWith(' ') || line.startsWith('\t')) && values !== undefined) {
      values.push(checkedValue(`${values.pop()} ${trimBlanks(line)}`));
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = trimBlanks(line.slice(0, colon)).toLowerCase();
    values = headers.get(name);
    if (values === undefined) {
      values = [];
      headers.set(name, values);
    }
    values.push(checkedValue(trimBlanks(line.slice(colon + 1))));
  }
  return { ...startLine, headers };
}

type StartLine = Omit<RtspRequest, 'body' | 'headers'> | Omit<RtspResponse, 'body' | 'headers'>;

/** Parses a request line or a status line (RFC 2326 sections 6.1, 7.1), without LF; undefined if it is neither. */
export function parseStartLine(text: string): StartLine | undefined {
  const line = trimLine(text);
  const status = /^(RTSP\/\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?$/.exec(line);
  if (status) {
    return { type: 'response', version: status[1]!, status: Number(status[2]), reason: trimBlanks(status[3] ?? '') };
  }
  const request = /^([A-Z_]{1,32}) +(\S+) +(RTSP\/\d\.\d)[ \t]*$/.exec(line);
  if (request) {
    return { type: 'request', method: request[1]!, uri: request[2]!, version: request[3]! };
  }
  return undefined;
}

/** So many bytes of a line tell nearly always that it is no start line. */
const GLANCE = 256;
/** The beginning of a start line, cut off anywhere. */
const START_LINE_CUT = /^(?:RTSP\/\d\.\d[ \t]|[A-Z_]{1,32} +\S*(?:$| +(?:$|R)))/;

/**
 * Whether {@link parseStartLine} makes something of the line between two offsets. Quick about those that are none: a line of
 * 64 KiB full of method names would else be decoded once for each of them.
 */
export function isStartLine(data: Buffer, start: number, end: number): boolean {
  if (!START_LINE_CUT.test(data.toString('latin1', start, Math.min(end, start + GLANCE)))) return false;
  return parseStartLine(data.toString('latin1', start, end)) !== undefined;
}

/**
 * The body length that a head announces, in bytes; 0 without `Content-Length` (Q10), undefined if the value is no decimal
 * number.
 *
 * @throws RetinaRecordError `rtsp-limit` if it is above {@link MAX_BODY}
 */
export function contentLength(head: RtspHead): number | undefined {
  const value = header(head, 'content-length');
  if (value === undefined || value === '') return 0;
  if (!/^\d+$/.test(value)) return undefined;
  const length = Number(value);
  if (length > MAX_BODY) {
    throw new RetinaRecordError(
      'rtsp-limit',
      `Content-Length ${value.slice(0, 40)} is above the cap of ${MAX_BODY} bytes`,
    );
  }
  return length;
}

/** Joins a head with its body. */
export function withBody(head: RtspHead, body: Buffer = NO_BODY): RtspMessage {
  return { ...head, body } as RtspMessage;
}

/** Header fields for {@link serializeRequest} and {@link serializeResponse}: written in this order, spelled as given. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * Serializes a request; `Content-Length` is added where there is a body. `CSeq` has to be the first field of `headers` (Q3).
 *
 * @throws RetinaRecordError `rtsp-syntax` if a field holds a line break
 */
export function serializeRequest(method: string, uri: string, headers: HeaderList, body: Buffer = NO_BODY): Buffer {
  return serialize(`${method} ${uri} RTSP/1.0`, headers, body);
}

/**
 * Serializes a response; `Content-Length` is added where there is a body.
 *
 * @throws RetinaRecordError `rtsp-syntax` if a field holds a line break
 */
export function serializeResponse(status: number, reason: string, headers: HeaderList, body: Buffer = NO_BODY): Buffer {
  return serialize(`RTSP/1.0 ${status} ${reason}`, headers, body);
}

function serialize(startLine: string, headers: HeaderList, body: Buffer): Buffer {
  let text = `${checkedField(startLine)}\r\n`;
  for (const [name, value] of headers) text += `${checkedField(name)}: ${checkedField(value)}\r\n`;
  if (body.length > 0) text += `Content-Length: ${body.length}\r\n`;
  const head = Buffer.from(`${text}\r\n`, 'latin1');
  return body.length > 0 ? Buffer.concat([head, body]) : head;
}

/** No field may carry a line break: a value that came from outside must not add header fields. */
function checkedField(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RetinaRecordError('rtsp-syntax', 'line break in an RTSP header field');
  return text;
}

function checkedValue(value: string): string {
  if (value.length > MAX_HEADER_VALUE) {
    throw new RetinaRecordError(
      'rtsp-limit',
      `an RTSP header value is longer than the cap of ${MAX_HEADER_VALUE} bytes`,
    );
  }
  return value;
}

function trimLine(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
