import type { FaultCode, Item, Presentation } from '../items.js';
import { looksLikeRtcp } from '../rtp/rtp-header.js';
import { InterleaveFramer } from '../rtsp/framer.js';
import type { RtspMessage } from '../rtsp/message.js';
import { type Endpoint, formatEndpoint } from './ip.js';
import { RtspDialogue } from './rtsp-dialogue.js';
import { findFrame, looksInterleaved } from './rtsp-signature.js';
import { StreamContinuity } from './stream-continuity.js';
import { UdpRoutes } from './udp-routes.js';

/** Receives what an {@link RtspConnection} finds. */
export interface ConnectionSink {
  item(item: Item): void;
  /** Media are there, or an answer says that they will be. */
  playing(): void;
}

/**
 * A captured RTSP connection as items: the server's bytes as chunks, and the presentation before the first media that need it,
 * again when an answer changed which streams there are. Media over UDP come as interleaved frames.
 */
export class RtspConnection {
  /** Set when nobody wants the items any more. */
  isAbandoned = false;
  /** Both ends, for messages. */
  private readonly name: string;
  private readonly routes: UdpRoutes;
  private readonly dialogue: RtspDialogue;
  private readonly clientFramer: () => InterleaveFramer;
  private readonly serverFramer: () => InterleaveFramer;
  private client: InterleaveFramer;
  private server: InterleaveFramer;
  private readonly continuity = new StreamContinuity();
  /** Where the frame begins with which a stream begins anew. */
  private newFrom: number | undefined;
  /** What the dialogue said last, what stands for it, and what was sent. */
  private saidPresentation: Presentation | undefined;
  private presentation: Presentation | undefined;
  private sentPresentation: Presentation | undefined;
  /** True if media or the answer to PLAY are in the chunk being taken. */
  private needsPresentation = false;
  /** Where the bytes that are passed over began, while the next frame is looked for. */
  private lostFrom: number | undefined;
  private lostReason = '';
  private datagramBytes = 0;
  private saidUndescribed = false;
  private recv: bigint | undefined;

  /** @param isWhole false if the capture began after the connection, so that its first bytes may be of a frame's middle */
  constructor(
    clientEnd: Endpoint,
    serverEnd: Endpoint,
    isWhole: boolean,
    private readonly sink: ConnectionSink,
  ) {
    const server = formatEndpoint(serverEnd);
    this.name = `${formatEndpoint(clientEnd)} to ${server}`;
    this.routes = new UdpRoutes(addressOf(server));
    this.dialogue = new RtspDialogue(`rtsp://${server}/`, this.routes, (message, cause) => this.oddity(message, cause));
    this.clientFramer = () =>
      new InterleaveFramer({ frame: () => {}, junk: () => {}, message: (message) => this.clientMessage(message) });
    this.serverFramer = () =>
      new InterleaveFramer({
        frame: (channel, data, start, end, position) => this.media(channel, data, start, end, position),
        junk: () => {},
        message: (message) => this.serverMessage(message),
      });
    this.client = this.clientFramer();
    this.server = this.serverFramer();
    if (!isWhole) {
      this.lostFrom = 0;
      this.lostReason = 'the capture began inside the connection';
    }
  }

  /** Takes the client's bytes. */
  fromClient(data: Buffer, position: number): void {
    this.client = feed(this.client, data, position, this.clientFramer);
  }

  /** Takes the server's bytes, captured at `recv` in Unix ns. */
  fromServer(data: Buffer, position: number, recv: bigint): void {
    if (this.lostFrom !== undefined) {
      const skipped = this.findFrame(data);
      if (skipped < 0) return;
      this.reportLoss(position + skipped, recv);
      data = data.subarray(skipped);
      position += skipped;
    }
    this.needsPresentation = false;
    this.recv = recv;
    this.server = feed(this.server, data, position, this.serverFramer);
    const { newFrom } = this;
    this.newFrom = undefined;
    if (newFrom !== undefined && newFrom > position) {
      // What stands ahead of it belongs to the stream as it was.
      this.sink.item({ kind: 'chunk', data: data.subarray(0, newFrom - position), recv, position });
      data = data.subarray(newFrom - position);
      position = newFrom;
    }
    if (this.needsPresentation) this.sendPresentation();
    this.sink.item({ kind: 'chunk', data, recv, position });
  }

  /** The client's bytes have a hole. */
  gapFromClient(): void {
    this.client = this.clientFramer();
  }

  /** The server's bytes have a hole of `length` bytes. */
  gapFromServer(position: number, length: number, reason: string): void {
    this.lostReason =
      this.lostFrom === undefined ? `${length} bytes ${reason}` : `${this.lostReason}; ${length} bytes ${reason}`;
    this.lostFrom ??= position;
    this.server = this.serverFramer();
  }

