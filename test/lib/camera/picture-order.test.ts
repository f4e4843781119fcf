import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presentationOrder } from '../../../lib/camera/picture-order.js';
import { nalUnit } from '../../../lib/codec/h264-nal.js';
import { pps, slice, sps } from './h264-writer.js';

const SETS = [nalUnit(sps()), nalUnit(pps())];
const units = (...slices: Buffer[]) => slices.map((data) => [nalUnit(data)]);

test('pictures without reordering', () => {
  assert.deepEqual(presentationOrder(units(slice('idr', 0), slice('ref', 2), slice('ref', 4)), SETS), [0, 1, 2]);
});

test('B-frames, a pyramid of them, and the next IDR', () => {
  const pictures = [
    slice('idr', 0),
    slice('ref', 8),
    slice('ref', 4),
    slice('disposable', 2),
    slice('disposable', 6),
    slice('idr', 0),
  ];
  assert.deepEqual(presentationOrder(units(...pictures), SETS), [0, 4, 2, 1, 3, 5]);
});

test('the 4-bit order wraps, forwards and for pictures before the wrap', () => {
  const orders = [0, 6, 4, 2, 12, 10, 8, 18, 16, 14, 24, 22, 20, 30];
  const pictures = orders.map((order, i) => slice(i === 0 ? 'idr' : i % 3 === 1 ? 'ref' : 'disposable', order));
  assert.deepEqual(
    presentationOrder(units(...pictures), SETS),
    orders.map((order) => [...orders].sort((a, b) => a - b).indexOf(order)),
  );
});

for (const syntax of [{ separatePlanes: true }, { fields: true }]) {
  test(`what stands in a slice header ahead of the order: ${JSON.stringify(syntax)}`, () => {
    const sets = [nalUnit(sps(syntax)), nalUnit(pps())];
    const pictures = [slice('idr', 0, syntax), slice('ref', 4, syntax), slice('disposable', 2, syntax)];
    assert.deepEqual(presentationOrder(units(...pictures), sets), [0, 2, 1]);
  });
}

test('order type 2, and missing parameter sets: as sent', () => {
  const typeTwo = [nalUnit(sps({ orderType: 2 })), nalUnit(pps())];
  const pictures = units(
    slice('idr', 0, { orderType: 2 }),
    slice('ref', 0, { orderType: 2 }),
    slice('ref', 0, { orderType: 2 }),
  );
  assert.deepEqual(presentationOrder(pictures, typeTwo), [0, 1, 2]);
  assert.deepEqual(presentationOrder(units(slice('idr', 0), slice('ref', 4), slice('disposable', 2)), []), [0, 1, 2]);
  const otherSps = [nalUnit(sps({ id: 1 })), nalUnit(pps(0, 2))];
  assert.deepEqual(
    presentationOrder(units(slice('idr', 0), slice('ref', 4), slice('disposable', 2)), otherSps),
    [0, 1, 2],
  );
});

test('damage of any kind still gives each picture one place', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((data) => nalUnit(Buffer.from(data)));
  fc.assert(
    fc.property(fc.array(bytes), fc.array(bytes), (sets, slices) => {
      const order = presentationOrder(
        slices.map((nal) => [nal]),
        [...SETS, ...sets],
      );
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        slices.map((_, i) => i),
      );
    }),
  );
});
