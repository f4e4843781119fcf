import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRangeStart } from '../../../lib/camera/range-request.js';

const CASES: [value: string, start: number | 'now' | undefined][] = [
  ['npt=0.000-', 0],
  ['npt=0-', 0],
  ['npt=now-', 'now'],
  ['npt=-10', 'now'],
  ['npt=12.5-20', 12.5],
  ['NPT = 1:02:03.5 - ', 3723.5],
  ['npt=5-;time=19970123T143720Z', 5],
  ['npt=1:99:00-', undefined],
  ['npt=5', undefined],
  ['npt=1.2.3-', undefined],
  ['npt=1-x', undefined],
  ['npt=1-2:3', undefined],
  ['smpte=10:12:33:20-', undefined],
  ['', undefined],
];

for (const [value, start] of CASES) {
  test(`${value || 'nothing'}: ${start}`, () => assert.equal(parseRangeStart(value), start));
}
