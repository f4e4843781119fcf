import { AccessUnitAssembler } from '../lib/codec/h264-access-unit.js';
import type { InPlaceHandler, PacketInPlace } from '../lib/in-place.js';
import type { AccessUnit, Fault, Item, MediaDescription } from '../lib/items.js';
import { FRAME_HIGH_WATER_MARK, Stage } from '../lib/stage.js';

/**
 * Collects the RTP packets of H.264 streams into access units (RFC 6184).
 *
 * Takes `rtp` items of media with encoding name `h264` and emits `accessUnit` items and `fault`s; everything else passes. Payloads
 * are not copied. An access unit that lost packets is left out, the next one that is delivered counts them in `lost`.
 */
export class H264Depacketizer extends Stage {
  private static readonly ownHandle = H264Depacketizer.prototype.handle;
  private readonly assemblers = new Map<MediaDescription, AccessUnitAssembler>();
  private readonly emitItem = (item: AccessUnit | Fault): void => {
    this.push(item);
  };
  /** The assembler used last: nearly always the one to be used next. */
  private last: AccessUnitAssembler | undefined;
  private lastMedia: MediaDescription | undefined;

  constructor() {
    super({ readable: FRAME_HIGH_WATER_MARK });
  }

  protected override handle(item: Item): void {
    if (item.kind === 'rtp') {
      const assembler = this.assemblerOf(item.media);
      if (assembler !== undefined) {
        assembler.take(item, item.payload, 0, item.payload.length);
        return;
      }
    }
    // A report that came behind a unit's last packet must not overtake the unit.
    if (item.kind === 'senderReport' || item.kind === 'bye') this.assemblers.get(item.media)?.release();
    else if (item.kind === 'presentation') this.endAll();
    this.push(item);
  }

  protected override finish(): void {
    this.endAll();
  }

  /** Not where a subclass, or a patch, sees to items itself. */
  protected override get inPlaceHandler(): InPlaceHandler | undefined {
    return this.handle === H264Depacketizer.ownHandle ? { kind: 'rtp', handle: this.receive } : undefined;
  }

  private receive(packet: Readonly<PacketInPlace>): void {
    const assembler = this.assemblerOf(packet.media);
    if (assembler === undefined) this.pushInPlace(packet);
    else assembler.take(packet, packet.data, packet.start, packet.end);
  }

  private assemblerOf(media: MediaDescription): AccessUnitAssembler | undefined {
    if (media === this.lastMedia) return this.last;
    if (media.encodingName !== 'h264') return undefined;
    let assembler = this.assemblers.get(media);
    if (assembler === undefined) {
      assembler = new AccessUnitAssembler(media, this.emitItem);
      this.assemblers.set(media, assembler);
    }
    this.lastMedia = media;
    this.last = assembler;
    return assembler;
  }

  private endAll(): void {
    for (const assembler of this.assemblers.values()) assembler.end();
    this.assemblers.clear();
    this.lastMedia = undefined;
    this.last = undefined;
  }
}
