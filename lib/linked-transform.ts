import { Transform, type TransformOptions } from 'node:stream';
import type { InPlace, InPlaceHandler } from './in-place.js';
import { WayIn, WayOut } from './short-way.js';

/** A Transform that takes items by the short way, and hands them on by it. */
export abstract class LinkedTransform extends Transform {
  private static readonly ownPush = LinkedTransform.prototype.push;
  private readonly wayIn: WayIn;
  private readonly wayOut: WayOut;
  /** The base class asked for more while items still waited to be read. */
  private isReadDue = false;

  constructor(options: TransformOptions) {
    super(options);
    const handle = this.handle as (this: object, item: never) => void;
    this.wayIn = new WayIn(
      this,
      handle,
      this.inPlaceHandler,
      (error) => this.handleFailure(error),
      () => this.writable && this.writableLength === 0 && this.readableLength < this.readableHighWaterMark,
    );
    this.wayOut = new WayOut(this);
  }

  /** True while an item is being handled that came the short way. */
  protected get isHandling(): boolean {
    return this.wayIn.isHandling;
  }

  /** Handles one item, in place of `_transform`. */
  protected abstract handle(item: never): void;

  /** What it takes in place of items, if anything. Asked for once, ahead of a subclass's constructor. */
  protected get inPlaceHandler(): InPlaceHandler | undefined {
    return undefined;
  }

  /** Takes the error of an item that came the short way. */
  protected abstract handleFailure(error: Error): void;

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this.wayOut.pipe(destination);
    return super.pipe(destination, options);
  }

  override unpipe(destination?: NodeJS.WritableStream): this {
    this.wayOut.unpipe(destination);
    return super.unpipe(destination);
  }

  override pause(): this {
    this.wayOut.close();
    return super.pause();
  }

  override push(item: unknown, encoding?: BufferEncoding): boolean {
    if (item !== null && this.wayOut.open?.take(item)) return true;
    const hasRoom = super.push(item, encoding);
    if (!hasRoom) this.wayIn.close();
    this.wayOut.tryOpening();
    return hasRoom;
  }

  /** Pushes the items that `place` stands for, or gives the next stage that instead, from which it goes on as far as it likes. */
  protected pushInPlace(place: InPlace): void {
    do {
      // A push of somebody's own is to see everything.
      const isTaken = this.push === LinkedTransform.ownPush && this.wayOut.open?.takeInPlace(place) === true;
      if (!isTaken) this.push(place.toItem());
    } while (place.next());
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
    this.wayIn.close();
    return super.write(chunk, ...rest);
  }

  override end(callback?: () => void): this;
  override end(chunk: unknown, callback?: () => void): this;
  override end(chunk: unknown, encoding: BufferEncoding, callback?: () => void): this;
  override end(...args: never[]): this {
    this.wayIn.close();
    return super.end(...args);
  }

  override destroy(error?: Error): this {
    this.wayOut.close();
    this.wayIn.close();
    return super.destroy(error);
  }
}
