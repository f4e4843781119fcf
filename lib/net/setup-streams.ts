import { RetinaRecordError } from '../errors.js';
import type { MediaDescription } from '../items.js';
import type { SetupState } from './handshake.js';
import type { MediaTransport } from './media-transport.js';
import type { TransportChoice } from './options.js';
import { aboutStream, setupOverTcp } from './setup.js';
import { setupOverUdp, type UdpSetupOptions } from './setup-udp.js';
import { TcpMedia } from './tcp-media.js';

/** What setting up the streams of a session needs. */
export interface SetupStreamsOptions extends UdpSetupOptions {
  readonly transport: TransportChoice;
}

/** Errors by which a server declines one stream and not the session. */
const DECLINED: ReadonlySet<string> = new Set(['rtsp-status', 'not-found', 'transport-refused', 'transport-invalid']);
/** Errors after which `auto` asks for TCP on the same connection. */
const FALLS_BACK: ReadonlySet<string> = new Set(['rtsp-status', 'transport-refused', 'udp-ports']);

/**
 * Sets up the streams of a session one after the other (Q57), all in the same way, and writes the results into `state`. Where
 * video is among them, another stream that the server declines is left out with a warning.
 *
 * @param chosen indices into the presentation's media
 * @returns how the media will come: `options.udp`, or the RTSP connection
 * @throws RetinaRecordError as {@link setupOverTcp} and {@link setupOverUdp}
 */
export async function setupStreams(
  state: SetupState,
  chosen: readonly number[],
  options: SetupStreamsOptions,
): Promise<MediaTransport> {
  const { media: offered } = state.presentation;
  const streams = chosen.map((index) => {
    const media = offered[index];
    if (media === undefined) throw new RangeError(`selectMedia chose stream ${index} of ${offered.length}`);
    return media;
  });
  const hasVideo = streams.some(({ type }) => type === 'video');
  let transport = options.transport;
  for (const media of streams) {
    const before = state.presentation;
    try {
      transport = await setupStream(state, media, { ...options, transport });
    } catch (error) {
      const isDeclined = error instanceof RetinaRecordError && DECLINED.has(error.code);
      if (!isDeclined || !hasVideo || media.type === 'video') throw error;
      state.presentation = before;
      options.warnings.add('setup-declined', `${media.type} is left out: ${error.message}`);
    }
  }
  return transport === 'tcp' ? new TcpMedia(options.requester.connection) : options.udp;
}

/** Returns what is left to choose from for the streams after it. */
async function setupStream(
  state: SetupState,
  media: MediaDescription,
  options: SetupStreamsOptions,
): Promise<TransportChoice> {
  const { transport, udp, warnings } = options;
  if (transport !== 'tcp') {
    try {
      return await setupOverUdp(state, media, options);
    } catch (error) {
      const mayFallBack = transport === 'auto' && udp.streamCount === 0;
      // Not every server that refuses UDP says so by 461.
      if (!mayFallBack || !(error instanceof RetinaRecordError) || !FALLS_BACK.has(error.code)) throw error;
      warnings.add('transport', `${aboutStream(media)} cannot come over UDP: ${error.message}; TCP is tried`);
    }
  }
  await setupOverTcp(state, media, options);
  return 'tcp';
}
