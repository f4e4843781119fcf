/** What every stage owes the chain, as one set of tests that is run over each of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import type { Item } from '../../lib/items.js';
import { freeze } from './freeze.js';

/** A stage under test. */
export interface StageCase {
  readonly name: string;
  make(): Transform;
  /** Sound input that the stage handles, as it comes out of the stages before it. */
  readonly known: readonly Item[];
  /** Items of kinds that the stage does not handle. */
  readonly unknown: readonly Item[];
  /** Whether it emits something else than items and takes in all that it does not know. */
  readonly endsItems?: boolean;
  /** Whether something is left to emit at the end of `known`. */
  readonly flushes: boolean;
  /** The n-th of endless items, each of which gives output. Default: the items it does not know, over and over. */
  endless?(n: number): Item;
}

/** Items that may wait in a stage, in its source and in its sink, before everything stands still. */
const MAX_WAITING = 64 + 64 + 16 + 16;

/** Collects what a stage emits. */
async function collect(source: AsyncIterable<unknown>, into: unknown[] = []): Promise<unknown[]> {
  for await (const item of source) into.push(item);
  return into;
}

function feed(items: readonly unknown[]): Readable {
  return Readable.from(items, { objectMode: true });
}

/** A sink that takes an item each turn of the event loop, and so lets the stage run ahead. */
function slowSink(received: unknown[]): Writable {
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(item, _encoding, callback) {
      received.push(item);
      setImmediate(callback);
    },
  });
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

/** Makes a stage fail at one item. */
function poisoned(stage: Transform, poison: Item, error: Error): Transform {
  const target = stage as unknown as { handle(item: Item): void };
  const handle = target.handle.bind(target);
  target.handle = (item) => {
    if (item === poison) throw error;
    handle(item);
  };
  return stage;
}

/** Registers the tests. */
export function stageContract(stage: StageCase): void {
  const { name, known, unknown, endsItems = false } = stage;
  const make = () => stage.make();
  const run = (items: readonly unknown[]) => collect(feed(items).pipe(make()));

  describe(`${name} keeps the contract`, () => {
    it('is a Transform with items on both sides', () => {
      const made = make();
      assert.ok(made instanceof Transform);
      assert.equal(made.writableObjectMode, true);
      assert.equal(made.readableObjectMode, true);
    });

    it(
      endsItems ? 'takes in what it does not know' : 'passes what it does not know, the very same, in order',
      async () => {
        const output = await run(unknown);
        assert.equal(output.length, endsItems ? 0 : unknown.length);
        output.forEach((item, i) => {
          assert.equal(item, unknown[i]);
        });
      },
    );

    it('does the same with what it knows whatever comes in between', async () => {
      const stranger = unknown.at(-1)!;
      const mixed = await run(known.flatMap((item) => [item, stranger]));
      const strangers = mixed.filter((item) => item === stranger);
      assert.equal(strangers.length, endsItems ? 0 : known.length);
      assert.deepEqual(
        mixed.filter((item) => item !== stranger),
        await run(known),
      );
    });

    it('changes nothing of what it is given', async () => {
      const check = freeze([...known, ...unknown]);
      assert.ok((await run(known)).length > 0);
      await run(unknown);
      check();
    });

    it('gives the same under pipe, pipeline, compose and async iteration', async () => {
      const expected = await run(known);
      assert.ok(expected.length > 0);
      const piped: unknown[] = [];
      await once(feed(known).pipe(make()).pipe(slowSink(piped)), 'finish');
      assert.deepEqual(piped, expected);
      const joined: unknown[] = [];
      await pipeline(feed(known), make(), slowSink(joined));
      assert.deepEqual(joined, expected);
      assert.deepEqual(await collect(feed(known).compose(make())), expected);
      const written = make();
      const output = collect(written);
      for (const item of known) if (!written.write(item)) await once(written, 'drain');
      written.end();
      assert.deepEqual(await output, expected);
    });

    it(stage.flushes ? 'emits at the end what it still holds' : 'holds nothing back until the end', async () => {
      const made = make();
      const output: unknown[] = [];
      made.on('data', (item) => output.push(item));
      for (const item of known) if (!made.write(item)) await once(made, 'drain');
      await turns(3);
      const before = output.length;
      made.end();
      await once(made, 'end');
      assert.equal(output.length > before, stage.flushes);
    });

    it('ends without input', async () => {
      assert.deepEqual(await run([]), []);
    });

    it('stops asking when its sink does not call back', async () => {
      const endless = (n: number) => stage.endless?.(n) ?? unknown[n % unknown.length]!;
      let asked = 0;
      const source = new Readable({
        objectMode: true,
        read() {
          this.push(endless(asked++));
        },
      });
      const stalled = new Writable({ objectMode: true, write() {} });
      const controller = new AbortController();
      const done = pipeline(source, make(), stalled, { signal: controller.signal });
      await turns(20);
      const standing = asked;
      await turns(20);
      assert.ok(standing > 0 && standing <= MAX_WAITING, `asked for ${standing} items`);
      assert.equal(asked, standing);
      controller.abort();
      await assert.rejects(done, { name: 'AbortError' });
    });

    it('fails with the error of an item, behind everything that was emitted before', async () => {
      const error = new Error('poison');
      const at = Math.floor(known.length / 2);
      const healthy = make();
      const expected: unknown[] = [];
      healthy.on('data', (item) => expected.push(item));
      for (const item of known.slice(0, at)) if (!healthy.write(item)) await once(healthy, 'drain');
      await turns(3);
      assert.ok(expected.length > 0);
      for (const [read, how] of [
        [(made: Transform, into: unknown[]) => pipeline(feed(known), made, slowSink(into)), 'pipeline'],
        [(made: Transform, into: unknown[]) => collect(feed(known).pipe(made), into), 'iteration'],
        [
          async (made: Transform, into: unknown[]) => {
            feed(known).pipe(made);
            await turns(5);
            made.on('data', (item) => into.push(item));
            await once(made, 'close');
          },
          'late data listener',
        ],
      ] as const) {
        const received: unknown[] = [];
        await assert.rejects(read(poisoned(make(), known[at]!, error), received), (thrown) => thrown === error, how);
        assert.deepEqual(received, expected, how);
      }
    });

    it('can be destroyed at any time, with an error and without', async () => {
      const quiet = make();
      quiet.on('error', () => assert.fail('an error from nowhere'));
      for (const item of known.slice(0, 20)) quiet.write(item);
      quiet.destroy();
      await once(quiet, 'close');
      assert.equal(quiet.destroyed, true);
      const error = new Error('enough');
      const loud = make();
      const failed = once(loud, 'error');
      loud.write(known[0]);
      loud.destroy(error);
      assert.deepEqual(await failed, [error]);
    });
  });
}
