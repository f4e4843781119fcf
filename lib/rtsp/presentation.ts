import { RetinaRecordError } from '../errors.js';
import type { MediaDescription, MediaSetup, Presentation } from '../items.js';
import { maskUrl, stripUserInfo } from './mask-url.js';
import { header, type RtspResponse } from './message.js';
import { parseRtpInfo, type RtpInfoEntry } from './rtp-info.js';
import { parseSdp, type SessionDescription } from './sdp.js';
import { describeMedia } from './sdp-media.js';
import { parseSessionHeader } from './session-header.js';
import { parseTransport, type Transport } from './transport.js';
import { isAbsoluteRtspUrl, joinControl, repairBaseUrl } from './url.js';

/**
 * Makes a presentation of the answer to DESCRIBE (RFC 2326 section 10.2 and appendix C, Q36–Q56). Streams that make no
 * sense are left out with a warning.
 *
 * @param requestUrl URL of the request line
 * @throws RetinaRecordError `sdp-invalid` if the body is said to be no SDP, or holds no usable stream
 */
export function describePresentation(
  requestUrl: string,
  response: RtspResponse,
): { presentation: Presentation; warnings: string[] } {
  const warnings: string[] = [];
  checkContentType(response, warnings);
  checkBody(response);
  const url = stripUserInfo(requestUrl);
  const baseUrl = baseOf(url, response, warnings);
  const sdp = parseSdp(response.body);
  const sessionControl = sdp.attributes.get('control')?.[0];
  // Without a session control it is the request URL, not the base (Q42).
  const controlUrl = sessionControl === undefined ? url : joinControl(baseUrl, sessionControl);
  const media = usableMedia(sdp, baseUrl, controlUrl, warnings);
  const tool = sdp.attributes.get('tool')?.[0] || undefined;
  const presentation: Presentation = {
    kind: 'presentation',
    media,
    url: maskUrl(url),
    baseUrl,
    controlUrl,
    tool,
    name: sdp.name,
  };
  return { presentation, warnings };
}

function checkContentType(response: RtspResponse, warnings: string[]): void {
  const value = header(response, 'content-type');
  const type = value?.replace(/;.*/, '').trim().toLowerCase();
  if (!type) warnings.push('the answer to DESCRIBE has no Content-Type; it is taken as SDP');
  else if (type !== 'application/sdp') {
    throw new RetinaRecordError(
      'sdp-invalid',
      `the answer to DESCRIBE has Content-Type ${JSON.stringify(value)}, not application/sdp`,
    );
  }
}

function checkBody(response: RtspResponse): void {
  if (response.body.length > 0) return;
  const length = header(response, 'content-length') ?? '';
  const why = /^\d*$/.test(length) ? '' : `: its Content-Length ${JSON.stringify(length.slice(0, 40))} is no number`;
  throw new RetinaRecordError('sdp-invalid', `the answer to DESCRIBE has no body${why}`);
}

function baseOf(requestUrl: string, response: RtspResponse, warnings: string[]): string {
  for (const name of ['Content-Base', 'Content-Location']) {
    const value = header(response, name);
    if (!value) continue;
    const { base, repaired } = repairBaseUrl(value, requestUrl);
    if (repaired) warnings.push(`${name} ${JSON.stringify(maskUrl(value))} is damaged; ${maskUrl(base)} is used`);
    return base;
  }
  return requestUrl;
}

function usableMedia(
  sdp: SessionDescription,
  baseUrl: string,
  controlUrl: string,
  warnings: string[],
): MediaDescription[] {
  const media: MediaDescription[] = [];
  for (const section of sdp.media) {
    const result = describeMedia(section);
    if ('unusable' in result) {
      warnings.push(`SDP section "m=${section.line}" is left out: ${result.unusable}`);
      continue;
    }
    for (const warning of result.warnings) warnings.push(`SDP section "m=${section.line}": ${warning}`);
    const control = section.attributes.get('control')?.[0];
    media.push({
      index: media.length,
      ...result.media,
      control: control === undefined ? controlUrl : joinControl(baseUrl, control),
    });
  }
  if (media.length === 0) {
    const why =
      sdp.media.length === 0 ? 'it has no media section' : warnings.filter((text) => text.startsWith('SDP')).join('; ');
    throw new RetinaRecordError('sdp-invalid', `the SDP describes no usable stream: ${why}`);
  }
  return media;
}

