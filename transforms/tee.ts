import type { TransformCallback, Writable } from 'node:stream';
import { itemBytes, startsGroup } from '../lib/item-size.js';
import type { Item } from '../lib/items.js';
import { Stage } from '../lib/stage.js';

/** Options of {@link tee}. */
export interface TeeOptions {
  /** Bytes that may wait for the branch before groups of pictures are dropped. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Events of a {@link Tee} beside those of a Transform. */
export interface TeeEvents {
  /** The branch failed; the main line goes on without it. */
  branchError: [error: Error];
  /** A group of pictures is being dropped for the branch. */
  drop: [dropped: TeeDrops];
}

/** What a {@link Tee} has kept from its branch. */
export interface TeeDrops {
  /** Gaps: runs of groups of pictures without what was before and behind. */
  readonly gaps: number;
  readonly items: number;
  readonly bytes: number;
}

/** Behind the muxer an item may be megabytes. */
const HIGH_WATER_MARK = 4;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/**
 * A stage that passes everything on and gives it to a second sink as well, whose slowness never holds up the main line.
 * Made by {@link tee}.
 */
export class Tee extends Stage {
  private readonly maxBytes: number;
  /** Whether there are pictures, without which a reader can begin at any audio frame. */
  private hasPictures = false;
  private waiting = 0;
  private dropping = false;
  private gone = false;
  private gaps = 0;
  private items = 0;
  private bytes = 0;

  constructor(
    private readonly sink: Writable,
    options: TeeOptions = {},
  ) {
    super({ readable: HIGH_WATER_MARK, writable: HIGH_WATER_MARK });
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    sink.on('error', (error) => this.lose(error));
    sink.on('close', () => {
      this.gone = true;
    });
  }

  /** What the branch has missed so far. */
  get dropped(): TeeDrops {
    return { gaps: this.gaps, items: this.items, bytes: this.bytes };
  }

  protected override handle(item: Item | Buffer): void {
    if (!Buffer.isBuffer(item) && item.kind === 'accessUnit') this.hasPictures = true;
    if (!this.gone) this.branch(item);
    this.push(item);
  }

  protected override finish(): void {
    if (!this.gone) this.sink.end();
  }

  /** A failed or abandoned main line ends the branch too. */
  override _destroy(error: Error | null, callback: TransformCallback): void {
    if (error !== null && !this.gone) this.sink.end();
    callback(error);
  }

  private branch(item: Item | Buffer): void {
    const bytes = itemBytes(item);
    // If nothing waits an item goes through whatever its size, or a branch with a small cap would never see anything.
    const hasRoom = this.waiting === 0 || this.waiting + bytes <= this.maxBytes;
    if (this.dropping && hasRoom && this.isStart(item)) this.dropping = false;
    if (!this.dropping && !hasRoom) {
      this.dropping = true;
      this.gaps++;
      this.emit('drop', this.dropped);
    }
    if (this.dropping) {
      this.items++;
      this.bytes += bytes;
      return;
    }
    this.waiting += bytes;
    this.sink.write(item, () => {
      this.waiting -= bytes;
    });
  }

  private isStart(item: Item | Buffer): boolean {
    return startsGroup(item) || (!this.hasPictures && !Buffer.isBuffer(item) && item.kind === 'audioFrame');
  }

  private lose(error: Error): void {
    if (this.gone) return;
    this.gone = true;
    this.emit('branchError', error);
  }
}

/**
 * Gives a second sink a copy of what flows: behind the depacketizer access units, behind the muxer MP4. While more than `maxBytes`
 * wait for the branch, whole groups of pictures are dropped for it, with the audio up to the next one, and counted in `dropped`; the main
 * line is never held up. An
 * ordinary second `pipe()` does the opposite: it runs both at the slower one's pace.
 *
 * @param sink takes items or Buffers, whichever flow; it is ended with the stage
 */
export function tee(sink: Writable, options: TeeOptions = {}): Tee {
  return new Tee(sink, options);
}
