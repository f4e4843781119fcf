import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { allTitles, byNumber, findTitles, reasonWithout, renderQuirks, TABLE } from './quirks/table.js';

describe('the table of camera quirks', () => {
  const tests = allTitles();

  it('has a test for every number that is applicable', () => {
    const missing = [...byNumber(tests)].flatMap(([number, found]) =>
      found.length === 0 && reasonWithout(number) === undefined ? [`Q${number}`] : [],
    );
    assert.deepEqual(missing, []);
  });

  it('names no number that the catalogue does not have', () => {
    const known = byNumber(tests);
    assert.deepEqual(
      tests.filter(({ numbers }) => numbers.some((number) => !known.has(number))),
      [],
    );
  });

  it('is not stale: npm run quirks writes it anew', () => {
    assert.equal(readFileSync(TABLE, 'utf8').replaceAll('\r\n', '\n'), renderQuirks(tests));
  });
});

describe('findTitles', () => {
  const cases: [string, [number[], string][]][] = [
    [`it('Q7 Acme: lines end in LF', () => {`, [[[7], 'Acme: lines end in LF']]],
    ['test(`Q7, Q12 $' + '{name}: odd`, () => {', [[[7, 12], '$' + '{name}: odd']]],
    [`test('Q59 Q68 PLAY', async`, [[[59, 68], 'PLAY']]],
    [`['Q14–Q16 early data', 1],`, [[[14, 15, 16], 'early data']]],
    [`it("Q3 and Q4: it's both", () => {`, [[[3, 4], "it's both"]]],
    [String.raw`it('Q5 the camera\'s own', () => {`, [[[5], "the camera's own"]]],
    [`// Q9 says so, it('not Q9 at the start')`, []],
    [`it('Quick', () => {`, []],
  ];
  for (const [source, expected] of cases) {
    it(source, () => {
      assert.deepEqual(
        findTitles('a.test.ts', source).map(({ numbers, title }) => [numbers, title]),
        expected,
      );
    });
  }
});
