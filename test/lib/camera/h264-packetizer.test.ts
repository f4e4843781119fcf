import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type H264Payload, packetizeAccessUnit } from '../../../lib/camera/h264-packetizer.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const shown = (payloads: H264Payload[]) =>
  payloads.map(({ payload, marker }) => payload.toString('hex') + (marker ? ' M' : ''));

const CASES: { title: string; nalUnits: string[]; maxPayload?: number; aggregate?: boolean; expected: string[] }[] = [
  { title: 'a NAL unit that fits travels alone', nalUnits: ['65aabb'], expected: ['65aabb M'] },
  {
    title: 'parameter sets share a STAP-A, with the highest NRI',
    nalUnits: ['2764', '6801', '65aa'],
    expected: ['7800022764 00026801'.replace(' ', ''), '65aa M'],
  },
  { title: 'a lone parameter set is no STAP-A', nalUnits: ['6764', '65aa'], expected: ['6764', '65aa M'] },
  {
    title: 'a STAP-A ends where the next parameter set does not fit',
    nalUnits: ['6701', '6802', '680304050607'],
    maxPayload: 9,
    expected: ['7800026701 00026802'.replace(' ', ''), '680304050607 M'],
  },
  { title: 'no STAP-A on request', nalUnits: ['6764', '6801'], aggregate: false, expected: ['6764', '6801 M'] },
  {
    title: 'F of an aggregated unit is kept',
    nalUnits: ['e764', '6801'],
    expected: ['f80002e764 00026801 M'.replace(' ', '')],
  },
  {
    title: 'a NAL unit that does not fit is cut into FU-A of nearly equal length',
    nalUnits: ['6501020304050607'],
    maxPayload: 5,
    expected: ['7c850102', '7c050304', '7c45050607 M'],
  },
  {
    title: 'one byte too many makes two fragments, never one with start and end',
    nalUnits: ['41010203'.concat('04')],
    maxPayload: 4,
    expected: ['5c810102', '5c410304 M'],
  },
  { title: 'nothing for nothing', nalUnits: [], expected: [] },
];

for (const { title, nalUnits, expected, maxPayload, aggregate } of CASES) {
  test(title, () => {
    assert.deepEqual(shown(packetizeAccessUnit(nalUnits.map(hex), { maxPayload, aggregate })), expected);
  });
}

test('what cannot travel is refused', () => {
  assert.throws(() => packetizeAccessUnit([Buffer.alloc(0)]), /a NAL unit is empty/);
  for (const type of [0, 24, 28, 31]) assert.throws(() => packetizeAccessUnit([Buffer.of(type, 1)]), RangeError);
  for (const maxPayload of [3, 65520, 1.5, Number.NaN]) {
    assert.throws(() => packetizeAccessUnit([hex('65')], { maxPayload }), /maxPayload/);
  }
});

test('every access unit comes back from its payloads, none of which is too long, and is left as it was', () => {
  const nal = fc
    .tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 300 }))
    .map(([type, refIdc, body]) => Buffer.concat([Buffer.of((refIdc << 5) | type), body]));
  fc.assert(
    fc.property(
      fc.array(nal, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 4, max: 120 }),
      (nalUnits, maxPayload) => {
        const before = nalUnits.map((unit) => Buffer.from(unit));
        const payloads = packetizeAccessUnit(nalUnits, { maxPayload });
        assert.deepEqual(nalUnits, before);
        assert.ok(payloads.every(({ payload }) => payload.length <= maxPayload));
        assert.deepEqual(
          payloads.map(({ marker }) => marker),
          payloads.map((_, i) => i === payloads.length - 1),
        );
        assert.deepEqual(reassemble(payloads), nalUnits);
      },
    ),
  );
});

/** RFC 6184 the other way round, as plainly as can be. */
function reassemble(payloads: H264Payload[]): Buffer[] {
  const nalUnits: Buffer[] = [];
  let fragments: Buffer[] = [];
  for (const { payload } of payloads) {
    const type = payload[0]! & 0x1f;
    if (type === 28) {
      const start = (payload[1]! & 0x80) !== 0;
      const end = (payload[1]! & 0x40) !== 0;
      assert.ok(!(start && end));
      assert.equal(start, fragments.length === 0);
      if (start) fragments.push(Buffer.of((payload[0]! & 0xe0) | (payload[1]! & 0x1f)));
      assert.ok(payload.length > 2);
      fragments.push(payload.subarray(2));
      if (end) nalUnits.push(Buffer.concat(fragments));
      if (end) fragments = [];
    } else if (type === 24) {
      for (let offset = 1; offset < payload.length; ) {
        const size = payload.readUInt16BE(offset);
        nalUnits.push(payload.subarray(offset + 2, offset + 2 + size));
        offset += 2 + size;
      }
    } else {
      nalUnits.push(payload);
    }
  }
  assert.equal(fragments.length, 0);
  return nalUnits;
}
