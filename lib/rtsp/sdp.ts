/** A session description as its lines say it (RFC 4566), before anything is made of the media. */
export interface SessionDescription {
  /** `s=`, if it says anything. */
  readonly name?: string | undefined;
  /** `a=` lines before the first `m=`, by lower-case name, with their values in order; `''` for a flag. */
  readonly attributes: SdpAttributes;
  readonly media: readonly SdpMedia[];
}

/** Values of attributes by lower-case name. */
type SdpAttributes = ReadonlyMap<string, readonly string[]>;

/** An `m=` section. */
export interface SdpMedia {
  /** The `m=` line's value, for messages. */
  readonly line: string;
  readonly type: string;
  readonly protocol: string;
  /** Payload types as written. */
  readonly formats: readonly string[];
  readonly attributes: SdpAttributes;
}

/** Most `m=` sections of a description that are looked at; 128 KiB of body could hold thousands. */
const MAX_SDP_MEDIA = 64;

interface OpenMedia extends SdpMedia {
  readonly attributes: Map<string, string[]>;
}

/**
 * Parses SDP as cameras write it: lines in any order with the session level before the first `m=` (Q44), nothing mandatory
 * (Q45), nothing but `s=`, `m=` and `a=` looked at (Q46), LF or CR LF, empty and other lines skipped, Latin-1 (Q47). Never throws.
 */
export function parseSdp(body: Buffer): SessionDescription {
  const attributes = new Map<string, string[]>();
  const media: OpenMedia[] = [];
  let name: string | undefined;
  for (const raw of body.toString('latin1').split(/[\n\0]/)) {
    const line = raw.trim();
    const value = line.slice(2).trim();
    switch (line.slice(0, 2)) {
      case 's=':
        if (media.length === 0 && value !== '' && value !== '-') name ??= value;
        break;
      case 'm=':
        if (media.length > MAX_SDP_MEDIA) return { name, attributes, media: media.slice(0, MAX_SDP_MEDIA) };
        media.push(openMedia(value));
        break;
      case 'a=':
        addAttribute(media.at(-1)?.attributes ?? attributes, value);
        break;
    }
  }
  return { name, attributes, media: media.slice(0, MAX_SDP_MEDIA) };
}

function openMedia(line: string): OpenMedia {
  const [type = '', , protocol = '', ...formats] = line.split(/\s+/);
  return { line, type: type.toLowerCase(), protocol, formats, attributes: new Map() };
}

function addAttribute(attributes: Map<string, string[]>, text: string): void {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase();
  const value = colon < 0 ? '' : text.slice(colon + 1).trim();
  const values = attributes.get(name);
  if (values === undefined) attributes.set(name, [value]);
  else values.push(value);
}
