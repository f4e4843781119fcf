import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable, type Transform, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import type { Item } from '../../../lib/items.js';
import { linkStages } from '../../../lib/recorder/link.js';
import { Stage } from '../../../lib/stage.js';

/** Passes items on and fails at one of them. */
class Failing extends Stage {
  constructor(private readonly at: number) {
    super();
  }

  protected override handle(item: Item): void {
    if ((item as unknown as number) === this.at) throw new Error(`failed at ${this.at}`);
    this.push(item);
  }
}

const plain = (): Transform => new PassThrough({ objectMode: true });

/** Links stages behind numbers from 0 and returns what reached the sink and which errors were told. */
async function run(stages: Transform[], source: Readable = Readable.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])) {
  const got: number[] = [];
  const errors: string[] = [];
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(item: number, _encoding, callback) {
      got.push(item);
      setImmediate(callback);
    },
  });
  linkStages(source, stages, sink, (error) => errors.push(error.message));
  await once(sink, 'finish');
  return { got, errors };
}

describe('linkStages', () => {
  it('passes everything on and ends the sink', async () => {
    assert.deepEqual(await run([plain(), plain()]), { got: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], errors: [] });
  });

  it('a stage fails: the sink gets all that came before, and finishes', async () => {
    for (const stages of [
      [new Failing(5), plain(), plain()],
      [plain(), new Failing(5), plain()],
      [plain(), plain(), new Failing(5)],
    ]) {
      assert.deepEqual(await run(stages), { got: [0, 1, 2, 3, 4], errors: ['failed at 5'] });
    }
  });

  it('two stages fail: both are told, and what the later one let through is kept', async () => {
    const { got, errors } = await run([new Failing(7), new Failing(3)]);
    assert.deepEqual(got, [0, 1, 2]);
    assert.ok(errors.includes('failed at 3'));
  });

  it('the source fails', async () => {
    async function* source() {
      yield 0;
      yield 1;
      await new Promise<void>((resolve) => setImmediate(resolve));
      await new Promise<void>((resolve) => setImmediate(resolve));
      throw new Error('source');
    }
    const { errors } = await run([plain()], Readable.from(source()));
    assert.deepEqual(errors, ['source']);
  });
});
