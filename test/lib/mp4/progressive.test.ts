import assert from 'node:assert/strict';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { H264Parameters } from '../../../lib/codec/h264-parameters.js';
import type { Item } from '../../../lib/items.js';
import { NON_SYNC_FLAGS, SYNC_FLAGS } from '../../../lib/mp4/fragment.js';
import { type Closing, closeMovie } from '../../../lib/mp4/progressive.js';
import { SampleIndex } from '../../../lib/mp4/sample-index.js';
import { packageFile } from '../../../lib/version.js';
import { Fmp4Muxer } from '../../../transforms/fmp4-muxer.js';
import { readMp4 } from '../../read-mp4.js';
import { aac, usableConfig } from '../codec/audio-items.js';
import { frames, overwritten, replay } from './mux.js';

interface Finished {
  /** Fragmented, as it is recorded. */
  readonly bytes: Buffer;
  readonly closing: Closing;
  /** Ends of the initialization segment and the fragments. */
  readonly ends: readonly number[];
}

async function record(items: Iterable<Item>): Promise<Finished> {
  const muxer = new Fmp4Muxer();
  const chunks = (await Readable.from(items).pipe(muxer).toArray()) as Buffer[];
  let end = 0;
  const ends = chunks.map(({ length }) => {
    end += length;
    return end;
  });
  return { bytes: Buffer.concat(chunks), closing: muxer.closing!, ends };
}

const close = ({ bytes, closing }: Finished): Buffer => closing.reduce(overwritten, bytes);

const plain = (bytes: Buffer): unknown[] =>
  readMp4(bytes).samples.map(({ data, dts, cts, duration, isSync }) => ({ data, dts, cts, duration, isSync }));

const names = (await readdir(packageFile('fixtures/'))).filter((name) => name.endsWith('.pcap'));
for (const name of names) {
  test(`closing ${name} keeps every sample, its times and its bytes`, async () => {
    const finished = await record(await replay(fileURLToPath(packageFile(`fixtures/${name}`))));
    const closed = close(finished);
    assert.deepEqual(plain(closed), plain(finished.bytes));
    assert.deepEqual(
      readMp4(closed).boxes.map(({ type }) => type),
      ['ftyp', 'mdat', 'moov'],
    );
    // Nothing but the sixteen bytes has changed.
    assert.deepEqual(closed.subarray(56, finished.bytes.length), finished.bytes.subarray(56));
    assert.equal(finished.bytes.toString('latin1', 44, 48), 'free');
  });
}

test('whatever byte a recording is cut at, the whole fragments before it are a file of their own', async () => {
  const { bytes, ends } = await record(
    await frames(Array.from({ length: 8 }, (_, i) => ({ kind: i % 2 === 0 ? 'idr' : 'ref', t: i * 90_000 }))),
  );
  const all = plain(bytes);
  for (let cut = ends[0]!; cut <= bytes.length; cut++) {
    const whole = plain(
      bytes.subarray(
        0,
        ends.findLast((end) => end <= cut),
      ),
    );
    assert.deepEqual(whole, all.slice(0, whole.length));
    assert.ok(whole.length >= ends.filter((end) => end <= cut).length - 1);
  }
});

const sets = (byte: number): H264Parameters => ({
  sps: [Buffer.from('674d001e95a82d0f69b808080810', 'hex')],
  pps: [Buffer.of(0x68, byte)],
  info: {
    id: 0,
    profileIdc: 77,
    constraintFlags: 0,
    levelIdc: 30,
    codec: 'avc1.4D001E',
    chromaFormatIdc: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    width: 704,
    height: 480,
    picOrderCntType: 2,
    picOrderCntLsbBits: 0,
    frameNumBits: 4,
    separateColourPlanes: false,
    frameMbsOnly: true,
    trailingBytes: false,
  },
});
const options = { creationTime: 0n, tags: {} };
const track = (index: SampleIndex) => ({ id: 1, timescale: 90_000, index });
const times = (i: number) => ({
  duration: 3000,
  compositionOffset: 0,
  flags: i % 30 === 0 ? SYNC_FLAGS : NON_SYNC_FLAGS,
});

