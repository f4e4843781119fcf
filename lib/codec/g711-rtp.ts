import type { AudioFrame, Fault, MediaDescription, RtpPacket } from '../items.js';
import type { G711Config } from './audio-config.js';

/**
 * Makes frames of one stream's G.711 packets (RFC 3551 section 4.5.14, Q143): each packet is one, however long it is, and nothing
 * is copied.
 */
export class G711Receiver {
  private lost = 0;

  /** @param emit called for each frame, and for each packet that is none */
  constructor(
    private readonly media: MediaDescription,
    private readonly config: G711Config,
    private readonly emit: (item: AudioFrame | Fault) => void,
  ) {}

  /** Takes the stream's next packet. */
  take(packet: RtpPacket): void {
    const { media, config } = this;
    const { payload, timestamp, extendedTimestamp, sequenceNumber, position, recv, waited } = packet;
    this.lost += packet.lost;
    const byteLength = payload.length;
    if (byteLength === 0 || byteLength % config.channels !== 0) {
      const what = `${byteLength} bytes are no whole samples of ${config.channels} channels`;
      const message = `packet left out: ${byteLength === 0 ? 'it is empty' : what}`;
      this.emit({ kind: 'fault', code: 'audio-malformed', message, media, sequenceNumber, position, recv });
      return;
    }
    const { lost } = this;
    this.lost = 0;
    this.emit({
      kind: 'audioFrame',
      media,
      config,
      parts: [payload],
      byteLength,
      timestamp,
      extendedTimestamp,
      duration: byteLength / config.channels,
      lost,
      recvFirst: recv,
      recvLast: recv,
      waited,
    });
  }

  /** The end of the stream: nothing is held back. */
  end(): void {}
}
