import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRandomAccessNal, isRandomAccessPayload } from '../../../lib/camera/random-access.js';
import { OTHER_SEI, RECOVERY_SEI } from './h264-writer.js';

const NALS: [title: string, nal: Buffer, expected: boolean][] = [
  ['IDR slice', Buffer.from('6588', 'hex'), true],
  ['other slice', Buffer.from('4188', 'hex'), false],
  ['recovery point behind another message', RECOVERY_SEI, true],
  ['SEI whose content looks like one', OTHER_SEI, false],
  ['SEI cut short', Buffer.from('0605ff', 'hex'), false],
  [
    'SEI with emulation prevention before the recovery point',
    Buffer.from('06050300000301060184 80'.replace(' ', ''), 'hex'),
    true,
  ],
  ['nothing', Buffer.alloc(0), false],
];

for (const [title, nal, expected] of NALS) {
  test(title, () => {
    assert.equal(isRandomAccessNal(nal), expected);
    assert.equal(isRandomAccessPayload(nal), expected);
    const size = Buffer.of(nal.length >> 8, nal.length);
    const stapA = Buffer.concat([Buffer.from('78000267ff', 'hex'), size, nal]);
    assert.equal(isRandomAccessPayload(stapA), expected && nal.length > 0);
  });
}

const FRAGMENTS: [hex: string, expected: boolean][] = [
  ['7c85', true],
  ['7c05', false],
  ['7c45', false],
  ['5c81', false],
  ['7c', false],
  ['78', false],
  ['78ffff65', true],
];

for (const [hex, expected] of FRAGMENTS) {
  test(`payload ${hex}: ${expected}`, () => assert.equal(isRandomAccessPayload(Buffer.from(hex, 'hex')), expected));
}

test('any payload is survived', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void isRandomAccessPayload(Buffer.from(bytes))));
});
