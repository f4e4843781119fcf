import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { putDecimal, putNtpTime } from '../../../lib/sei/decimal.js';
import { splitNtp } from '../../../lib/time/ntp.js';

const AT = 3;

/** What a function writes at an offset; nothing else may change. */
function written(put: (data: Uint8Array, at: number) => number): string {
  const data = Buffer.alloc(40, '_');
  const end = put(data, AT);
  const text = data.toString('latin1');
  assert.match(text, /^_{3}\d+_+$/);
  assert.equal(text.indexOf('_', AT), end);
  return text.slice(AT, end);
}

const decimal = (value: number) => written((data, at) => putDecimal(data, at, value));
const ntp = (value: bigint) => written((data, at) => putNtpTime(data, at, splitNtp(value)));

describe('decimal', () => {
  it('numbers about each power of ten, and the largest', () => {
    for (let power = 1; power < 1e16; power *= 10) {
      for (const value of [power - 1, power, power + 1]) {
        if (value <= Number.MAX_SAFE_INTEGER) assert.equal(decimal(value), String(value));
      }
    }
    assert.equal(decimal(Number.MAX_SAFE_INTEGER), String(Number.MAX_SAFE_INTEGER));
  });

  it('any number', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(decimal(value), String(value))));
  });

  it('NTP timestamps about each power of ten and of two', () => {
    const near = [...Array(65).keys()]
      .map((n) => 2n ** BigInt(n))
      .concat([...Array(20).keys()].map((n) => 10n ** BigInt(n)));
    for (const middle of near) {
      for (const value of [middle - 1n, middle, middle + 1n]) {
        if (value < 2n ** 64n) assert.equal(ntp(value), String(value));
      }
    }
  });

  it('any NTP timestamp', () => {
    const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(any, (value) => assert.equal(ntp(value), String(value))),
      { numRuns: 2000 },
    );
  });
});
