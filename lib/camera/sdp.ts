import type { CameraScript, ScriptMedia } from './script.js';

/** What of {@link describeScript} varies from camera to camera. */
export interface SdpContext {
  /** Numeric session id and version for `o=`. */
  readonly sessionId: string;
  /** Address for `o=`, as an IP literal. */
  readonly address: string;
  /** Whether the script ends, so that its length is announced. */
  readonly ends: boolean;
}

/** Control attribute of the medium at `index`, relative to Content-Base. */
function streamControl(index: number): string {
  return `stream=${index}`;
}

/** The session description of a script (RFC 4566; RTSP's attributes are in RFC 2326 appendix C). */
export function describeScript(script: CameraScript, context: SdpContext): string {
  const { sessionId, address, ends } = context;
  const addressType = address.includes(':') ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- ${sessionId} 1 IN ${addressType} ${address}`,
    // A line break in a file's name must not become a line of the description.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    `s=${script.name.replace(/[\x00-\x1f\x7f]/g, ' ') || '-'}`,
    `c=IN ${addressType} ${addressType === 'IP4' ? '0.0.0.0' : '::'}`,
    't=0 0',
    'a=tool:retina-record camera',
    'a=control:*',
    `a=range:npt=0-${ends ? (script.durationNs / 1e9).toFixed(3) : ''}`,
  ];
  script.media.forEach((media, index) => {
    lines.push(...mediaLines(media, index));
  });
  return lines.map((line) => `${line}\r\n`).join('');
}

function mediaLines(media: ScriptMedia, index: number): string[] {
  const { type, payloadType, encodingName, clockRate, channels, fmtp, frameRate } = media;
  const lines = [
    `m=${type} 0 RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${encodingName}/${clockRate}${channels === undefined ? '' : `/${channels}`}`,
  ];
  if (fmtp !== undefined) lines.push(`a=fmtp:${payloadType} ${fmtp}`);
  if (frameRate !== undefined) lines.push(`a=framerate:${frameRate}`);
  lines.push(`a=control:${streamControl(index)}`);
  return lines;
}