test('parameter changes: one description per distinct pair, chunks never mix them', () => {
  const index = new SampleIndex();
  const [a, b] = [sets(1), sets(2)];
  // Two fragments: a a b | b a' a, where a' equals a without being it.
  for (const parameters of [a, a, b]) index.add(10, times(0), parameters);
  index.place(1000);
  for (const parameters of [b, sets(1), a]) index.add(20, times(1), parameters);
  index.place(5000);
  assert.equal(index.descriptions.length, 2);
  assert.deepEqual(index.chunks, [
    { offset: 1000, samples: 2, description: 0 },
    { offset: 1020, samples: 1, description: 1 },
    { offset: 5000, samples: 1, description: 1 },
    { offset: 5020, samples: 2, description: 0 },
  ]);
  const file = Buffer.alloc(6000);
  Buffer.from('000000286674797069736f6d0000020069736f6d', 'hex').copy(file);
  const { samples } = readMp4(closeMovie([track(index)], 6000, options).reduce(overwritten, file));
  assert.deepEqual(
    samples.map(({ offset, description }) => [offset, description]),
    [
      [1000, 0],
      [1010, 0],
      [1020, 1],
      [5000, 1],
      [5020, 0],
      [5040, 0],
    ],
  );
});

test('beyond 4 GB: chunk offsets and the mdat header have 64 bits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'retina-record-sparse-'));
  const path = join(folder, 'sparse.mp4');
  try {
    const index = new SampleIndex();
    const far = 5_000_000_000;
    index.add(8, times(0), sets(1));
    index.place(100);
    index.add(8, times(1), sets(1));
    index.place(far);
    const closing = closeMovie([track(index)], far + 8, options);
    const [{ data: moov, position }, , length, header] = closing;
    assert.equal(position, far + 8);
    assert.deepEqual(
      [length.position, length.data.readBigUInt64BE()],
      [header.position + 8, BigInt(far + 8 - header.position)],
    );
    assert.equal(moov.indexOf('co64') > 0, true);
    const at = moov.indexOf('co64') + 12;
    assert.deepEqual([moov.readBigUInt64BE(at), moov.readBigUInt64BE(at + 8)], [100n, BigInt(far)]);
    const file = await open(path, 'w');
    for (const { data, position: at } of closing) await file.write(data, 0, data.length, at);
    const { size } = await file.stat();
    await file.close();
    assert.equal(size, far + 8 + moov.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('closing an hour of video and audio takes less than 200 ms', () => {
  const parameters = sets(1);
  const [video, audio] = [new SampleIndex(), new SampleIndex()];
  const hour = 3600;
  for (let second = 0; second < hour; second++) {
    // Durations that differ from sample to sample, and reordered pictures, make the largest tables.
    for (let i = 0; i < 30; i++) {
      video.add(
        33_000 + (i % 7),
        { ...times(i), duration: 2999 + (i % 3), compositionOffset: 3000 * (i % 4) },
        parameters,
      );
    }
    video.place(1_200_000 * second);
    for (let i = 0; i < 47; i++) audio.add(300 + i, { ...times(0), duration: 1023 + (i % 3) }, undefined);
    audio.place(1_200_000 * second + 1_100_000);
  }
  const config = usableConfig(aac());
  const tracks = [track(video), { id: 2, timescale: 48_000, index: audio, audio: config, startTicks: 480 }];
  const ms = [1, 2, 3, 4, 5].map(() => {
    const start = performance.now();
    const [moov] = closeMovie(tracks, 4e9, options);
    assert.ok(moov.data.length > 30 * hour * (4 + 8 + 8) + 47 * hour * (4 + 8));
    return performance.now() - start;
  });
  const median = ms.toSorted((a, b) => a - b)[2]!;
  assert.ok(median < 200, `${ms.map((value) => value.toFixed(0)).join(', ')} ms`);
});
