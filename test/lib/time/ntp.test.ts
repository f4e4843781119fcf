import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ntpToUnixNs, unixNsToNtp } from '../../../lib/time/ntp.js';

const NS_PER_SECOND = 1_000_000_000n;

function unixNs(iso: string): bigint {
  return BigInt(Date.parse(iso)) * 1_000_000n;
}

test('2024-02-17T20:14:34.013Z is the NTP timestamp that the Rust retina-record writes', () => {
  assert.equal(unixNsToNtp(unixNs('2024-02-17T20:14:34.013Z')), 16824201542114736079n);
  assert.equal(ntpToUnixNs(16824201542114736079n), unixNs('2024-02-17T20:14:34.013Z'));
});

test('NTP epoch, Unix epoch, the end of a second, and the end of the NTP era in 2036', () => {
  assert.equal(unixNsToNtp(unixNs('1900-01-01T00:00:00Z')), 0n);
  assert.equal(unixNsToNtp(0n), 2_208_988_800n << 32n);
  // The largest fraction stands for a whole second but one of its parts: it never carries over.
  assert.equal(unixNsToNtp(999_999_999n), (2_208_988_800n << 32n) | 0xffff_fffbn);
  assert.equal(unixNsToNtp(unixNs('2036-02-07T06:28:15Z')), 0xffff_ffffn << 32n);
  assert.equal(unixNsToNtp(unixNs('2036-02-07T06:28:16Z')), 0n);
  assert.equal(unixNsToNtp(-1n), (2_208_988_799n << 32n) | 0xffff_fffbn);
});

test('Unix time survives the way through NTP, to the nanosecond', () => {
  const era0 = fc.bigInt({ min: unixNs('1900-01-01T00:00:00Z'), max: unixNs('2036-02-07T06:28:15Z') });
  fc.assert(fc.property(era0, (time) => assert.equal(ntpToUnixNs(unixNsToNtp(time)), time)));
});

test('an NTP timestamp survives the way through Unix time, to the nanosecond', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 5n }), (ntp) => {
      const difference = unixNsToNtp(ntpToUnixNs(ntp)) - ntp;
      // Half a nanosecond is 2.15 of 2^-32 s; the fraction 0xffffffff stands for the second's end.
      assert.ok(difference >= -4n && difference <= 4n, `${difference}`);
    }),
  );
});

test('later times have greater timestamps', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2_085_978_494n * NS_PER_SECOND }), (time) => {
      assert.ok(unixNsToNtp(time + 1n) > unixNsToNtp(time));
    }),
  );
});

test('times of any era are taken modulo 2^64', () => {
  const era = NS_PER_SECOND << 32n;
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: era - 1n }),
      fc.bigInt({ min: -(1n << 40n), max: 1n << 40n }),
      (time, eras) => {
        assert.equal(unixNsToNtp(time + eras * era), unixNsToNtp(time));
      },
    ),
  );
});
