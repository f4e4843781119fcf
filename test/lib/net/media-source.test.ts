import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Item } from '../../../lib/items.js';
import { MediaSource } from '../../../lib/net/media-source.js';
import { Stage } from '../../../lib/stage.js';

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

/** Passes all on, and counts what came to it as to any other stream. */
class Counting extends Stage {
  written = 0;

  override write(...args: [chunk: unknown, ...rest: never[]]): boolean {
    this.written++;
    return super.write(...(args as [unknown]));
  }

  protected override handle(item: Item): void {
    this.push(item);
  }
}

/** A sink that collects, and waits a turn of the event loop where `slow` says so. */
function sink(received: Item[], slow: (n: number) => boolean): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark: 2,
    write(item: Item, _encoding, callback) {
      received.push(item);
      if (slow(received.length)) setImmediate(callback);
      else callback();
    },
  });
}

const turn = (): Promise<void> => new Promise(setImmediate);

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

  it('hands most items directly to a stage that it is piped to', async () => {
    const { items } = source(100_000);
    const stage = new Counting();
    const received: Item[] = [];
    const end = once(items.pipe(stage).pipe(sink(received, () => false)), 'finish');
    const added: Item[] = [];
    for (let i = 0; i < 500; i++) {
      added.push(piece('chunk'));
      items.add(added[i]!);
      if (i % 10 === 0) await turn();
    }
    items.finish();
    await end;
    assert.deepEqual(received, added);
    assert.ok(
      received.every((item, i) => item === added[i]),
      'in order',
    );
    assert.ok(stage.written < 100, `${stage.written} items went the ordinary way`);
  });

  it('loses nothing and keeps the order, however slow the sink is, and pauses and resumes the connection', async () => {
    let pauses = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { maxLength: 12 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(3),
        async (bursts, slowness, tapAt) => {
          const { items, control } = source(3000);
          const stage = new Counting();
          const received: Item[] = [];
          const end = once(items.pipe(stage).pipe(sink(received, (n) => n % slowness === 0)), 'finish');
          const added: Item[] = [];
          const seen: Item[] = [];
          for (const [i, burst] of bursts.entries()) {
            if (i === tapAt) items.on('data', (item: Item) => seen.push(item));
            for (let n = 0; n < burst; n++) {
              added.push(piece('chunk'));
              items.add(added.at(-1)!);
            }
            await turn();
          }
          items.finish();
          await end;
          assert.ok(received.length === added.length && received.every((item, i) => item === added[i]));
          const tapped = seen.length > 0 ? added.slice(-seen.length) : [];
          assert.ok(
            seen.every((item, i) => item === tapped[i]),
            'a listener that comes later sees every item from then on',
          );
          assert.equal(control.paused - control.resumed, 0);
          pauses += control.paused;
        },
      ),
      { numRuns: 150 },
    );
    assert.ok(pauses > 0, 'the cap was reached');
  });
});
