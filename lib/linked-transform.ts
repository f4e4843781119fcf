import { Transform, type TransformOptions } from 'node:stream';

/** States of a stream's way in. */
const CLOSED = 0;
/** What is accepted is handled at once, and there is room for what comes of it. */
const OPEN = 1;
/** It was open, and an item is being handled. */
const HANDLING = 2;
/** An item is being handled, and something has closed the way meanwhile. */
const HANDLING_LAST = 3;

/**
 * A stage's end of the short ways. Of one shape for all stages, other than these themselves: what is done for every packet at every
 * stage finds its fields without a search.
 */
class Link {
  next: Link | undefined;
  /** Nobody but `next` takes what is pushed, at once, and nothing waits for it to be taken. */
  isOutOpen = false;
  wayIn = CLOSED;

  constructor(
    readonly stage: LinkedTransform,
    readonly handle: (this: LinkedTransform, item: never) => void,
  ) {}
}

/**
 * A Transform that hands items straight to the next one of its kind.
 *
 * Where one is piped to another and to nothing else, what it pushes goes at once into the other's `handle`, as long as nothing waits
 * between them: the same items in the same order, and the same back-pressure, as by way of the two streams' buffers and events,
 * which cost several times as much as what most stages do with a packet. As soon as anything waits, is paused, listens to `data`,
 * or is piped elsewhere too, items go the ordinary way.
 *
 * Whether the short way is open is noted at both ends: closed by everything that could matter, opened again only after an item has
 * gone the ordinary way and both ends have been looked at.
 */
export abstract class LinkedTransform extends Transform {
  private readonly link: Link;
  /** The base class asked for more while items still waited to be read. */
  private isReadDue = false;

  constructor(options: TransformOptions) {
    super(options);
    this.link = new Link(this, this.handle);
    this.on('newListener', () => {
      this.link.isOutOpen = false;
    });
  }

  /** True while an item is being handled that came the short way. */
  protected get isHandling(): boolean {
    return this.link.wayIn >= HANDLING;
  }

  /** Handles one item, in place of `_transform`. */
  protected abstract handle(item: never): void;

  /** Takes the error of an item that came the short way. */
  protected abstract handleFailure(error: Error): void;

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this.link.isOutOpen = false;
    this.link.next = destination instanceof LinkedTransform ? destination.link : undefined;
    return super.pipe(destination, options);
  }

  override unpipe(destination?: NodeJS.WritableStream): this {
    const { link } = this;
    link.isOutOpen = false;
    if (destination === undefined || destination === link.next?.stage) link.next = undefined;
    return super.unpipe(destination);
  }

  override pause(): this {
    this.link.isOutOpen = false;
    return super.pause();
  }

  override push(item: unknown, encoding?: BufferEncoding): boolean {
    const { link } = this;
    const { next } = link;
    if (next !== undefined && link.isOutOpen && next.wayIn === OPEN && item !== null) {
      next.wayIn = HANDLING;
      try {
        next.handle.call(next.stage, item as never);
        next.wayIn = next.wayIn === HANDLING ? OPEN : CLOSED;
      } catch (error) {
        next.stage.handleFailure(error as Error);
        next.wayIn = CLOSED;
      }
      return true;
    }
    const hasRoom = super.push(item, encoding);
    if (!hasRoom) this.closeIn();
    if (next !== undefined) this.tryOpening(next);
    return hasRoom;
  }

  /**
   * Takes in no more before what waits has been read. Else the items that wait would never come to an end as long as there is input, and
   * none of them could go the short way.
   */
  override _read(size: number): void {
    this.isReadDue = this.readableLength > 0;
    if (!this.isReadDue) super._read(size);
  }

  override read(size?: number): unknown {
    const item: unknown = super.read(size);
    if (this.isReadDue && this.readableLength === 0) {
      this.isReadDue = false;
      super._read(this.readableHighWaterMark);
    }
    return item;
  }

  override write(chunk: unknown, callback?: (error: Error | null | undefined) => void): boolean;
  override write(
    chunk: unknown,
    encoding: BufferEncoding,
    callback?: (error: Error | null | undefined) => void,
  ): boolean;
  override write(chunk: unknown, ...rest: never[]): boolean {
    this.closeIn();
    return super.write(chunk, ...rest);
  }

  override end(callback?: () => void): this;
  override end(chunk: unknown, callback?: () => void): this;
  override end(chunk: unknown, encoding: BufferEncoding, callback?: () => void): this;
  override end(...args: never[]): this {
    this.closeIn();
    return super.end(...args);
  }

  override destroy(error?: Error): this {
    this.link.isOutOpen = false;
    this.closeIn();
    return super.destroy(error);
  }

  private closeIn(): void {
    const { link } = this;
    link.wayIn = link.wayIn >= HANDLING ? HANDLING_LAST : CLOSED;
  }

  private tryOpening(next: Link): void {
    const isOpen = this.readableFlowing === true && this.readableLength === 0 && this.listenerCount('data') === 1;
    this.link.isOutOpen = isOpen;
    if (isOpen && next.wayIn === CLOSED && next.stage.isIdle()) next.wayIn = OPEN;
  }

  /** Whether an item would be handled at once if it were written now, and room be left for what comes of it. */
  private isIdle(): boolean {
    return this.writable && this.writableLength === 0 && this.readableLength < this.readableHighWaterMark;
  }
}
