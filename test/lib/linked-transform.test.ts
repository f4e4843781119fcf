import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Fault, Item } from '../../lib/items.js';
import { Stage } from '../../lib/stage.js';

const item = (n: number): Fault => ({ kind: 'fault', code: 'junk', message: String(n) });
const numbers = (items: readonly Item[]): number[] => items.map((it) => Number((it as Fault).message));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Gives each item `times` times, and its own number of items at the end; counts how items came to it. */
class Repeat extends Stage {
  written = 0;
  handled = 0;
  onItem: (item: Item) => void = () => {};

  constructor(
    private readonly times = 1,
    private readonly atEnd: readonly Item[] = [],
  ) {
    super();
  }

  override write(...args: [chunk: unknown, ...rest: never[]]): boolean {
    this.written++;
    return super.write(...(args as [unknown]));
  }

  protected override handle(it: Item): void {
    this.handled++;
    this.onItem(it);
    for (let i = 0; i < this.times; i++) this.push(it);
  }

  protected override finish(): void {
    for (const it of this.atEnd) this.push(it);
  }
}

function feed(count: number): Readable {
  return Readable.from(range(0, count).map(item));
}

/** A sink that collects; it waits a turn of the event loop where `slow` says so. */
function sink(received: Item[], slow: (n: number) => boolean = () => false): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark: 4,
    write(it: Item, _encoding, callback) {
      received.push(it);
      if (slow(received.length)) setImmediate(callback);
      else callback();
    },
  });
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

describe('a stage that has failed', () => {
  it('handles nothing more of what was written before, and hands out all that came before the failure', async () => {
    for (const [written, failing] of [
      [40, 20],
      [40, 0],
      [40, 30],
      [40, 39],
      [3, 1],
    ] as const) {
      const stage = new Repeat(3);
      const handled: number[] = [];
      stage.onItem = (it) => {
        handled.push(...numbers([it]));
        if (handled.at(-1) === failing) throw new Error('no');
      };
      for (const n of range(0, written)) stage.write(item(n));
      const received: Item[] = [];
      stage.on('data', (it: Item) => received.push(it));
      await assert.rejects(once(stage, 'end'), /no/);
      assert.deepEqual(handled, range(0, failing + 1));
      assert.deepEqual(
        numbers(received),
        range(0, failing).flatMap((n) => [n, n, n]),
      );
    }
  });
});

