import assert from 'node:assert/strict';

/**
 * Asserts that pictures are a run of those of a source that repeats itself, without a gap, and at least `atLeast` of them.
 *
 * @returns which picture of the source is the first
 */
export function assertRun(pictures: readonly string[], source: readonly string[], atLeast: number): number {
  assert.ok(pictures.length >= atLeast, `${pictures.length} pictures, not the ${atLeast} that should be there`);
  assert.equal(new Set(source).size, source.length, 'no two pictures of the source are alike');
  const start = source.indexOf(pictures[0]!);
  assert.notEqual(start, -1, 'the first picture is one of the source');
  const wanted = pictures.map((_, i) => source[(start + i) % source.length]);
  assert.deepEqual(pictures, wanted);
  return start;
}
