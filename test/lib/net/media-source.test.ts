import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item } from '../../../lib/items.js';
import { MediaSource } from '../../../lib/net/media-source.js';

/** A source that nobody reads, which says how often it was paused. */
function source(maxBytes: number) {
  const control = { paused: 0, resumed: 0 };
  const items = new MediaSource(maxBytes, {
    pause: () => control.paused++,
    resume: () => control.resumed++,
    destroyed: () => {},
  });
  return { items, control };
}

const piece = (kind: 'chunk' | 'interleaved'): Item =>
  ({ kind, channel: 0, data: Buffer.of(1), recv: 0n, position: 0, waited: false }) as Item;

describe('MediaSource', () => {
  for (const kind of ['chunk', 'interleaved'] as const) {
    it(`of single bytes as ${kind} far fewer wait than the cap has bytes, and all come out`, async () => {
      const { items, control } = source(100_000);
      let waiting = 0;
      for (; control.paused === 0; waiting++) items.add(piece(kind));
      assert.ok(items.isFull && waiting < 1000, `${waiting} wait`);
      items.finish();
      assert.equal((await items.toArray()).length, waiting);
      assert.equal(control.resumed, 1);
    });
  }
});
