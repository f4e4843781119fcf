import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../../lib/version.js';
import { NOT_APPLICABLE } from './not-applicable.js';

/** Numbers of the catalogue of camera quirks: 1 to this. */
const LAST = 150;
/** The table that {@link renderQuirks} writes. */
export const TABLE = packageFile('test/QUIRKS.md');

/** A test whose title begins with the numbers of quirks. */
export interface QuirkTest {
  /** Path below `test/`. */
  readonly file: string;
  /** The title as it stands in the source, placeholders and all, without its numbers. */
  readonly title: string;
  readonly numbers: readonly number[];
}

/** A string that begins with `Q1`, `Q1, Q2`, `Q1 Q2` or `Q1–Q3`: as far as sources of tests go, a title. */
const TITLE = /(['"`])(Q\d+(?:(?:, ?|[-–]| and | (?=Q))Q?\d+)*)[ :]+((?:\\.|(?!\1)[^\\\n])*)\1/g;

/** The titles in one source. */
export function findTitles(file: string, source: string): QuirkTest[] {
  return [...source.matchAll(TITLE)].map(([, , numbers, title]) => ({
    file,
    title: title!.replace(/\\(.)/g, '$1'),
    numbers: parseNumbers(numbers!),
  }));
}

/** `Q1, Q5–Q7` as 1, 5, 6, 7. */
function parseNumbers(text: string): number[] {
  return text.split(/, ?| and | /).flatMap((part) => {
    const [from, to = from] = part.split(/[-–]/).map((number) => Number(number.replace('Q', '')));
    return Array.from({ length: Math.max(0, to! - from! + 1) }, (_, i) => from! + i);
  });
}

/** The titles in all tests of this repository; those of the table's own tests are examples. */
export function allTitles(): QuirkTest[] {
  const root = packageFile('test/');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.test.ts') && file !== 'quirks.test.ts')
    .sort()
    .flatMap((file) => findTitles(file, readFileSync(fileURLToPath(new URL(file, root)), 'utf8')));
}

/** Why a number has no test, where that is settled. */
export function reasonWithout(number: number): string | undefined {
  return NOT_APPLICABLE.find(([from, to]) => number >= from && number <= to)?.[2];
}

/** Tests by number, for all numbers. */
export function byNumber(tests: readonly QuirkTest[]): Map<number, QuirkTest[]> {
  const map = new Map(Array.from({ length: LAST }, (_, i): [number, QuirkTest[]] => [i + 1, []]));
  for (const test of tests) for (const number of new Set(test.numbers)) map.get(number)?.push(test);
  return map;
}

/** The table in Markdown. */
export function renderQuirks(tests: readonly QuirkTest[]): string {
  const rows = [...byNumber(tests)].map(([number, found]) => {
    const cells = found.map(({ file, title }) => `${escapeCell(title)} (\`${file}\`)`);
    const reason = reasonWithout(number);
    return `| Q${number} | ${cells.join('<br>') || (reason === undefined ? '**missing**' : `not applicable: ${reason}`)} |`;
  });
  return `# Camera quirks and their tests

Written by \`npm run quirks\`; do not edit. Each number is an entry of the catalogue of camera quirks, each test one whose
title begins with it.

| Quirk | Tests |
|---|---|
${rows.join('\n')}
`;
}

/** Text for a cell: nothing in it that Markdown would take for its own. */
function escapeCell(text: string): string {
  return text.replace(/[|<>*_`\\]/g, '\\$&');
}
