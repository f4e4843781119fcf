import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Column } from '../../../lib/mp4/column.js';

test('a column gives back what was put into it, over many blocks and with runs of equal numbers', () => {
  const run = fc.record({ times: fc.integer({ min: 1, max: 5000 }), value: fc.oneof(fc.constant(0), fc.integer()) });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
      const column = new Column(Int32Array);
      const values = runs.flatMap(({ times, value }) => Array<number>(times).fill(value));
      for (const value of values) column.push(value);
      assert.equal(column.length, values.length);
      assert.deepEqual(
        values.map((_, i) => column.get(i)),
        values,
      );
    }),
    { numRuns: 30 },
  );
});

test('a column of equal numbers takes next to no memory', () => {
  const external = (): number => process.memoryUsage().arrayBuffers;
  const column = new Column(Uint32Array);
  const before = external();
  for (let i = 0; i < 4_000_000; i++) column.push(3000);
  assert.ok(external() - before < 100_000, `${external() - before} bytes`);
  assert.equal(column.get(3_999_999), 3000);
});
