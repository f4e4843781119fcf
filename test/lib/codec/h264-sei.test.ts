import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nalUnit } from '../../../lib/codec/h264-nal.js';
import { hasRecoveryPoint, parseSei } from '../../../lib/codec/h264-sei.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('parseSei', () => {
  it('reads several messages', () => {
    assert.deepEqual(parseSei(hex('06 0402b500 0603010203 80')), [
      { type: 4, payload: hex('b500') },
      { type: 6, payload: hex('010203') },
    ]);
  });

  it('reads types and sizes of 255 and more', () => {
    for (const size of [254, 255, 256, 509, 510, 511]) {
      const payload = Buffer.alloc(size, 0xab);
      const coded = [...Array.from({ length: Math.floor(size / 255) }, () => 255), size % 255];
      const nal = Buffer.concat([Buffer.of(6, 255, 45, ...coded), payload, Buffer.of(0x80)]);
      assert.deepEqual(parseSei(nal), [{ type: 300, payload }]);
    }
  });

  it('leaves emulation prevention bytes out of the payload and its size', () => {
    assert.deepEqual(parseSei(hex('06 0405 000003000003 01 0601 84 80')), [
      { type: 4, payload: hex('0000000001') },
      { type: 6, payload: hex('84') },
    ]);
    assert.deepEqual(parseSei(hex('06 0403 00000300 0601 84 80')), [
      { type: 4, payload: hex('000000') },
      { type: 6, payload: hex('84') },
    ]);
  });

  it('ends at a message cut short', () => {
    assert.deepEqual(parseSei(hex('06 0401ff 0510 0102 80')), [{ type: 4, payload: hex('ff') }]);
    for (const cut of ['', '06', '06ff', '06ffff', '0605', '0605ff', '060580'])
      assert.deepEqual(parseSei(hex(cut)), []);
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rest) => {
        const total = parseSei(Buffer.from([6, ...rest])).reduce((sum, { payload }) => sum + payload.length + 2, 0);
        assert.ok(total <= rest.length);
      }),
    );
  });
});

describe('hasRecoveryPoint', () => {
  const CASES: [title: string, nal: string, answer: boolean][] = [
    ['alone', '06 060184 80', true],
    ['behind another message', '06 0402b500 060184 80', true],
    ['behind a message with emulation prevention', '06 0104 00000300 01 060184 80', true],
    ['in fragments', '06 0402b500 060184 80', true],
    ['another message', '06 0401 84 80', false],
    ['bytes that look like one within another message', '06 0503 060184 80', false],
    ['no SEI', '61 060184 80', false],
  ];
  for (const [title, bytes, answer] of CASES) {
    it(title, () => {
      const data = hex(bytes);
      const nal = nalUnit(data);
      const parts = title === 'in fragments' ? [data.subarray(0, 4), data.subarray(4)] : [data];
      assert.equal(hasRecoveryPoint({ ...nal, parts }), answer);
    });
  }
});
