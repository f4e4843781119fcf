import { writeFileSync } from 'node:fs';
import { allTitles, byNumber, reasonWithout, renderQuirks, TABLE } from './table.js';

/** Writes the table of quirks anew, and names the numbers without a test. */
const tests = allTitles();
writeFileSync(TABLE, renderQuirks(tests));
const missing = [...byNumber(tests)].filter(([n, found]) => found.length === 0 && reasonWithout(n) === undefined);
console.log(missing.length === 0 ? 'no number is missing' : `missing: ${missing.map(([n]) => `Q${n}`).join(', ')}`);
