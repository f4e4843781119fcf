import type { RtpInfo } from '../items.js';
import { parseSsrc } from './ssrc.js';

/** One entry of an `RTP-Info` header (RFC 2326 section 12.33). */
export interface RtpInfoEntry {
  /** The stream's URL as sent, absolute or relative; absent where the server leaves it out (Q71). */
  readonly url?: string | undefined;
  readonly info: RtpInfo;
  /** Values that made no sense and count as absent, as `name=value`. */
  readonly ignored: readonly string[];
}

/** A parameter that belongs to us, at the end of whatever the URL contains: URLs hold `;`, `,` and `=` too. */
const PARAMETER_START = /[;,]\s*(?=(?:seq|rtptime|ssrc)\s*=)/i;

/**
 * Parses `url=…;seq=…;rtptime=…[;ssrc=…], url=…` (Q70, Q71): empty parts, unknown parameters and blanks are no fault, an
 * unusable value counts as absent without its neighbours (Q72). Never throws.
 */
export function parseRtpInfo(value: string): RtpInfoEntry[] {
  return value
    .split(/,\s*(?=url\s*=)/i)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(parseEntry);
}

function parseEntry(text: string): RtpInfoEntry {
  let url: string | undefined;
  const values = new Map<string, string>();
  for (const part of text.split(PARAMETER_START)) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const raw = part.slice(equals + 1).trim();
    if (name === 'url') url ??= raw.replace(/[;,\s]+$/, '').replace(/^"(.*)"$/, '$1');
    // Unknown parameters may follow a value.
    else if (!values.has(name)) values.set(name, raw.split(/[;,]/, 1)[0]!.trim());
  }
  const ignored: string[] = [];
  const read = (name: string, parse: (text: string) => number | null | undefined): number | undefined => {
    const raw = values.get(name);
    const parsed = raw === undefined ? undefined : parse(raw);
    if (parsed === null) ignored.push(`${name}=${raw}`);
    return parsed ?? undefined;
  };
  const seq = read('seq', (raw) => unsigned(raw, 0xffff));
  const rtptime = read('rtptime', (raw) => unsigned(raw, 0xffffffff));
  const ssrc = read('ssrc', parseSsrc);
  return { url, info: { seq, rtptime, ssrc }, ignored };
}

function unsigned(text: string, max: number): number | null {
  return /^\d{1,10}$/.test(text) && Number(text) <= max ? Number(text) : null;
}
