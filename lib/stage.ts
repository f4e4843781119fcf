import type { TransformCallback } from 'node:stream';
import type { Item } from './items.js';
import { LinkedTransform } from './linked-transform.js';

/** Items that a stage may hold on either side before it asks its neighbour to wait. */
const HIGH_WATER_MARK = 64;
/** The same where items are whole pictures or fragments, which may be large: a few keep the neighbour busy. */
export const FRAME_HIGH_WATER_MARK = 4;

/**
 * What all stages share: a real object-mode `stream.Transform` that takes items and emits items. A stage says what it does
 * with the kinds it knows; the others are to be passed on by `this.push(item)`.
 *
 * An error thrown while an item is handled destroys the stage, but only after everything emitted before it has been read:
 * what was received before a fatal fault is never lost to it.
 */
export abstract class Stage extends LinkedTransform {
  private failed: { error: Error; callback: TransformCallback } | undefined;

  /** @param readable, writable items that may wait on either side before the neighbour is asked to wait; default 64 each */
  constructor({ readable = HIGH_WATER_MARK, writable = HIGH_WATER_MARK } = {}) {
    super({ objectMode: true, readableHighWaterMark: readable, writableHighWaterMark: writable });
  }

  /** Handles one item: `this.push` what comes of it. */
  protected abstract override handle(item: Item): void;

  /** Emits what is left at the end of the input. */
  protected finish(): void {}

  /** By way of the queue, so that whatever is written next waits behind it. */
  protected override handleFailure(error: Error): void {
    this.write(new Failure(error));
  }

  override _transform(item: Item | Failure, encoding: BufferEncoding, callback: TransformCallback): void {
    if (this.isHandling) {
      // Written to while it handles another item: after that.
      process.nextTick(() => this._transform(item, encoding, callback));
      return;
    }
    // Node goes on with what was written before it tells of an error.
    if (this.errored !== null) {
      callback();
      return;
    }
    try {
      if (item instanceof Failure) throw item.error;
      this.handle(item);
    } catch (error) {
      this.fail(error as Error, callback);
      return;
    }
    callback();
  }

  override _flush(callback: TransformCallback): void {
    try {
      this.finish();
    } catch (error) {
      this.fail(error as Error, callback);
      return;
    }
    callback();
  }

  /** Hands out what waits; the error that follows the last item comes after it. */
  override read(size?: number): unknown {
    const item: unknown = super.read(size);
    // Not in _read: the base class does not call it again before something has been pushed.
    if (this.failed !== undefined && this.readableLength === 0) {
      const { error, callback } = this.failed;
      this.failed = undefined;
      // The reader first gets what this call returns.
      process.nextTick(callback, error);
    }
    return item;
  }

  private fail(error: Error, callback: TransformCallback): void {
    if (this.readableLength === 0) callback(error);
    else this.failed = { error, callback };
  }
}

/** Stands in a stage's queue for an item that it failed on. */
class Failure {
  constructor(readonly error: Error) {}
}
