import type { Presentation } from '../items.js';
import { header, type RtspRequest, type RtspResponse } from '../rtsp/message.js';
import { applyPlay, applySetup, describePresentation, mediaForSetupUri } from '../rtsp/presentation.js';
import { parseTransport, type Transport } from '../rtsp/transport.js';
import type { UdpRoutes } from './udp-routes.js';

/** Requests without an answer that are remembered. */
const MAX_PENDING = 64;

/**
 * Follows the requests and answers of a captured session, and makes of them what a client knows: the media, their channels and
 * what PLAY said. Answers whose request is not in the capture are understood by what they contain.
 */
export class RtspDialogue {
  /** The newest; a new object after each answer that changes it. */
  presentation: Presentation | undefined;
  private readonly pending = new Map<string, RtspRequest>();

  /**
   * @param fallbackUrl stands in for the request's URL where only the answers were captured
   * @param onOddity is told one line about what does not fit
   */
  constructor(
    private readonly fallbackUrl: string,
    private readonly routes: UdpRoutes,
    private readonly onOddity: (message: string, cause?: unknown) => void,
  ) {}

  /** Remembers a request until its answer comes. */
  request(request: RtspRequest): void {
    const key = sequenceOf(request);
    this.pending.delete(key);
    this.pending.set(key, request);
    if (this.pending.size <= MAX_PENDING) return;
    for (const oldest of this.pending.keys()) {
      this.pending.delete(oldest);
      break;
    }
  }

  /** Takes an answer; true if it says that the media play. */
  response(response: RtspResponse): boolean {
    if (response.status < 200) return false;
    const key = sequenceOf(response);
    const request = this.pending.get(key);
    this.pending.delete(key);
    if (response.status >= 300) return false;
    try {
      return this.apply(request?.method ?? methodOf(response, this.presentation), request, response);
    } catch (cause) {
      this.onOddity(cause instanceof Error ? cause.message : String(cause), cause);
      return false;
    }
  }

  private apply(method: string | undefined, request: RtspRequest | undefined, response: RtspResponse): boolean {
    switch (method) {
      case 'DESCRIBE':
        this.accept(describePresentation(request?.uri ?? this.fallbackUrl, response));
        return false;
      case 'SETUP':
        this.setUp(request, response);
        return false;
      case 'PLAY':
        if (this.presentation !== undefined) this.accept(applyPlay(this.presentation, response));
        return true;
      default:
        return false;
    }
  }

  private setUp(request: RtspRequest | undefined, response: RtspResponse): void {
    const { presentation } = this;
    if (presentation === undefined) {
      this.onOddity('SETUP without an answer to DESCRIBE in the capture');
      return;
    }
    const index = request === undefined ? nextOf(presentation) : mediaForSetupUri(presentation, request.uri);
    if (index === undefined) {
      this.onOddity('a SETUP names none of the streams that the SDP describes');
      return;
    }
    const requested = requestedTransport(request);
    const { interleaved } = requested ?? {};
    const channels = interleaved && { rtpChannel: interleaved.rtp, rtcpChannel: interleaved.rtcp };
    const result = applySetup(presentation, index, channels, response);
    this.accept(result);
    const setup = result.presentation.media[index]?.setup;
    if (setup !== undefined) this.routes.set(index, requested, result.transport, setup);
  }

  private accept({ presentation, warnings }: { presentation: Presentation; warnings: readonly string[] }): void {
    this.presentation = presentation;
    for (const warning of warnings) this.onOddity(warning);
  }
}

function sequenceOf(message: RtspRequest | RtspResponse): string {
  return header(message, 'cseq') ?? '';
}

function requestedTransport(request: RtspRequest | undefined): Transport | undefined {
  const value = request && header(request, 'transport');
  return value === undefined ? undefined : parseTransport(value);
}

/** The request that an answer belongs to, guessed by what only such an answer has. */
function methodOf(response: RtspResponse, presentation: Presentation | undefined): string | undefined {
  if (header(response, 'content-type')?.toLowerCase().startsWith('application/sdp')) return 'DESCRIBE';
  if (header(response, 'transport') !== undefined) return 'SETUP';
  const isSetUp = presentation?.media.some(({ setup }) => setup !== undefined);
  return isSetUp && (header(response, 'rtp-info') ?? header(response, 'range')) !== undefined ? 'PLAY' : undefined;
}

/** The first stream without SETUP. */
function nextOf({ media }: Presentation): number | undefined {
  return media.find(({ setup }) => setup === undefined)?.index;
}
