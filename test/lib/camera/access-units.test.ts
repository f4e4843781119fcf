import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupAccessUnits } from '../../../lib/camera/access-units.js';
import { nalUnit } from '../../../lib/codec/h264-nal.js';

// A capital S is a slice that begins a picture, a small one continues it.
const BYTES: Record<string, string> = {
  S: '4180',
  s: '4140',
  I: '6580',
  A: '09f0',
  P: '6764',
  p: '68ee',
  e: '0601',
  f: '0cff',
  b: '0340',
  n: '0e80',
};

const CASES: [title: string, input: string, expected: string[]][] = [
  ['pictures of one slice', 'ISS', ['I', 'S', 'S']],
  ['several slices', 'IsssSss', ['Isss', 'Sss']],
  ['delimiters', 'APpeIASs', ['APpeI', 'ASs']],
  ['parameter sets and SEI without delimiter', 'PpIeSPpeI', ['PpI', 'eS', 'PpeI']],
  ['a prefix belongs to the slice behind it', 'nInS', ['nI', 'nS']],
  ['filler ends nothing', 'IfSf', ['If', 'Sf']],
  ['data partitions', 'SbSb', ['Sb', 'Sb']],
  ['what comes last goes to the last picture', 'ISAp', ['I', 'SAp']],
  ['no picture at all', 'APp', []],
  ['nothing', '', []],
];

for (const [title, input, expected] of CASES) {
  test(title, () => {
    const letters = [...input];
    const nalUnits = letters.map((letter) => nalUnit(Buffer.from(BYTES[letter]!, 'hex')));
    const groups = groupAccessUnits(nalUnits).map((unit) => unit.map((nal) => letters[nalUnits.indexOf(nal)]).join(''));
    assert.deepEqual(groups, expected);
  });
}
