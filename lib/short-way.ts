import type { Readable } from 'node:stream';
import type { InPlace, InPlaceHandler } from './in-place.js';

/*
 * Where one stream is piped to another and to nothing else, what it pushes can go at once into the function that handles the other's
 * items, as long as nothing waits between them: the same items, or what stands for them, in the same order, and the same back-pressure,
 * as by way of the two streams' buffers and events, which cost several times as much as what most stages do with a packet. As soon as
 * anything waits, is paused, listens to `data`, or is piped elsewhere too, items go the ordinary way; packets that continue each other and
 * have been handed over together go as one.
 *
 * Whether the short way is open is noted at both ends: closed by everything that could matter, opened again only after an item has gone
 * the ordinary way and both ends have been looked at.
 */

/** States of a way in. */
const CLOSED = 0;
/** What is accepted is handled at once, and there is room for what comes of it. */
const OPEN = 1;
/** It was open, and an item is being handled. */
const HANDLING = 2;
/** An item is being handled, and something has closed the way meanwhile. */
const HANDLING_LAST = 3;

const waysIn = new WeakMap<object, WayIn>();

/**
 * The end of a short way at the stream that takes the items. Of one class for all streams, other than these themselves: what is done for
 * every packet at every stage finds its fields without a search.
 */
export class WayIn {
  private state = CLOSED;

  /**
   * @param stream that takes items
   * @param handle its method that handles one
   * @param inPlace what it takes in place of items, if anything
   * @param fail is told what that has thrown
   * @param isIdle whether an item would be handled at once if it were written now, and room be left for what comes of it
   */
  constructor(
    private readonly stream: object,
    private readonly handle: (this: object, item: never) => void,
    private readonly inPlace: InPlaceHandler | undefined,
    private readonly fail: (error: Error) => void,
    private readonly isIdle: () => boolean,
  ) {
    waysIn.set(stream, this);
  }

  /** True while an item is being handled that came the short way. */
  get isHandling(): boolean {
    return this.state >= HANDLING;
  }

  close(): void {
    this.state = this.state >= HANDLING ? HANDLING_LAST : CLOSED;
  }

  /** Looks whether it can be opened. */
  tryOpening(): void {
    if (this.state === CLOSED && this.isIdle()) this.state = OPEN;
  }

  /** Handles an item; false if it has to go the ordinary way. */
  take(item: unknown): boolean {
    return this.run(this.handle, item);
  }

  /** Handles what stands for an item; false if the item itself has to come. */
  takeInPlace(place: InPlace): boolean {
    const { inPlace } = this;
    return inPlace !== undefined && inPlace.kind === place.kind && this.run(inPlace.handle, place);
  }

  private run(handle: (this: never, item: never) => void, item: unknown): boolean {
    if (this.state !== OPEN) return false;
    this.state = HANDLING;
    try {
      handle.call(this.stream as never, item as never);
      this.state = this.state === HANDLING ? OPEN : CLOSED;
    } catch (error) {
      this.fail(error as Error);
      this.state = CLOSED;
    }
    return true;
  }
}

/** The end of a short way at the stream that pushes the items. */
export class WayOut {
  /** Where an item goes first: set while nobody else takes what is pushed, at once, and nothing waits for it to be taken. */
  open: WayIn | undefined;
  private next: WayIn | undefined;

  /** @param stream that pushes items */
  constructor(private readonly stream: Readable) {
    stream.on('newListener', () => this.close());
  }

  close(): void {
    this.open = undefined;
  }

  /** The stream is about to be piped there. */
  pipe(destination: object): void {
    this.close();
    this.next = waysIn.get(destination);
  }

  /** The stream is not piped there any more, or nowhere. */
  unpipe(destination: object | undefined): void {
    this.close();
    if (destination === undefined || waysIn.get(destination) === this.next) this.next = undefined;
  }

  /** Looks whether the way can be opened, behind an item that has gone the ordinary way. */
  tryOpening(): void {
    const { next, stream } = this;
    if (next === undefined) return;
    const isOpen = stream.readableFlowing === true && stream.readableLength === 0 && stream.listenerCount('data') === 1;
    if (isOpen) next.tryOpening();
    this.open = isOpen ? next : undefined;
  }
}
