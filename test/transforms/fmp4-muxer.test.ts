import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Transform } from 'node:stream';
import { describe, it } from 'node:test';
import type { Item } from '../../lib/items.js';
import { Fmp4Muxer } from '../../transforms/fmp4-muxer.js';
import { pps, sps } from '../lib/camera/h264-writer.js';
import { nalUnits, sample } from '../lib/codec/rtp-items.js';
import { type FrameSpec, frames, mux } from '../lib/mp4/mux.js';
import { readMp4 } from '../read-mp4.js';

/** Frames of these presentation times, the first an IDR. */
const at = (...times: number[]): FrameSpec[] => times.map((t, i) => ({ kind: i === 0 ? 'idr' : 'ref', t }));
/** Groups of pictures of so many frames each. */
const groups = (count: number, length: number, step = 3600): FrameSpec[] =>
  Array.from({ length: count * length }, (_, i) => ({ kind: i % length === 0 ? 'idr' : 'ref', t: i * step }));

async function muxed(specs: readonly FrameSpec[], fragmentDurationMs?: number) {
  const units = await frames(specs);
  const result = await mux(units, { fragmentDurationMs, tags: {} });
  return { ...result, units, mp4: readMp4(result.bytes) };
}

describe('Fmp4Muxer', () => {
  it('is a stream.Transform and emits Buffers only', async () => {
    assert.ok(new Fmp4Muxer() instanceof Transform);
    const others: Item[] = [
      { kind: 'fault', code: 'junk', message: 'm' },
      { kind: 'chunk', data: Buffer.of(1), recv: 0n },
    ];
    const { chunks } = await mux([...others, ...(await frames(at(0, 1))), ...others]);
    assert.equal(chunks.length, 2);
    assert.ok(chunks.every((chunk) => Buffer.isBuffer(chunk)));
  });

  it('writes the same without an index, which cannot close the file', async () => {
    const units = await frames(groups(3, 30));
    const [kept, unkept] = [await mux(units, { tags: {} }), await mux(units, { tags: {}, keepIndex: false })];
    assert.ok(kept.closing !== undefined);
    assert.equal(unkept.closing, undefined);
    assert.ok(unkept.bytes.equals(kept.bytes));
  });

  it('records the first H.264 stream, and says once that there is another', async () => {
    const units = await frames(groups(2, 5));
    const other = { ...units[0]!.media, index: 1, control: 'rtsp://camera/password=s3cret/sub' };
    const both = units.flatMap((unit) => [unit, { ...unit, media: other }]);
    const muxer = new Fmp4Muxer({ tags: {} });
    const warnings: string[] = [];
    muxer.on('warning', (message: string) => warnings.push(message));
    for (const unit of both) muxer.write(unit);
    muxer.end();
    const bytes = Buffer.concat((await muxer.toArray()) as Buffer[]);
    assert.ok(bytes.equals((await mux(units, { tags: {} })).bytes));
    assert.deepEqual(warnings, ['another H.264 stream is left out: rtsp://camera/password=***/sub']);
  });

  it('no frames: not a byte', async () => {
    const { bytes, fragments, starts } = await mux([]);
    assert.deepEqual([bytes.length, fragments, starts], [0, [], []]);
  });

  it('Q122 frames without parameter sets: not a byte', async () => {
    const units = await frames(at(0, 3600), '');
    assert.equal((await mux(units)).bytes.length, 0);
  });

  it('Q106 a file of one sample is readable', async () => {
    const { mp4, units } = await muxed(at(777));
    assert.equal(mp4.samples.length, 1);
    const [only] = mp4.samples;
    assert.deepEqual([only!.dts, only!.cts, only!.isSync], [0, 0, true]);
    assert.equal(only!.duration, 3600, 'too short a track is passed over by GStreamer');
    assert.equal(only!.data.toString('latin1'), sample(units[0]!));
  });

  it('Q105, Q106 durations are steps of RTP time, the last is the one before', async () => {
    const { mp4 } = await muxed(at(0, 3600, 9000));
    assert.deepEqual(
      mp4.samples.map(({ dts, cts, duration }) => [dts, cts, duration]),
      [
        [0, 0, 3600],
        [3600, 3600, 5400],
        [9000, 9000, 5400],
      ],
    );
  });

  it('Q106 a gap after loss: the sample before it lasts until the next one', async () => {
    const { mp4 } = await muxed(at(0, 3600, 3600 + 9 * 90_000));
    assert.deepEqual(
      mp4.samples.map(({ duration }) => duration),
      [3600, 9 * 90_000, 9 * 90_000],
    );
  });

  it('Q104 two frames with one timestamp: the first lasts for 0', async () => {
    const { mp4 } = await muxed([
      { kind: 'idr', t: 0 },
      { kind: 'idr', t: 0 },
      { kind: 'ref', t: 3600 },
    ]);
    assert.deepEqual(
      mp4.samples.map(({ dts, duration, isSync }) => [dts, duration, isSync]),
      [
        [0, 0, true],
        [0, 3600, true],
        [3600, 3600, false],
      ],
    );
  });

  it('Q100 RTP time wraps: times go on', async () => {
    const start = 0x1_0000_0000 - 7200;
    const { mp4, units } = await muxed(at(start, start + 3600, start + 7200, start + 10_800));
    assert.deepEqual(
      units.map(({ timestamp }) => timestamp),
      [start, start + 3600, 0, 3600],
    );
    assert.deepEqual(
      mp4.samples.map(({ cts }) => cts),
      [0, 3600, 7200, 10_800],
    );
  });

  it('times beyond 32 bits', async () => {
    const { mp4 } = await muxed(
      Array.from({ length: 8 }, (_, i): FrameSpec => ({ kind: i === 0 ? 'idr' : 'ref', t: i * 800_000_000 })),
      0,
    );
    assert.deepEqual(
      mp4.samples.map(({ dts }) => dts),
      Array.from({ length: 8 }, (_, i) => i * 800_000_000),
    );
  });

  it('Q121 sync flags, and which samples nobody needs', async () => {
    const kinds: FrameSpec['kind'][] = ['idr', 'ref', 'disposable', 'recovery', 'idr'];
    const { mp4 } = await muxed(kinds.map((kind, i) => ({ kind, t: i * 3600 })));
    assert.deepEqual(
      mp4.samples.map(({ isSync, dependedOn }) => [isSync, dependedOn === 2]),
      [
        [true, false],
        [false, false],
        [false, true],
        [false, false],
        [true, false],
      ],
    );
  });

  it('starts at the first IDR, and says so', async () => {
    const specs: FrameSpec[] = [{ kind: 'ref', t: 0 }, { kind: 'disposable', t: 3600 }, ...at(7200, 10_800)];
    const { mp4, starts, units, warnings } = await muxed(specs);
    assert.deepEqual(
      mp4.samples.map(({ dts }) => dts),
      [0, 3600],
    );
    assert.deepEqual([starts.length, starts[0] === units[2], warnings], [1, true, []]);
  });

  it('without random access point it starts after 10 s, with a warning', async () => {
    const specs = Array.from(
      { length: 12 },
      (_, i): FrameSpec => ({ kind: 'ref', t: i * 90_000, recv: BigInt(i) * 1_000_000_000n }),
    );
    const { mp4, warnings } = await muxed(specs);
    assert.equal(mp4.samples.length, 2);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /no random access point/);
  });

  it('takes the first H.264 stream that it sees and no other', async () => {
    const first = await frames(at(0, 3600));
    const second = await frames(at(0, 3600, 7200));
    const { bytes } = await mux([first[0]!, second[0]!, first[1]!, second[1]!, second[2]!]);
    assert.equal(readMp4(bytes).samples.length, 2);
  });

  it('Q128 parameters change in mid-stream: the new sets are in the samples, every NAL unit as sent', async () => {
    const sets = [Buffer.from('674d401e9a640501eff35010101400000fa00001388010', 'hex'), pps(0)];
    const { mp4, units } = await muxed([
      { kind: 'idr', t: 0, sets: [sps(), pps()] },
      { kind: 'ref', t: 3600 },
      { kind: 'idr', t: 7200, sets },
      { kind: 'ref', t: 10_800 },
    ]);
    assert.deepEqual(
      mp4.samples.map(({ data }) => data.toString('latin1')),
      units.map(sample),
    );
    assert.deepEqual(nalUnits(units[2]!).slice(0, 2), sets);
    assert.equal(mp4.file.moov.traks[0]!.mdia.minf.stbl.stsd.entries.length, 1, 'in band while the file is fragmented');
  });

  it('fragments begin at random access points where groups of pictures fit', async () => {
    const { fragments } = await muxed(groups(8, 10), 1000);
    assert.deepEqual(
      fragments.map(({ startsWithSync, samples, duration }) => [startsWithSync, samples, duration]),
      Array.from({ length: 4 }, () => [true, 20, 72_000]),
    );
  });

  it('fragments of a stream without IDR begin at recovery points', async () => {
    const specs = groups(4, 25).map(({ kind, t }): FrameSpec => ({ kind: kind === 'idr' ? 'recovery' : 'ref', t }));
    const { fragments, mp4 } = await muxed(specs, 1100);
    assert.deepEqual(
      fragments.map(({ decodeTime }) => decodeTime),
      [0, 90_000, 180_000, 270_000],
    );
    assert.equal(mp4.samples.length, 100);
  });

  it('fragments of a long group of pictures end at the limit', async () => {
    const { fragments } = await muxed(groups(2, 60), 1000);
    assert.deepEqual(
      fragments.map(({ samples, startsWithSync }) => [samples, startsWithSync]),
      [
        [25, true],
        [25, false],
        [10, false],
        [25, true],
        [25, false],
        [10, false],
      ],
    );
  });

  for (const [ms, expected] of [
    [0, 40],
    [200, 8],
    [1000, 2],
    [5000, 1],
  ] as const) {
    it(`fragments of at most ${ms} ms`, async () => {
      const { fragments, mp4, units } = await muxed(groups(2, 20), ms);
      assert.equal(fragments.length, expected);
      assert.deepEqual(
        mp4.samples.map(({ data, dts }) => [data.toString('latin1'), dts]),
        units.map((unit) => [sample(unit), unit.extendedTimestamp]),
      );
    });
  }

  it('a fragment holds at most 4096 samples and about 64 MiB', async () => {
    const many = await muxed(at(...Array.from({ length: 5000 }, () => 0)), 1000);
    assert.deepEqual(
      many.fragments.map(({ samples }) => samples),
      [4096, 904],
    );
    const large = await muxed(
      at(0, 0, 0, 0).map((spec) => ({ ...spec, size: 30 * 1024 * 1024 })),
      1000,
    );
    assert.deepEqual(
      large.fragments.map(({ samples }) => samples),
      [3, 1],
    );
  });

  it('events tell where each fragment lies', async () => {
    const { bytes, fragments, chunks } = await muxed(groups(3, 25), 1000);
    let offset = chunks[0]!.length;
    for (const [i, { length, ...event }] of fragments.entries()) {
      assert.equal(event.offset, offset);
      assert.equal(length, chunks[i + 1]!.length);
      assert.equal(bytes.toString('latin1', offset + 4, offset + 8), 'moof');
      const moof = bytes.readUInt32BE(offset);
      assert.equal(bytes.toString('latin1', offset + moof + 4, offset + moof + 8), 'mdat');
      assert.equal(moof + bytes.readUInt32BE(offset + moof), length);
      assert.deepEqual([event.decodeTime, event.duration, event.timescale], [i * 90_000, 90_000, 90_000]);
      offset += length;
    }
    assert.equal(offset, bytes.length);
  });

  it('with a fragment duration of 0 each frame leaves when the next one has come', async () => {
    const units = await frames(at(0, 3600, 7200, 7200, 10_800));
    const muxer = new Fmp4Muxer({ fragmentDurationMs: 0, tags: {} });
    let fragments = 0;
    muxer.on('fragment', ({ samples }: { samples: number }) => {
      fragments++;
      assert.equal(samples, 1);
    });
    muxer.resume();
    const counts: number[] = [];
    for (const unit of units) {
      muxer.write(unit);
      await new Promise((resolve) => setImmediate(resolve));
      counts.push(fragments);
    }
    assert.deepEqual(counts, [0, 1, 2, 3, 4]);
    muxer.end();
    await once(muxer, 'end');
    assert.equal(fragments, 5);
  });

  it('leaves the units as they were', async () => {
    const units = await frames(groups(2, 5));
    const before = units.map(sample);
    for (const unit of units) Object.freeze(unit);
    await mux(units, { fragmentDurationMs: 0 });
    assert.deepEqual(units.map(sample), before);
  });
});
