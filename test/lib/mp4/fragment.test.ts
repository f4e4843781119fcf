import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nalUnit } from '../../../lib/codec/h264-nal.js';
import { DISPOSABLE_FLAG, FragmentBuilder, NON_SYNC_FLAGS, SYNC_FLAGS } from '../../../lib/mp4/fragment.js';
import { type FrameSpec, frames, mux } from './mux.js';

const specs = Array.from(
  { length: 300 },
  (_, i): FrameSpec => ({ kind: i % 30 === 0 ? 'idr' : 'ref', t: i * 3600, size: 10 + ((i * 7919) % 3000) }),
);

describe('FragmentBuilder', () => {
  it('writes what ISO/IEC 14496-12 prescribes, byte for byte', () => {
    const builder = new FragmentBuilder(1, Buffer.alloc);
    builder.add([nalUnit(Buffer.from('6588aa', 'hex'))], { duration: 3600, compositionOffset: 0, flags: SYNC_FLAGS });
    const parts = [Buffer.from('01', 'hex'), Buffer.from('9e', 'hex')];
    const pieces = { type: 1, refIdc: 0, parts, byteLength: 2 };
    const flags = NON_SYNC_FLAGS | DISPOSABLE_FLAG;
    builder.add([nalUnit(Buffer.from('09f0', 'hex')), pieces], { duration: 1800, compositionOffset: -2, flags });
    const expected = [
      '00000078 6d6f6f66', // moof
      '00000010 6d666864 00000000 00000007', // mfhd: sequence number
      '00000060 74726166', // traf
      '00000010 74666864 00020000 00000001', // tfhd: default-base-is-moof, track
      '00000014 74666474 01000000 00000003 00000005', // tfdt: 64-bit time
      '00000034 7472756e 01000f01 00000002 00000080', // trun: signed offsets, 2 samples, data offset
      '00000e10 00000007 02000000 00000000',
      '00000708 0000000c 01810000 fffffffe',
      '0000001b 6d646174', // mdat
      '00000003 6588aa',
      '00000002 09f0 00000002 019e',
    ];
    const data = builder.finish(7, 3 * 2 ** 32 + 5);
    assert.equal(data.toString('hex'), expected.join('').replaceAll(' ', ''));
    assert.equal(builder.samples, 0);
  });

  it('writes the same into used memory of any size', async () => {
    const units = await frames(specs);
    for (const fragmentDurationMs of [0, 300, 1000]) {
      const expected = (await mux(units, { fragmentDurationMs, tags: {} })).bytes;
      for (const more of [0, 1, 5000]) {
        const allocate = (bytes: number): Buffer => Buffer.alloc(bytes + more, 0xee);
        const found = (await mux(units, { fragmentDurationMs, tags: {}, allocate })).bytes;
        assert.ok(found.equals(expected), `${fragmentDurationMs} ms, ${more} bytes more`);
      }
    }
  });

  it('copies the media when they are added: what held them may be used again', async () => {
    const builder = new FragmentBuilder(1, Buffer.alloc);
    const data = Buffer.from('6588aabb', 'hex');
    builder.add([nalUnit(data)], { duration: 1, compositionOffset: 0, flags: SYNC_FLAGS });
    data.fill(0);
    assert.equal(builder.finish(1, 0).subarray(-4).toString('hex'), '6588aabb');
  });

  it('asks for memory by the fragments before: much where a picture that can be decoded by itself comes first, else little', () => {
    const asked: number[] = [];
    const builder = new FragmentBuilder(1, (bytes) => {
      asked.push(bytes);
      return Buffer.alloc(bytes);
    });
    const sizes: number[] = [];
    for (let i = 0; i < 10; i++) {
      for (const [flags, size] of [
        [SYNC_FLAGS, 500_000],
        [NON_SYNC_FLAGS, 40_000],
      ] as const) {
        asked.length = 0;
        builder.add([nalUnit(Buffer.alloc(size, 0x41))], { duration: 1, compositionOffset: 0, flags });
        builder.add([nalUnit(Buffer.alloc(size / 10, 0x41))], { duration: 1, compositionOffset: 0, flags });
        sizes.push(builder.finish(1, 0).length);
        if (i === 0) continue;
        assert.equal(asked.length, 1, 'never moved');
        assert.ok(asked[0]! < 1.5 * sizes.at(-1)!, `${asked[0]} bytes for ${sizes.at(-1)}`);
      }
    }
  });
});
