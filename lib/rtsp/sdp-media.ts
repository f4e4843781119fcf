import type { MediaDescription } from '../items.js';
import { parseFmtp } from './fmtp.js';
import type { SdpMedia } from './sdp.js';
import { STATIC_PAYLOAD_TYPES } from './static-payload-types.js';

/** What an `m=` section says of its stream, or why it cannot be used. */
export type MediaResult =
  | { readonly media: Omit<MediaDescription, 'index' | 'control'>; readonly warnings: readonly string[] }
  | { readonly unusable: string };

interface Encoding {
  readonly encodingName: string;
  readonly clockRate: number;
  readonly channels?: number | undefined;
}

/** Makes a stream of an `m=` section, or says why not (RFC 4566 section 5.14, Q48–Q55). */
export function describeMedia(section: SdpMedia): MediaResult {
  const { protocol, type, attributes } = section;
  if (!/^RTP\/|\/RTP\/|MP2T\//i.test(protocol)) return { unusable: `protocol ${JSON.stringify(protocol)} is not RTP` };
  const format = section.formats[0] ?? '';
  const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : 128;
  if (payloadType > 127) return { unusable: `${JSON.stringify(format)} is no payload type` };
  const encoding = encodingOf(section, payloadType);
  if (typeof encoding === 'string') return { unusable: encoding };
  const warnings: string[] = [];
  const fmtp = fmtpOf(section, payloadType, encoding.encodingName, warnings);
  return {
    media: {
      type,
      payloadType,
      ...encoding,
      fmtp,
      frameRate: lastValid(attributes.get('framerate'), parseFrameRate),
      direction: DIRECTIONS.find((direction) => attributes.has(direction)),
    },
    warnings,
  };
}

const DIRECTIONS = ['sendonly', 'recvonly', 'sendrecv', 'inactive'] as const;

/** The last usable rtpmap for the payload type; it wins over a static type of the same number (Q51). */
function encodingOf(section: SdpMedia, payloadType: number): Encoding | string {
  const mapped = (section.attributes.get('rtpmap') ?? []).filter((value) => payloadTypeOf(value) === payloadType);
  const encoding = lastValid(mapped, (value) => parseRtpmap(value, section.type));
  if (encoding !== undefined) return encoding;
  if (mapped.length > 0) return `rtpmap ${JSON.stringify(mapped[0])} has no usable clock rate or channels`;
  const known = STATIC_PAYLOAD_TYPES.get(payloadType);
  if (known === undefined) return `payload type ${payloadType} has no rtpmap`;
  const { type, ...rest } = known;
  if (type !== section.type && type !== 'both') {
    return `payload type ${payloadType} is ${known.encodingName}, which is not ${section.type}`;
  }
  return rest;
}

/** `96 H264/90000[/channels]`, with blanks where cameras put them (Q52). */
function parseRtpmap(value: string, type: string): Encoding | undefined {
  const match = /^\d+\s+([^/]*?)\s*\/\s*(\d{1,9})\s*(?:\/\s*(\d{1,4})?.*)?$/.exec(value);
  const encodingName = match?.[1]?.toLowerCase();
  const clockRate = Number(match?.[2] ?? 0);
  if (!encodingName || clockRate < 1) return undefined;
  const channels = match?.[3] === undefined ? undefined : Number(match[3]);
  // `0` channels make no sense of an audio section (Q48); elsewhere the number says nothing.
  if (channels === 0) return type === 'audio' ? undefined : { encodingName, clockRate };
  return { encodingName, clockRate, channels };
}

/** The last fmtp of the payload type (Q53); for AAC the only foreign one that has a `config` (Hikvision media server, Q54). */
function fmtpOf(section: SdpMedia, payloadType: number, encodingName: string, warnings: string[]): string | undefined {
  const all = section.attributes.get('fmtp') ?? [];
  const own = all.filter((value) => payloadTypeOf(value) === payloadType).map(withoutPayloadType);
  const usable = own.filter((value) => value !== '').at(-1);
  if (usable !== undefined) return usable;
  if (own.length > 0) warnings.push(`fmtp of payload type ${payloadType} is empty`);
  if (encodingName !== 'mpeg4-generic') return undefined;
  const foreign = all.map(withoutPayloadType).filter((value) => parseFmtp(value).has('config'));
  if (foreign.length !== 1) return undefined;
  warnings.push(`the fmtp of another payload type is used for payload type ${payloadType}`);
  return foreign[0];
}

function payloadTypeOf(value: string): number {
  return Number(/^\d{1,3}(?=\s|$)/.exec(value)?.[0] ?? -1);
}

function withoutPayloadType(value: string): string {
  return value.replace(/^\d*\s*/, '');
}

function parseFrameRate(value: string): number | undefined {
  const rate = /^\d{1,6}(?:\.\d*)?$/.test(value) ? Number(value) : 0;
  return rate > 0 ? rate : undefined;
}

function lastValid<T>(values: readonly string[] | undefined, parse: (value: string) => T | undefined): T | undefined {
  return values
    ?.map(parse)
    .filter((parsed) => parsed !== undefined)
    .at(-1);
}
