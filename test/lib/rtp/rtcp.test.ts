import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCompound } from '../../../lib/rtp/rtcp.js';
import { senderReport } from './packets.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const REPORT = '80c80006 66426ae1 e4362f99 cccccccc 852ef807 002a4333 2f4c341d';
const SDES = '81ca0004 66426ae1 0106286e 6f6e6529 00000000';
const INFO = {
  ssrc: 0x66426ae1,
  ntpTimestamp: 0xe4362f99ccccccccn,
  rtpTimestamp: 0x852ef807,
  packetCount: 0x2a4333,
  octetCount: 0x2f4c341d,
};

describe('parseCompound', () => {
  it('Q93 sender report and SDES, Dahua', () => {
    const data = hex(REPORT + SDES);
    assert.deepEqual(parseCompound(data), { packets: 2, senderReports: [INFO], byes: [], malformed: undefined });
  });

  it('Q93 padding on a packet of an unknown type with a count', () => {
    assert.deepEqual(parseCompound(hex('a7000002 61736466 00000004')), {
      packets: 1,
      senderReports: [],
      byes: [],
      malformed: undefined,
    });
  });

  it('Q93 sender reports are found anywhere in a compound', () => {
    const { senderReports } = parseCompound(
      Buffer.concat([hex(`80c90001 11111111 ${SDES} ${REPORT}`), senderReport(5, 6n, 7)]),
    );
    assert.deepEqual(senderReports, [
      INFO,
      { ssrc: 5, ntpTimestamp: 6n, rtpTimestamp: 7, packetCount: 0, octetCount: 0 },
    ]);
  });

  it('Q93 a sender report with report blocks and an extension of the profile', () => {
    const blocks = 'aa'.repeat(24);
    assert.deepEqual(parseCompound(hex(`81c8000c ${REPORT.slice(9)} ${blocks}`)).senderReports, [INFO]);
    assert.deepEqual(parseCompound(hex(`81c8000d ${REPORT.slice(9)} ${blocks} 12345678`)).senderReports, [INFO]);
  });

  it('Q93 receiver report, APP, BYE and unknown types are passed over', () => {
    const others = '80c90001 11111111 80cc0003 11111111 6e616d65 00000000 80d50000';
    const bye = '82cb0004 11111111 22222222 0462 7965 21000000';
    assert.deepEqual(parseCompound(hex(others + bye)), {
      packets: 4,
      senderReports: [],
      byes: [0x1111_1111, 0x2222_2222],
      malformed: undefined,
    });
    assert.deepEqual(parseCompound(hex('80cb0000')).byes, []);
  });

  it('Q98 the NTP timestamp is read exactly as sent, 0 and the greatest too', () => {
    for (const ntp of [0n, 1n, 0xffff_ffff_ffff_ffffn, 1_708_200_874n << 32n]) {
      assert.equal(parseCompound(senderReport(1, ntp)).senderReports[0]!.ntpTimestamp, ntp);
    }
  });

  it('Q94 SDES is never looked into, Hanwha QNV-8080R', () => {
    assert.deepEqual(parseCompound(hex('81ca0003 11223344 0106 63616d657261')), {
      packets: 1,
      senderReports: [],
      byes: [],
      malformed: undefined,
    });
  });

  it('Q94 a sound sender report ahead of a broken packet is used', () => {
    const { packets, senderReports, malformed } = parseCompound(hex(`${REPORT} 81ca00ff`));
    assert.equal(packets, 1);
    assert.deepEqual(senderReports, [INFO]);
    assert.match(malformed!, /packet type 202 beyond the end/);
  });

  const malformed: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /empty/],
    ['less than a header', '80c8', /2 stray bytes/],
    ['another version', `40${REPORT.slice(2)}`, /version 1 instead of 2/],
    ['a length beyond the end', `80c80007 ${REPORT.slice(9)}`, /packet type 200 beyond the end/],
    ['a sender report of 24 bytes', '80c80005 66426ae1 e4362f99 cccccccc 852ef807 002a4333', /sender report too short/],
    ['fewer report blocks than its count', `82c8000c ${REPORT.slice(9)} ${'aa'.repeat(24)}`, /sender report too short/],
    ['BYE with fewer sources than its count', '82cb0001 11111111', /BYE too short/],
    ['padding ahead of the last packet', `a0d50001 00000004 ${SDES}`, /padding before the last packet/],
    ['padding of 0', 'a0d50001 00000000', /padding of 0 bytes/],
    ['padding of more than the packet', 'a0d50001 00000005', /padding of 5 bytes/],
  ];
  for (const [what, bytes, expected] of malformed) {
    it(`Q93 malformed: ${what}`, () => {
      const result = parseCompound(hex(bytes));
      assert.match(result.malformed!, expected);
      assert.deepEqual(result.senderReports, []);
      const behind = parseCompound(hex(REPORT + bytes));
      if (bytes !== '') assert.match(behind.malformed!, expected);
      assert.deepEqual(behind.senderReports, [INFO]);
    });
  }

  it('any bytes are read to their end or to the first unsound packet, and never changed', () => {
    const packet = fc
      .tuple(fc.nat(255), fc.constantFrom(200, 201, 202, 203, 204, 207), fc.nat(12), fc.uint8Array({ maxLength: 60 }))
      .map(([flags, type, words, rest]) => Buffer.concat([Buffer.of((flags & 0x3f) | 0x80, type, 0, words), rest]));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((data) => Buffer.from(data)),
      fc.array(packet, { maxLength: 4 }).map((packets) => Buffer.concat(packets)),
    );
    fc.assert(
      fc.property(bytes, (data) => {
        const before = Buffer.from(data);
        const { packets, malformed, senderReports } = parseCompound(data);
        assert.deepEqual(data, before);
        assert.ok(packets > 0 || malformed !== undefined);
        assert.ok(senderReports.length <= packets + 1 && senderReports.length * 28 <= data.length);
      }),
      { numRuns: 2000 },
    );
  });
});
