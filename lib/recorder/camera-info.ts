import { audioCodecString, audioConfig } from '../codec/audio-config.js';
import { ParameterSets } from '../codec/h264-parameters.js';
import { profileAndLevel } from '../codec/h264-profile.js';
import { parameterSetsFromSdp } from '../codec/h264-sdp.js';
import type { SpsInfo } from '../codec/h264-sps.js';
import { RetinaRecordError } from '../errors.js';
import type { MediaDescription, Presentation } from '../items.js';
import { connect } from '../net/connect.js';
import type { ConnectOptions } from '../net/options.js';
import type { Session } from '../net/session.js';
import { probeUdp, type TransportOffer } from '../net/udp-probe.js';
import { maskUrl } from '../rtsp/mask-url.js';
import { type Observation, observe } from './observe.js';

/** Options of {@link cameraInfo}, beside those of the connection. */
export interface CameraInfoOptions extends ConnectOptions {
  /** How long to wait for a sender report, in ms. Default 6000. */
  readonly waitMs?: number | undefined;
}

/** What one stream of a camera is. */
export interface StreamInfo {
  readonly index: number;
  readonly type: string;
  /** Encoding name in lower case, `h264`. */
  readonly encodingName: string;
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
  readonly channels?: number | undefined;
  /** Samples per second of audio that can be recorded. */
  readonly sampleRate?: number | undefined;
  /** Why this audio cannot be recorded. */
  readonly problem?: string | undefined;
  /** Luma samples; absent where parameter sets are missing or the codec is not known here. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** RFC 6381 codec string. */
  readonly codec?: string | undefined;
  readonly profile?: string | undefined;
  readonly level?: string | undefined;
  /** Frames per second as `a=framerate` says. */
  readonly sdpFrameRate?: number | undefined;
  /** Frames per second as the SPS says. */
  readonly spsFrameRate?: number | undefined;
  /** True for the stream that was played. */
  readonly observed: boolean;
}

/** What a camera offers, and what it did while it was looked at. */
export interface CameraInfo {
  /** Without credentials. */
  readonly url: string;
  /** `host:port` at the end of all redirects. */
  readonly remote?: string | undefined;
  /** `Server` header. */
  readonly server?: string | undefined;
  /** `a=tool` and `s=` of the SDP. */
  readonly tool?: string | undefined;
  readonly name?: string | undefined;
  /** `none`, or such as `Digest SHA-256`; absent where it is not known. */
  readonly authentication?: string | undefined;
  readonly transports: { readonly tcp: TransportOffer; readonly udp: TransportOffer };
  readonly streams: readonly StreamInfo[];
  /** Absent if nothing was played. */
  readonly observation?: Observation | undefined;
  /** Oddities that were noticed, one line each. */
  readonly warnings: readonly string[];
  /** Why this camera cannot be recorded, or could not be just now. */
  readonly problem?: RetinaRecordError | undefined;
}

const DEFAULT_WAIT_MS = 6000;
const UNKNOWN: TransportOffer = { offered: undefined };

/**
 * Finds out what a camera offers: plays its first H.264 video (else its first stream) until a sender report and some frames
 * have come, and asks whether UDP would do. What goes wrong is part of the answer; an abort ends the waiting.
 *
 * @throws RetinaRecordError `url-invalid`, `tls-ca-invalid`; an AbortError while nothing is known yet
 */