/** What {@link applySetup} found. */
export interface SetupResult {
  readonly presentation: Presentation;
  readonly warnings: string[];
  /** The parsed Transport header, for what interleaved channels do not tell: ports and source address. */
  readonly transport: Transport;
  /** The bare session id, where the answer has one. */
  readonly sessionId?: string | undefined;
  /** Seconds; present with `sessionId`. */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Adds the answer to a SETUP to its stream (RFC 2326 section 10.4, Q58–Q66).
 *
 * @param requestedTransport the channels that were asked for; undefined where they are unknown or the media go over UDP: then
 *   stream i gets channels 2i and 2i+1 unless the answer names others
 * @throws RetinaRecordError `transport-invalid` if the answer's channels are above 255 or belong to another stream already
 */
export function applySetup(
  presentation: Presentation,
  mediaIndex: number,
  requestedTransport: { readonly rtpChannel: number; readonly rtcpChannel: number } | undefined,
  response: RtspResponse,
): SetupResult {
  const warnings: string[] = [];
  const stream = presentation.media[mediaIndex];
  if (stream === undefined) throw new RangeError(`no stream ${mediaIndex}`);
  const value = header(response, 'transport');
  const transport = parseTransport(value ?? '');
  for (const ignored of transport.ignored)
    warnings.push(`Transport parameter "${ignored}" makes no sense and is ignored`);
  const { interleaved } = transport;
  if (interleaved === undefined && requestedTransport !== undefined) {
    warnings.push(
      `the answer to SETUP has no ${value === undefined ? 'Transport' : 'interleaved channels'}; those asked for are assumed`,
    );
  } else if (interleaved !== undefined && (interleaved.rtp % 2 === 1 || interleaved.rtcp !== interleaved.rtp + 1)) {
    warnings.push(`the server chose the odd channels ${interleaved.rtp}-${interleaved.rtcp}`);
  }
  const rtpChannel = interleaved?.rtp ?? requestedTransport?.rtpChannel ?? 2 * mediaIndex;
  const rtcpChannel = interleaved?.rtcp ?? requestedTransport?.rtcpChannel ?? 2 * mediaIndex + 1;
  const setup: MediaSetup = { rtpChannel, rtcpChannel, ssrc: transport.ssrc };
  checkChannels(presentation, stream, setup);
  const session = parseSessionHeader(header(response, 'session') ?? '');
  if (session?.badTimeout)
    warnings.push(`the session's timeout makes no sense; ${session.timeoutSeconds} s are assumed`);
  return {
    presentation: withMedia(presentation, (media) =>
      media.index === stream.index ? { ...media, setup, rtpInfo: undefined } : media,
    ),
    warnings,
    transport,
    sessionId: session?.id,
    timeoutSeconds: session?.timeoutSeconds,
  };
}

function checkChannels(presentation: Presentation, stream: MediaDescription, setup: MediaSetup): void {
  const { rtpChannel, rtcpChannel } = setup;
  const fail = (why: string) => {
    const message = `the server put the stream on channels ${rtpChannel}-${rtcpChannel}: ${why}`;
    return new RetinaRecordError('transport-invalid', message, { stream: maskUrl(stream.control) });
  };
  if (rtpChannel > 255 || rtcpChannel > 255) throw fail('channels end at 255');
  if (rtpChannel === rtcpChannel) throw fail('RTP and RTCP cannot share one');
  const assigned = assignedChannels(
    withMedia(presentation, (media) => (media.index === stream.index ? { ...media, setup: undefined } : media)),
  );
  if (assigned.has(rtpChannel) || assigned.has(rtcpChannel)) throw fail('another stream has them already');
}

/** All interleaved channels of the streams that are set up. */
export function assignedChannels(presentation: Presentation): Set<number> {
  return new Set(
    presentation.media.flatMap(({ setup }) => (setup === undefined ? [] : [setup.rtpChannel, setup.rtcpChannel])),
  );
}

function withMedia(presentation: Presentation, change: (media: MediaDescription) => MediaDescription): Presentation {
  return { ...presentation, media: presentation.media.map(change) };
}

/**
 * The stream that a SETUP of any client means: its control URL, or what another way of joining (RFC 3986, another host name, a
 * slash more) makes of the same attribute. An only stream is meant whatever the URI says, until it is set up: what comes behind that
 * is for a section that was left out.
 */
export function mediaForSetupUri(presentation: Presentation, uri: string): number | undefined {
  const wanted = stripUserInfo(uri);
  const { media } = presentation;
  const loose = (url: string) =>
    stripUserInfo(url)
      .replace(/^[a-z]+:\/\/[^/?#]*/i, '')
      .replace(/\/+/g, '/')
      .replace(/\/$/, '');
  const lastPart = (url: string) => /[^/]*$/.exec(loose(url))![0];
  for (const same of [
    (control: string) => control === wanted,
    (control: string) => loose(control) === loose(wanted),
    (control: string) => lastPart(control) !== '' && lastPart(control) === lastPart(wanted),
  ]) {
    const matching = media.filter(({ control }) => same(control));
    if (matching.length === 1) return matching[0]!.index;
  }
  return media.length === 1 && media[0]!.setup === undefined ? 0 : undefined;
}

/** Adds the RTP-Info of the answer to PLAY to the streams that it names (RFC 2326 section 12.33, Q69–Q75). */
export function applyPlay(
  presentation: Presentation,
  response: RtspResponse,
): { presentation: Presentation; warnings: string[] } {
  const warnings: string[] = [];
  const found = new Map<number, RtpInfoEntry>();
  for (const entry of (response.headers.get('rtp-info') ?? []).flatMap(parseRtpInfo)) {
    for (const ignored of entry.ignored) warnings.push(`RTP-Info value "${ignored}" makes no sense and is ignored`);
    const index = mediaForRtpInfo(presentation, entry);
    if (index === undefined)
      warnings.push(`RTP-Info entry for ${JSON.stringify(maskUrl(entry.url ?? ''))} matches no stream`);
    else if (!found.has(index)) found.set(index, entry);
  }
  const withInfo = withMedia(presentation, (media) => {
    const entry = found.get(media.index);
    return entry === undefined ? media : { ...media, rtpInfo: entry.info };
  });
  return { presentation: withInfo, warnings };
}

/** With one stream in the SDP the URL is not looked at (Q70). */
function mediaForRtpInfo({ media, baseUrl }: Presentation, { url }: RtpInfoEntry): number | undefined {
  if (media.length === 1) return 0;
  if (url === undefined) return undefined;
  // An URL may contain `;`, or be followed by a parameter that we do not know.
  for (const text of [url, url.split(';', 1)[0]!.trim()]) {
    const joined = isAbsoluteRtspUrl(text) ? stripUserInfo(text) : joinControl(baseUrl, text);
    const index = media.findIndex(({ control }) => control === joined);
    if (index >= 0) return index;
  }
  return undefined;
}