describe('stages that are piped to each other', () => {
  it('hand most items on directly, all in order', async () => {
    const [a, b, c] = [new Repeat(2), new Repeat(), new Repeat()];
    const received: Item[] = [];
    await pipeline(feed(1000), a, b, c, sink(received));
    assert.deepEqual(
      numbers(received),
      range(0, 1000).flatMap((n) => [n, n]),
    );
    assert.equal(b.handled, 2000);
    assert.ok(b.written < 200 && c.written < 200, `${b.written} and ${c.written} items went the ordinary way`);
  });

  it('do so again after a sink that was slow', async () => {
    const [a, b, c] = [new Repeat(40), new Repeat(), new Repeat()];
    const received: Item[] = [];
    let n = 0;
    const source = new Readable({
      objectMode: true,
      read() {
        this.push(n < 2000 ? item(n++) : null);
      },
    });
    // While it waits all inputs fill up; from then on there is always something that waits at the first stage.
    await pipeline(
      source,
      a,
      b,
      c,
      sink(received, (n) => n === 1000),
    );
    assert.deepEqual(
      numbers(received),
      range(0, 2000).flatMap((n) => Array<number>(40).fill(n)),
    );
    assert.ok(b.written < 1000, `${b.written} of ${b.handled} items went the ordinary way`);
  });

  it('give what any sink and any stage at the end makes of it, as other Transforms do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(400),
        fc.array(fc.record({ times: fc.nat(3), atEnd: fc.nat(3) }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(4),
        async (count, shapes, slowness, tapAt) => {
          let expected = range(0, count);
          const stages = shapes.map(({ times, atEnd }, i) => {
            const ends = range(0, atEnd).map((n) => 10_000 * (i + 1) + n);
            expected = [...expected.flatMap((n) => Array<number>(times).fill(n)), ...ends];
            return new Repeat(times, ends.map(item));
          });
          // A stream of another kind between two stages.
          const chain = [...stages.slice(0, tapAt), new PassThrough({ objectMode: true }), ...stages.slice(tapAt)];
          const received: Item[] = [];
          await pipeline([feed(count), ...chain, sink(received, (n) => n % slowness === 0)]);
          assert.deepEqual(numbers(received), expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('stop asking when the sink takes nothing more, and go on when it does', async () => {
    let asked = 0;
    const source = new Readable({
      objectMode: true,
      read() {
        this.push(asked < 5000 ? item(asked++) : null);
      },
    });
    const received: Item[] = [];
    let release = () => {};
    const stuck = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(it: Item, _encoding, callback) {
        received.push(it);
        if (received.length === 500) release = callback;
        else callback();
      },
    });
    const stages = [new Repeat(), new Repeat(), new Repeat()];
    stages.reduce<Readable>((from, stage) => from.pipe(stage), source).pipe(stuck);
    while (received.length < 500) await turns(1);
    await turns(50);
    const before = asked;
    // Two buffers of 64 for each stage, and what source and sink hold.
    assert.ok(before < 500 + 3 * 128 + 64, `${before} items were asked for`);
    await turns(50);
    assert.equal(asked, before);
    release();
    await once(stuck, 'finish');
    assert.deepEqual(numbers(received), range(0, 5000));
  });

  it('let a listener that comes later see every item from then on, and the other stage too', async () => {
    const [a, b] = [new Repeat(), new Repeat()];
    const seen: Item[] = [];
    const received: Item[] = [];
    b.onItem = (it) => {
      if (numbers([it])[0] === 99) a.on('data', (other: Item) => seen.push(other));
    };
    await pipeline(feed(300), a, b, sink(received));
    assert.deepEqual(numbers(seen), range(100, 300));
    assert.deepEqual(numbers(received), range(0, 300));
  });

  it('share with a second stream that is piped to later', async () => {
    const [a, b, second] = [new Repeat(), new Repeat(), new Repeat()];
    const [first, other]: [Item[], Item[]] = [[], []];
    second.pipe(sink(other));
    a.pipe(b).pipe(sink(first));
    for (let n = 0; n < 300; n++) {
      if (n === 100) a.pipe(second);
      if (!a.write(item(n))) await once(a, 'drain');
    }
    a.end();
    await Promise.all([once(b, 'end'), once(second, 'end')]);
    assert.deepEqual(numbers(first), range(0, 300));
    assert.deepEqual(numbers(other), range(100, 300));
  });

  it('keep what comes while they are parted', async () => {
    const [a, b, later] = [new Repeat(), new Repeat(), new Repeat()];
    const [first, rest]: [Item[], Item[]] = [[], []];
    a.pipe(b).pipe(sink(first));
    for (let n = 0; n < 20; n++) a.write(item(n));
    a.unpipe(b);
    for (let n = 20; n < 40; n++) a.write(item(n));
    await turns(5);
    assert.deepEqual(numbers(first), range(0, 20));
    a.pipe(later).pipe(sink(rest));
    a.end(item(40));
    await once(later, 'end');
    assert.deepEqual(numbers(rest), range(20, 41));
    assert.deepEqual(numbers(first), range(0, 20));
  });

  it('hold back while paused', async () => {
    const [a, b] = [new Repeat(), new Repeat()];
    const received: Item[] = [];
    a.pipe(b).pipe(sink(received));
    for (let n = 0; n < 10; n++) a.write(item(n));
    a.pause();
    for (let n = 10; n < 20; n++) a.write(item(n));
    await turns(5);
    assert.deepEqual(numbers(received), range(0, 10));
    a.resume();
    a.end();
    await once(b, 'end');
    assert.deepEqual(numbers(received), range(0, 20));
  });

  it('fail at an item after all that came before it has been read, and handle none behind it', async () => {
    const error = new Error('no more');
    const [a, b, c] = [new Repeat(), new Repeat(), new Repeat()];
    b.onItem = (it) => {
      if (numbers([it])[0] === 200) throw error;
    };
    const received: Item[] = [];
    const errors: unknown[] = [];
    b.on('error', (e) => errors.push(e));
    a.pipe(b)
      .pipe(c)
      .pipe(sink(received, () => true));
    for (let n = 0; n < 400; n++) a.write(item(n));
    await new Promise((resolve) => b.once('close', resolve));
    await turns(500);
    assert.deepEqual(errors, [error]);
    assert.deepEqual(numbers(received), range(0, 200));
    assert.equal(b.handled, 201);
  });

  it('survive that the second one is destroyed in the middle of it', async () => {
    const [a, b] = [new Repeat(3), new Repeat()];
    const received: Item[] = [];
    a.pipe(b).pipe(sink(received));
    b.onItem = (it) => {
      if (numbers([it])[0] === 5) b.destroy();
    };
    for (let n = 0; n < 10; n++) a.write(item(n));
    await once(b, 'close');
    assert.ok(numbers(received).every((n) => n <= 5));
    assert.equal(a.destroyed, false);
  });

  it('put what is written to the second one meanwhile behind what it is handling', async () => {
    const [a, b] = [new Repeat(), new Repeat(2)];
    const received: Item[] = [];
    a.pipe(b).pipe(sink(received));
    b.onItem = (it) => {
      if (numbers([it])[0] === 5) b.write(item(1000));
    };
    for (let n = 0; n < 8; n++) a.write(item(n));
    a.end();
    await once(b, 'end');
    const all = numbers(received);
    assert.equal(all.indexOf(1000) > all.lastIndexOf(5), true);
    assert.deepEqual(
      [...all].sort((x, y) => x - y),
      [...range(0, 8), 1000].flatMap((n) => [n, n]),
    );
  });

  it('end after what the first one holds back until its end', async () => {
    const [a, b] = [new Repeat(1, [item(7), item(8)]), new Repeat(1, [item(9)])];
    const received: Item[] = [];
    await pipeline(feed(3), a, b, sink(received));
    assert.deepEqual(numbers(received), [0, 1, 2, 7, 8, 9]);
  });
});
