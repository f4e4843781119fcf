import { AccessUnitAssembler } from '../lib/codec/h264-access-unit.js';
import type { InPlaceHandler, PacketInPlace } from '../lib/in-place.js';
import type { AccessUnit, Fault, Item, MediaDescription } from '../lib/items.js';
import { FRAME_HIGH_WATER_MARK, Stage } from '../lib/stage.js';

/** Items that may wait behind a unit that is held back. */
const MAX_WAITING = 64;

/**
 * Collects the RTP packets of H.264 streams into access units (RFC 6184).
 *
 * Takes `rtp` items of media with encoding name `h264` and emits `accessUnit` items and `fault`s; everything else passes. Payloads
 * are not copied. An access unit that lost packets is left out, the next one that is delivered counts them in `lost`.
 *
 * A unit whose end only the next packet can tell is held back until then, and with it what came behind it, at most 64 items.
 */
export class H264Depacketizer extends Stage {
  private static readonly ownHandle = H264Depacketizer.prototype.handle;
  private readonly assemblers = new Map<MediaDescription, AccessUnitAssembler>();
  /** What came behind a unit that is held back. */
  private readonly waiting: Item[] = [];
  private readonly emitItem = (item: AccessUnit | Fault): void => {
    this.push(item);
    this.letOut();
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
        this.letOut();
        return;
      }
    }
    if (item.kind === 'presentation') {
      this.releaseAll();
      this.endOthers(item.media);
    }
    // Behind these nothing need come any more.
    if (item.kind === 'bye' && item.foreign !== true) this.assemblers.get(item.media)?.release();
    else if (item.kind === 'fault' && item.code.startsWith('connection-')) this.releaseAll();
    if (this.isHolding) this.wait(item);
    else this.push(item);
  }

  protected override finish(): void {
    this.endOthers([]);
  }

  /** Not where a subclass, or a patch, sees to items itself. */
  protected override get inPlaceHandler(): InPlaceHandler | undefined {
    return this.handle === H264Depacketizer.ownHandle ? { kind: 'rtp', handle: this.receive } : undefined;
  }

  private receive(packet: PacketInPlace): void {
    const assembler = this.assemblerOf(packet.media);
    if (assembler !== undefined) {
      assembler.takeInPlace(packet);
      if (this.waiting.length > 0) this.letOut();
    } else if (this.isHolding) {
      this.wait(packet.toItem());
    } else {
      this.pushInPlace(packet);
    }
  }

  /** Whether a unit is held back. */
  private get isHolding(): boolean {
    for (const assembler of this.assemblers.values()) if (assembler.isHolding) return true;
    return false;
  }

  private wait(item: Item): void {
    this.waiting.push(item);
    if (this.waiting.length === MAX_WAITING) this.releaseAll();
  }

  private releaseAll(): void {
    for (const assembler of this.assemblers.values()) assembler.release();
  }

  /** Pushes what has waited, if no unit is held back any more. */
  private letOut(): void {
    if (this.waiting.length === 0 || this.isHolding) return;
    for (const item of this.waiting.splice(0)) this.push(item);
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

  /** Ends all streams but these. */
  private endOthers(media: readonly MediaDescription[]): void {
    for (const [stream, assembler] of this.assemblers) {
      if (media.includes(stream)) continue;
      assembler.end();
      this.assemblers.delete(stream);
    }
    this.letOut();
    this.lastMedia = undefined;
    this.last = undefined;
  }
}
