import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findPayload, looksLikeRtcp, type PayloadRange } from '../../../lib/rtp/rtp-header.js';
import { Reception, rtp } from './packets.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** What lies around a packet, and would change what is found if it were looked at. */
const [BEFORE, BEHIND] = [Buffer.alloc(7, 0xff), Buffer.alloc(9, 0xff)];

/** The payload in hex, or what is wrong with the packet. */
function payload(data: Buffer): string {
  const range: PayloadRange = { start: -1, end: -1 };
  const bytes = Buffer.concat([BEFORE, data, BEHIND]);
  const malformed = findPayload(bytes, BEFORE.length, BEFORE.length + data.length, range);
  if (malformed === undefined) return bytes.toString('hex', range.start, range.end);
  assert.deepEqual(range, { start: -1, end: -1 });
  return malformed;
}

const FIXED = '60 0001 00000000 00000001';

describe('Q87 header features that occur in the wild', () => {
  it('Q87 header extension of ONVIF replay, Axis', () => {
    assert.equal(payload(hex(`90 ${FIXED} abac 0001 deadbeef 65aa`)), '65aa');
    assert.equal(payload(hex(`90 ${FIXED} bede 0000 65aa`)), '65aa');
  });

  it('Q87 padding', () => {
    assert.equal(payload(hex(`a0 ${FIXED} 41aa 0002`)), '41aa');
    assert.equal(payload(hex(`a0 ${FIXED} 41 000003`)), '41');
    assert.equal(payload(hex(`a0 ${FIXED} 000003`)), '');
  });

  it('Q87 padding with count 0 is none, and said once', () => {
    assert.equal(payload(hex(`a0 ${FIXED} 41aa00`)), '41aa00');
    const reception = new Reception().receive(`a0 ${FIXED} 41aa00`).receive('a0 60 0002 00000000 00000001 41aa00');
    assert.deepEqual(
      reception.packets.map(({ payload }) => payload.toString('hex')),
      ['41aa00', '41aa00'],
    );
    assert.deepEqual(reception.codes, ['rtp-malformed']);
  });

  it('Q87 CSRC entries', () => {
    assert.equal(payload(hex(`82 ${FIXED} 11111111 22222222 65aa`)), '65aa');
    assert.equal(payload(hex(`b1 ${FIXED} 11111111 abac0001 deadbeef 65aa 00 02`)), '65aa');
    assert.equal(payload(hex(`8f ${FIXED} ${'33333333'.repeat(15)} 65`)), '65');
  });

  it('Q87 no payload at all', () => {
    assert.equal(payload(hex(`80 ${FIXED}`)), '');
    assert.equal(payload(hex(`a0 ${FIXED}`)), '');
  });

  const malformed: readonly (readonly [string, string, RegExp])[] = [
    ['another version', `40 ${FIXED} 65aa`, /version 1 instead of 2/],
    ['shorter than the header', '80 60 0001 00000000 000000', /11 bytes are shorter than the 12 byte header/],
    ['CSRC beyond the end', `82 ${FIXED} 11111111 222222`, /beyond the end/],
    ['extension header beyond the end', `90 ${FIXED} abac00`, /extension beyond the end/],
    ['extension beyond the end', `90 ${FIXED} abac0002 deadbeef 65`, /beyond the end/],
    ['more padding than payload', `a0 ${FIXED} 41aa 05`, /padding of 5 bytes is longer than the payload/],
  ];
  for (const [what, bytes, expected] of malformed) {
    it(`Q87 ${what} is malformed: the packet is dropped and missing, others go on`, () => {
      assert.match(payload(hex(bytes)), expected);
      const reception = new Reception()
        .receive(rtp({ seq: 4 }))
        .receive(bytes)
        .receive(rtp({ seq: 6 }));
      assert.deepEqual(reception.lost, [0, 1]);
      assert.deepEqual(reception.codes, ['rtp-malformed', 'rtp-loss']);
      assert.match(reception.faults[0]!.message, expected);
    });
  }
});

it('a header with anything in it is taken apart as RFC 3550 section 5.1 says', () => {
  const words = (max: number) => fc.integer({ min: 0, max }).map((count) => Buffer.alloc(4 * count, 0xee));
  const packet = fc.record({
    csrc: words(15),
    extension: fc.option(words(20)),
    payload: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    padding: fc.nat(255),
  });
  fc.assert(
    fc.property(packet, ({ csrc, extension, payload: body, padding }) => {
      const header = rtp({ payload: '' });
      header[0] = 0x80 | (csrc.length / 4) | (extension === null ? 0 : 0x10) | (padding === 0 ? 0 : 0x20);
      const prefix = extension === null ? [] : [Buffer.of(0xbe, 0xde, 0, extension.length / 4), extension];
      const tail = padding === 0 ? Buffer.alloc(0) : Buffer.alloc(padding, padding);
      assert.equal(payload(Buffer.concat([header, csrc, ...prefix, body, tail])), body.toString('hex'));
    }),
  );
});

it('any bytes give a range inside them, or a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, isVersion2) => {
      const data = Buffer.from(bytes);
      if (isVersion2 && data.length > 0) data[0] = (data[0]! & 0x3f) | 0x80;
      const range: PayloadRange = { start: 0, end: 0 };
      const malformed = findPayload(data, 0, data.length, range);
      if (malformed === undefined) assert.ok(range.start >= 12 && range.start <= range.end && range.end <= data.length);
      else assert.ok(malformed.length > 0);
    }),
    { numRuns: 2000 },
  );
});

it('Q97 RTCP is told by its second byte, unless that is the announced payload type with the marker', () => {
  for (let second = 0; second < 256; second++) {
    assert.equal(looksLikeRtcp(second, 96), second >= 200 && second <= 207, `${second}`);
  }
  assert.equal(looksLikeRtcp(0x80 | 79, 79), false);
});
