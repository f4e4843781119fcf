import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annexBScript } from '../../../lib/camera/annexb-script.js';
import { AUD, annexB, pps, RECOVERY_SEI, slice, sps } from './h264-writer.js';

test('access units, packets, times and the SDP’s parameters', () => {
  const data = annexB(
    AUD,
    sps(),
    pps(),
    slice('idr', 0, { size: 30 }),
    slice('idr', 0, { firstMb: 2 }),
    AUD,
    slice('ref', 2),
  );
  const script = annexBScript(data, 'x.h264', { frameRate: 10, maxPayload: 20 });
  assert.equal(script.durationNs, 200e6);
  const [media] = script.media;
  assert.equal(
    media!.fmtp,
    `packetization-mode=1;profile-level-id=4D001E;sprop-parameter-sets=${sps().toString('base64')},${pps().toString('base64')}`,
  );
  assert.deepEqual(
    media!.packets.map(({ payload, marker, timestamp, sequence, offsetNs }) => [
      payload[0]! & 31,
      marker,
      timestamp,
      sequence,
      offsetNs / 1e6,
    ]),
    [
      [9, false, 0, 0, 0],
      [24, false, 0, 1, 0],
      [28, false, 0, 2, 0],
      [28, false, 0, 3, 0],
      [5, true, 0, 4, 0],
      [9, false, 9000, 5, 100],
      [1, true, 9000, 6, 100],
    ],
  );
});

test('B-frames: times of presentation, sent in decoding order and never before their time', () => {
  const data = annexB(sps(), pps(), slice('idr', 0), slice('ref', 6), slice('disposable', 2), slice('disposable', 4));
  const { packets } = annexBScript(data, 'b').media[0]!;
  const pictures = packets.filter(({ marker }) => marker);
  assert.deepEqual(
    pictures.map(({ timestamp }) => timestamp / 3600),
    [0, 3, 1, 2],
  );
  assert.deepEqual(
    pictures.map(({ offsetNs }) => offsetNs / 40e6),
    [2, 3, 4, 5],
  );
});

test('starts where decoding can: IDR, recovery point, else the first picture', () => {
  const first = (...nalUnits: Buffer[]) =>
    annexBScript(annexB(...nalUnits), 'x').media[0]!.packets[0]!.payload.toString('hex');
  assert.equal(first(sps(), pps(), slice('ref', 2), AUD, slice('idr', 0)), '09f0');
  assert.equal(first(sps(), pps(), slice('ref', 2), RECOVERY_SEI, slice('ref', 4)), RECOVERY_SEI.toString('hex'));
  assert.match(first(sps(), pps(), slice('ref', 2), slice('ref', 4)), /^78/);
});

test('NAL unit types that RTP uses for itself are left out', () => {
  const script = annexBScript(
    annexB(sps(), pps(), slice('idr', 0), Buffer.from('18aa', 'hex'), Buffer.from('1caa', 'hex')),
    'x',
  );
  assert.equal(script.media[0]!.packets.length, 2);
});

for (const [title, data] of [
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('not a video')],
  ['parameter sets alone', annexB(sps(), pps())],
  ['a picture without parameter sets', annexB(slice('idr', 0))],
  ['zeros that no byte stream has', Buffer.concat([annexB(sps()), Buffer.from('0000000005', 'hex')])],
] as const) {
  test(`refused: ${title}`, () => {
    assert.throws(() => annexBScript(data, 'clip.h264'), { code: 'camera-script', message: /clip\.h264/ });
  });
}

test('a frame rate out of range is refused', () => {
  for (const frameRate of [0, -1, 1001, Number.NaN])
    assert.throws(() => annexBScript(Buffer.alloc(0), 'x', { frameRate }), RangeError);
});
