import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import type { AccessUnit, Item } from '../../lib/items.js';
import { Fmp4Muxer, tee } from '../../transforms/index.js';
import { video } from '../lib/codec/rtp-items.js';
import { audioRun, merged, pictures, playing, session } from '../lib/mp4/audio.js';
import { readMp4 } from '../read-mp4.js';

/** A sink that takes what it is given at once, except between two numbers of items, when it takes nothing. */
class Stalling extends Writable {
  readonly got: (Item | Buffer)[] = [];
  private held: (() => void) | undefined;

  constructor(private readonly from: number) {
    super({ objectMode: true, highWaterMark: 1 });
  }

  override _write(item: Item | Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.got.push(item);
    if (this.got.length === this.from) this.held = callback;
    else callback();
  }

  /** Takes what waits, and all that follows. */
  release(): void {
    this.held?.();
    this.held = undefined;
  }
}

/** Writes items to a tee whose branch stalls at one and is let go ahead of another; returns what the branch got. */
async function branch(items: readonly (Item | Buffer)[], stallAt: number, releaseAt: number, maxBytes: number) {
  const sink = new Stalling(stallAt);
  const stage = tee(sink, { maxBytes });
  stage.resume();
  for (const [i, item] of items.entries()) {
    if (i === releaseAt) sink.release();
    stage.write(item);
    await new Promise((resolve) => setImmediate(resolve));
  }
  stage.end();
  await new Promise((resolve) => sink.once('finish', resolve));
  return { got: sink.got, dropped: stage.dropped };
}

async function muxed(items: readonly Item[], fragmentDurationMs = 200): Promise<Buffer[]> {
  const muxer = new Fmp4Muxer({ fragmentDurationMs, tags: {} });
  for (const item of items) muxer.write(item);
  muxer.end();
  return (await muxer.toArray()) as Buffer[];
}

/** Whose fragment it is: V begins at a key frame, v goes on, a is audio. */
const kindOf = (data: Buffer): string => {
  if (data.toString('latin1', 4, 8) !== 'moof') return 'init';
  if (readMp4(Buffer.concat([init!, data])).tracks[1]!.samples.length > 0) return 'a';
  return readMp4(Buffer.concat([init!, data])).samples[0]!.isSync ? 'V' : 'v';
};
let init: Buffer | undefined;

describe('tee behind the muxer', () => {
  it('drops audio fragments with the group of pictures that they belong to', async () => {
    const chunks = await muxed([session(), ...merged(await pictures(200, 25), audioRun(370))]);
    init = chunks[0]!;
    const kinds = chunks.map(kindOf).join(' ');
    assert.ok(kinds.startsWith('init V a v a v a v a v a V a v a'), kinds);
    for (let releaseAt = 20; releaseAt < 40; releaseAt++) {
      const { got, dropped } = await branch(chunks, 12, releaseAt, 3000);
      assert.ok(dropped.gaps === 1 && dropped.items > 0, JSON.stringify(dropped));
      const seen = (got as Buffer[]).map((chunk) => chunks.indexOf(chunk));
      const gap = seen.findIndex((at, i) => i > 0 && at !== seen[i - 1]! + 1);
      assert.equal(kindOf(chunks[seen[gap]!]!), 'V', 'goes on at a key frame');
      const { tracks } = readMp4(Buffer.concat(got as Buffer[]));
      assert.ok(tracks.every(({ samples }) => samples.length > 0));
    }
  });

  it('goes on at a recovery point where there are no other key frames, Q121', async () => {
    const units = (await pictures(200, 25)).map(
      (unit, i): AccessUnit => (i % 25 === 0 ? { ...unit, randomAccess: 'recovery' } : unit),
    );
    const chunks = await muxed([playing(video()), ...units]);
    const { got, dropped } = await branch(chunks, 5, 20, 2000);
    assert.equal(dropped.gaps, 1);
    assert.ok(got.length > 10 && got.at(-1) === chunks.at(-1), `${got.length} of ${chunks.length}`);
    const { samples } = readMp4(Buffer.concat(got as Buffer[]));
    assert.ok(samples.every(({ isSync }) => !isSync));
  });

  it('goes on although every group begins with more than may wait', async () => {
    const chunks = await muxed([playing(video()), ...(await pictures(200, 5))]);
    const { got, dropped } = await branch(chunks, 5, 20, 10);
    assert.ok(dropped.items > 0);
    assert.equal(got.at(-1), chunks.at(-1));
    assert.ok(got.length > chunks.length / 2, `${got.length} of ${chunks.length}`);
  });

  it('of audio alone goes on at any fragment', async () => {
    const chunks = await muxed([playing({ ...video(), setup: undefined }, audioRun(1)[0]!.media), ...audioRun(400)]);
    const { got, dropped } = await branch(chunks, 5, 20, 2000);
    assert.equal(dropped.gaps, 1);
    assert.equal(got.length + dropped.items, chunks.length);
    assert.equal(got.at(-1), chunks.at(-1));
    assert.ok(got.includes(chunks[20]!));
  });
});

describe('a tee whose branch fails', () => {
  it('says so once, and passes everything on', async () => {
    const items = await pictures(50);
    const failure = new Error('no more');
    const sink = new Writable({ objectMode: true, write: (_item, _encoding, callback) => callback(failure) });
    const stage = tee(sink);
    const errors: Error[] = [];
    stage.on('branchError', (error: Error) => errors.push(error));
    const passed: Item[] = [];
    stage.on('data', (item: Item) => passed.push(item));
    for (const item of items) {
      stage.write(item);
      await new Promise((resolve) => setImmediate(resolve));
    }
    stage.end();
    await once(stage, 'end');
    assert.deepEqual(errors, [failure]);
    assert.deepEqual(passed, items);
  });
});

describe('tee ahead of the muxer', () => {
  it('drops audio frames up to the next key frame', async () => {
    const items = merged(await pictures(200, 25), audioRun(370));
    const { got } = await branch(items, 50, 120, 4000);
    const gap = got.findIndex(
      (item, i) => i > 0 && items.indexOf(item as Item) !== items.indexOf(got[i - 1] as Item) + 1,
    );
    const next = got[gap] as Item;
    assert.ok(next.kind === 'accessUnit' && next.randomAccess === 'idr');
  });

  it('of audio alone goes on at any frame', async () => {
    const items = audioRun(200);
    const { got, dropped } = await branch(items, 50, 120, 4000);
    assert.ok(dropped.items > 0);
    assert.ok(got.includes(items[120]!) && got.at(-1) === items.at(-1));
  });
});