  /** Takes a datagram if it belongs to a stream of this session; tells whether it does. */
  datagram(source: Endpoint, destinationPort: number, data: Buffer, recv: bigint): boolean {
    const channel = this.routes.channelOf(() => addressOf(formatEndpoint(source)), destinationPort);
    if (channel === undefined) return false;
    this.beginsAnew(channel, data, 0, data.length, recv);
    this.sendPresentation();
    this.sink.item({ kind: 'interleaved', channel, data, position: this.datagramBytes, recv, waited: false });
    this.datagramBytes += data.length;
    this.sink.playing();
    return true;
  }

  /**
   * The capture or the connection is over.
   *
   * @param strays segments that were left out because they are outside of any window
   */
  end(strays: number): void {
    this.sendPresentation();
    if (this.lostFrom !== undefined) this.reportLoss(undefined, this.recv);
    if (strays > 0)
      this.fault('truncated', `capture of ${this.name}: ${strays} segments outside of any window are left out`);
  }

  private clientMessage(message: RtspMessage): void {
    if (message.type === 'request') this.dialogue.request(message);
  }

  private serverMessage(message: RtspMessage): void {
    if (message.type !== 'response') return;
    const isPlay = this.dialogue.response(message);
    this.updatePresentation(isPlay);
    if (!isPlay) return;
    this.needsPresentation = true;
    this.sink.playing();
  }

  private updatePresentation(isPlay: boolean): void {
    const { presentation } = this.dialogue;
    if (presentation === undefined || presentation === this.saidPresentation) return;
    this.saidPresentation = presentation;
    this.continuity.update(presentation, isPlay);
    this.presentation = { ...presentation, media: this.continuity.media };
  }

  private media(channel: number, data: Buffer, start: number, end: number, position: number): void {
    this.needsPresentation = true;
    if (this.beginsAnew(channel, data, start, end, this.recv!)) this.newFrom ??= position;
    if (this.dialogue.presentation === undefined && !this.saidUndescribed) {
      this.saidUndescribed = true;
      this.oddity('the capture has no answer to DESCRIBE before the media: nothing tells what they are');
    }
    this.sink.playing();
  }

  private sendPresentation(): void {
    const { presentation, sentPresentation: sent } = this;
    if (presentation === undefined || presentation === sent) return;
    if (sent !== undefined) {
      // A DESCRIBE in the middle of a session must not take the channels away; what it says counts from its SETUP on.
      if (presentation.media.every(({ setup }) => setup === undefined)) return;
      const { media } = presentation;
      if (media.length === sent.media.length && media.every((medium, i) => medium === sent.media[i])) return;
    }
    this.sentPresentation = presentation;
    this.sink.item(presentation);
  }

  /** Takes note of a packet. Tells whether its stream begins anew with it. */
  private beginsAnew(channel: number, data: Buffer, start: number, end: number, recv: bigint): boolean {
    const isRtp = end - start >= 12 && !looksLikeRtcp(data[start + 1]!, -1);
    if (!isRtp || !this.continuity.packet(channel, data, start, recv)) return false;
    this.presentation = { ...this.presentation!, media: this.continuity.media };
    return true;
  }

  private findFrame(data: Buffer): number {
    const media = this.dialogue.presentation?.media.filter(({ setup }) => setup !== undefined) ?? [];
    if (media.length === 0) return findFrame(data, looksInterleaved, false);
    return findFrame(
      data,
      (channel, payload) =>
        payload[0]! >> 6 === 2 &&
        media.some(
          ({ setup, payloadType }) =>
            (channel === setup!.rtpChannel && (payload[1]! & 0x7f) === payloadType) ||
            (channel === setup!.rtcpChannel && payload[1]! >= 200 && payload[1]! <= 207),
        ),
      true,
    );
  }

  private reportLoss(until: number | undefined, recv: bigint | undefined): void {
    const position = this.lostFrom!;
    this.lostFrom = undefined;
    if (until === position) return;
    const where = until === undefined ? 'no frame begins after that' : `the next frame begins at byte ${until}`;
    this.fault('truncated', `capture of ${this.name}: ${this.lostReason}, ${where}`, position, recv);
  }

  private oddity(message: string, cause?: unknown): void {
    this.fault('rtsp-oddity', message, undefined, this.recv, cause);
  }

  private fault(code: FaultCode, message: string, position?: number, recv?: bigint, cause?: unknown): void {
    this.sink.item({ kind: 'fault', code, message, position, recv, cause });
  }
}

/** Pushes bytes; a framer that gives up is replaced, since the stage that gets the same bytes says what is wrong with them. */
function feed(
  framer: InterleaveFramer,
  data: Buffer,
  position: number,
  renew: () => InterleaveFramer,
): InterleaveFramer {
  try {
    framer.push(data, position);
    return framer;
  } catch {
    return renew();
  }
}

/** `10.0.0.1` of `10.0.0.1:554`, `fe80::1` of `[fe80::1]:554`. */
function addressOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
