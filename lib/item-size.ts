import type { Item } from './items.js';
import { isFragment, startsWithRandomAccess } from './mp4/fragment.js';

/** What an item without media counts for, in bytes. */
const SMALL_ITEM = 256;

/** Bytes that an item keeps in memory, roughly: its media, or a little for what has none. */
export function itemBytes(item: Item | Buffer): number {
  if (Buffer.isBuffer(item)) return item.length;
  switch (item.kind) {
    case 'accessUnit':
      return item.nalUnits.reduce((sum, { byteLength }) => sum + byteLength, SMALL_ITEM);
    case 'audioFrame':
      return item.byteLength + SMALL_ITEM;
    case 'rtp':
      return item.payload.length + SMALL_ITEM;
    case 'chunk':
    case 'interleaved':
    case 'rtcp':
      return item.data.length + SMALL_ITEM;
    default:
      return SMALL_ITEM;
  }
}

/**
 * Whether a reader that missed what was before can begin here: a random access point, a fragment that begins with one, or what
 * goes ahead of the media.
 */
export function startsGroup(item: Item | Buffer): boolean {
  if (Buffer.isBuffer(item)) return !isFragment(item) || startsWithRandomAccess(item);
  return item.kind === 'presentation' || (item.kind === 'accessUnit' && item.randomAccess !== 'none');
}
