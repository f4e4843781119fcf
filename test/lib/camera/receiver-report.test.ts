import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReceiverReport } from '../../../lib/camera/receiver-report.js';

const BLOCK = '00000abc 00000000 0000000b 00000000 00000000 00000000';

const CASES: [title: string, hex: string, expected: boolean][] = [
  ['with a block', `81c90007 00000001 ${BLOCK}`, true],
  ['with padding, and a source description behind it', `a1c90007 00000001 ${BLOCK} 81ca0002 00000001 01000000`, true],
  ['empty', '80c90001 00000001', false],
  ['empty, with a source description behind it', `80c90001 00000001 81ca0006 00000001 0114${'61'.repeat(20)}`, false],
  ['cut off', `81c90007 00000001 ${BLOCK.slice(0, -2)}`, false],
  ['a sender report', `81c80007 00000001 ${BLOCK}`, false],
  ['version 1', `41c90007 00000001 ${BLOCK}`, false],
  ['nothing', '', false],
];

for (const [title, hex, expected] of CASES) {
  test(`${title}: ${expected ? 'a report' : 'none'}`, () => {
    assert.equal(isReceiverReport(Buffer.from(hex.replaceAll(' ', ''), 'hex')), expected);
  });
}
