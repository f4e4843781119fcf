import { Readable, type ReadableOptions } from 'node:stream';
import { WayOut } from './short-way.js';

/** A Readable that hands items on by the short way. */
export abstract class LinkedReadable extends Readable {
  private readonly wayOut: WayOut;

  constructor(options: ReadableOptions) {
    super(options);
    this.wayOut = new WayOut(this);
  }

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
    this.wayOut.tryOpening();
    return hasRoom;
  }

  override destroy(error?: Error): this {
    this.wayOut.close();
    return super.destroy(error);
  }
}