export async function cameraInfo(url: string, options: CameraInfoOptions = {}): Promise<CameraInfo> {
  const { signal, waitMs = DEFAULT_WAIT_MS, ...connection } = options;
  const warnings: string[] = [];
  const onWarning = (warning: { readonly code: string; readonly message: string }): void => {
    warnings.push(warning.message);
    options.onWarning?.(warning);
  };
  let presentation: Presentation | undefined;
  const selectMedia = (offered: Presentation): readonly number[] => {
    presentation = offered;
    const chosen = choose(offered);
    return chosen === undefined ? [] : [chosen.index];
  };
  // Once the camera plays an abort ends the waiting, and the session in order.
  const connecting = new AbortController();
  let session: Session | undefined;
  const onAbort = (): void => {
    if (session === undefined) connecting.abort(signal?.reason);
    else session.stop();
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    session = await connect(url, { ...connection, signal: connecting.signal, selectMedia, onWarning });
  } catch (error) {
    signal?.removeEventListener('abort', onAbort);
    if (!(error instanceof RetinaRecordError) || isUsage(error)) throw error;
    return { ...describeAll(url, presentation, undefined), warnings, problem: error };
  }
  const observation = await observe(session, { ...connection, waitMs });
  signal?.removeEventListener('abort', onAbort);
  await session.close();
  const { serverInfo, remote } = session;
  const played = choose(session.presentation)!;
  if (isRecordedAudio(played)) warnings.push('no stream of H.264 video: audio alone would be recorded');
  const transports =
    session.transport === 'udp'
      ? { tcp: UNKNOWN, udp: { offered: true } }
      : {
          tcp: { offered: true },
          udp: signal?.aborted ? UNKNOWN : await probeUdp(url, played.index, { ...connection, signal }),
        };
  return {
    ...describeAll(url, session.presentation, observation),
    remote,
    server: serverInfo.server,
    authentication: serverInfo.authScheme ?? 'none',
    transports,
    observation,
    warnings,
    problem: judge(played, observation, waitMs),
  };
}

function isUsage({ code }: RetinaRecordError): boolean {
  return code === 'url-invalid' || code === 'tls-ca-invalid';
}

/** What would be recorded, video rather than audio; else whatever comes first. */
function choose({ media }: Presentation): MediaDescription | undefined {
  const video = media.find(({ type, encodingName }) => type === 'video' && encodingName === 'h264');
  return video ?? media.find(isRecordedAudio) ?? media[0];
}

function isRecordedAudio(media: MediaDescription): boolean {
  return !('problem' in audioConfig(media));
}

function judge(played: MediaDescription, observation: Observation, waitMs: number): RetinaRecordError | undefined {
  if (played.encodingName !== 'h264' && !isRecordedAudio(played)) {
    return new RetinaRecordError('no-video', 'no stream of H.264 video, or of audio, that could be recorded');
  }
  if (observation.frames > 0) return undefined;
  if (observation.error !== undefined) return observation.error;
  const within = `within ${waitMs / 1000} s`;
  return observation.bytes > 0
    ? new RetinaRecordError('no-frames', `data arrive, but no frame could be made of them ${within}`)
    : new RetinaRecordError('no-media', `the camera plays, but sent nothing ${within}`);
}

function describeAll(
  url: string,
  presentation: Presentation | undefined,
  observation: Observation | undefined,
): Pick<CameraInfo, 'url' | 'tool' | 'name' | 'transports' | 'streams'> {
  const played = presentation && observation && choose(presentation);
  const streams = presentation?.media.map((media) =>
    describeStream(media, media === played, media === played ? observation?.sps : undefined),
  );
  return {
    url: maskUrl(presentation?.url ?? url),
    tool: presentation?.tool,
    name: presentation?.name,
    transports: { tcp: UNKNOWN, udp: UNKNOWN },
    streams: streams ?? [],
  };
}

function describeStream(media: MediaDescription, observed: boolean, inBand: SpsInfo | undefined): StreamInfo {
  const { index, type, encodingName, clockRate, channels, frameRate } = media;
  if (type === 'audio') return { index, type, encodingName, clockRate, channels, observed, ...describeAudio(media) };
  const sps = inBand ?? (encodingName === 'h264' ? spsFromSdp(media) : undefined);
  const base = { index, type, encodingName, clockRate, channels, sdpFrameRate: frameRate, observed };
  if (sps === undefined) return base;
  const { width, height, codec, frameDuration } = sps;
  const spsFrameRate = frameDuration && frameDuration.denominator / frameDuration.numerator;
  return { ...base, width, height, codec, ...profileAndLevel(sps), spsFrameRate };
}

function describeAudio(media: MediaDescription): Partial<StreamInfo> {
  const config = audioConfig(media);
  if ('problem' in config) return { problem: config.problem };
  return { channels: config.channels, sampleRate: config.sampleRate, codec: audioCodecString(config) };
}

function spsFromSdp(media: MediaDescription): SpsInfo | undefined {
  const sets = new ParameterSets();
  sets.update(parameterSetsFromSdp(media));
  return sets.current?.info;
}
