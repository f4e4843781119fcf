import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { serializeReceiverReport } from '../../../lib/rtp/receiver-report.js';
import { parseCompound } from '../../../lib/rtp/rtcp.js';

const BLOCK = {
  ssrc: 0x0d25614e,
  fractionLost: 0x12,
  cumulativeLost: -2,
  extendedHighest: 0x0001_0203,
  jitter: 0x0405_0607,
  lastSenderReport: 0x0809_0a0b,
  delaySinceLast: 0x0c0d_0e0f,
};

test('Q82 a receiver report of one block, then our name, byte by byte', () => {
  assert.equal(
    serializeReceiverReport(0xdeadbeef, BLOCK, 'abcdef').toString('hex'),
    [
      '81c90007deadbeef',
      '0d25614e12fffffe000102030405060708090a0b0c0d0e0f',
      '81ca0004deadbeef',
      '0106616263646566',
      '00000000',
    ].join(''),
  );
});

test('Q82 with a name of any length the compound is sound', () => {
  const name = fc.string({ unit: fc.constantFrom(...'abcXYZ059+/'), minLength: 1, maxLength: 255 });
  fc.assert(
    fc.property(name, fc.nat(0xffff_ffff), (cname, ssrc) => {
      const data = serializeReceiverReport(ssrc, BLOCK, cname);
      assert.deepEqual(parseCompound(data), { packets: 2, senderReports: [], byes: [], malformed: undefined });
      assert.equal(data.length % 4, 0);
      assert.equal(data.at(-1), 0);
    }),
  );
});
