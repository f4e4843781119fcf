import { RetinaRecordError } from '../errors.js';
import type { Credentials } from './auth.js';
import { maskUrl, stripUserInfo } from './mask-url.js';

/** An `rtsp://` or `rtsps://` URL taken apart, without ever being re-encoded (Q20). */
export interface RtspUrl {
  /** The URL as it goes into request lines: as given, without user info. */
  readonly url: string;
  readonly secure: boolean;
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  /** Default 554, with TLS 322 (RFC 7826 section 4.2). */
  readonly port: number;
  /** User info, percent-decoded once (Q34). */
  readonly credentials?: Credentials | undefined;
}

const ABSOLUTE = /^(rtsps?):\/\//i;

/** True for a literal `rtsp://` or `rtsps://` prefix, in any case. `new URL` cannot be asked: `cam:554/x` passes there (Q38). */
export function isAbsoluteRtspUrl(text: string): boolean {
  return ABSOLUTE.test(text);
}

/**
 * Takes an URL apart.
 *
 * @throws RetinaRecordError `url-invalid`; its message shows no credentials
 */
export function parseRtspUrl(text: string): RtspUrl {
  const fail = (why: string) => new RetinaRecordError('url-invalid', `cannot use the URL ${maskUrl(text)}: ${why}`);
  const match = /^(rtsps?):\/\/([^/?#]*)(.*)$/is.exec(text);
  if (!match) throw fail('it has to begin with rtsp:// or rtsps://');
  if (hasControl(text)) throw fail('it contains a control character');
  const [, scheme = '', authority = '', rest = ''] = match;
  const at = authority.lastIndexOf('@');
  const address = authority.slice(at + 1);
  const parts = /^(?:\[([\da-f:.%]+)\]|([^:[\]\s]+))(?::(\d*))?$/i.exec(address);
  if (!parts) throw fail('host or port is missing or malformed');
  const secure = scheme.toLowerCase() === 'rtsps';
  const port = parts[3] ? Number(parts[3]) : secure ? 322 : 554;
  if (port < 1 || port > 65535) throw fail('the port has to be between 1 and 65535');
  return {
    url: escapeUnsafe(`${scheme}://${address}${rest}`),
    secure,
    host: parts[1] ?? parts[2]!,
    port,
    credentials: at < 0 ? undefined : parseUserInfo(authority.slice(0, at)),
  };
}

function parseUserInfo(text: string): Credentials {
  const colon = text.indexOf(':');
  const username = colon < 0 ? text : text.slice(0, colon);
  return { username: percentDecode(username), password: colon < 0 ? '' : percentDecode(text.slice(colon + 1)) };
}

/** Decodes once; a `%` that begins no escape stands for itself (Q34). */
function percentDecode(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** A request line has no room for blanks and for characters beyond ASCII; all others stay as they are. */
function escapeUnsafe(url: string): string {
  return url.replace(/[^\x21-\x7e]+/gu, (text) => encodeURIComponent(text));
}

/** Scheme and authority of an absolute URL, `rtsp://host:port`. */
function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
}

/**
 * Joins a control attribute to its base by appending, never by RFC 3986 resolution and even behind a query string
 * (Q39, Q40): that is what cameras expect. `*` and an empty text mean the base.
 */
export function joinControl(base: string, control: string): string {
  if (control === '*' || control === '') return base;
  if (isAbsoluteRtspUrl(control)) return stripUserInfo(control);
  if (control.startsWith('?')) return base + control;
  if (control.startsWith('/')) return (base.endsWith('/') ? base.slice(0, -1) : base) + control;
  return base.endsWith('/') ? base + control : `${base}/${control}`;
}

/**
 * Makes a usable base URL of a damaged `Content-Base` or `Content-Location` (Q38: Anjvision leaves out the scheme,
 * others write a path only, the scheme twice, or a mapped IPv6 address without brackets).
 *
 * @returns the repaired base, or `requestUrl` where nothing can be made of `text`
 */
export function repairBaseUrl(text: string, requestUrl: string): { base: string; repaired: boolean } {
  let base = text.trim().replace(/^(?:rtsps?:\/\/)+(?=rtsps?:\/\/)/i, '');
  if (/^\/(?!\/)/.test(base)) base = originOf(requestUrl) + base;
  else if (looksLikeAuthority(base, requestUrl)) base = `${/^rtsps/i.test(requestUrl) ? 'rtsps' : 'rtsp'}://${base}`;
  base = base.replace(/^(rtsps?:\/\/)::ffff:(\d+\.\d+\.\d+\.\d+)/i, '$1$2');
  try {
    parseRtspUrl(base);
    base = stripUserInfo(base);
  } catch {
    base = requestUrl;
  }
  return { base, repaired: base !== text };
}

/** Without a scheme, a host is told from any other word by its port, its dots or by being the one that was asked. */
function looksLikeAuthority(text: string, requestUrl: string): boolean {
  const authority = /^[^/?#]*/.exec(text)![0];
  return /:\d+$|^[\w-]+(?:\.[\w-]+)+$/.test(authority) || requestUrl.includes(`://${authority}/`);
}

/**
 * The target of a redirect (RFC 2326 section 11.3, Q18): absolute, or a path on the same server. Credentials inside are
 * dropped.
 *
 * @throws RetinaRecordError `redirect-invalid` without a usable Location, `redirect-insecure` from rtsps to rtsp
 */
export function resolveRedirect(current: RtspUrl, location: string | undefined): RtspUrl {
  if (!location) throw new RetinaRecordError('redirect-invalid', 'the server redirects without a Location header');
  const text = location.startsWith('/') ? originOf(current.url) + location : location;
  let target: RtspUrl;
  try {
    target = { ...parseRtspUrl(text), credentials: undefined };
  } catch (cause) {
    throw new RetinaRecordError(
      'redirect-invalid',
      `the server redirects to ${maskUrl(location)}, which is no RTSP URL`,
      {},
      { cause },
    );
  }
  if (current.secure && !target.secure) {
    throw new RetinaRecordError(
      'redirect-insecure',
      `the server redirects from rtsps to ${maskUrl(target.url)}, which is not encrypted`,
    );
  }
  return target;
}
