import assert from 'node:assert/strict';
import { Transform } from 'node:stream';
import { describe, it } from 'node:test';
import type { Item } from '../../lib/items.js';
import { unixNsToNtp } from '../../lib/time/ntp.js';
import { H264Depacketizer } from '../../transforms/h264-depacketizer.js';
import { SeiInjector } from '../../transforms/sei-injector.js';
import {
  hexUnits,
  type PacketSpec,
  rtpPackets,
  sample,
  senderReport,
  sorted,
  through,
  video,
} from '../lib/codec/rtp-items.js';
import { readTiming } from '../read-timing.js';

const FMTP = 'sprop-parameter-sets=Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=,aO48gA==';
const media = video(FMTP);
const audio = { ...video(undefined, 1), type: 'audio', encodingName: 'pcma' };

/** Timing of the units that come out; packets are given as specs, everything else as items. */
async function timings(list: readonly (PacketSpec | Item)[]) {
  let n = 0;
  const items = list.map((entry): Item => {
    if ('kind' in entry) return entry;
    n++;
    return { ...rtpPackets(media, [entry])[0]!, sequenceNumber: n, recv: entry.recv ?? BigInt(n) * 1_000_000_000n };
  });
  const { units } = sorted(await through([new H264Depacketizer(), new SeiInjector()], items));
  return units.map((unit) => readTiming(Buffer.from(sample(unit), 'latin1')));
}

const idr = (t: number): PacketSpec => ({ p: '65 88', t, m: true });
const ref = (t: number): PacketSpec => ({ p: '61 9a', t, m: true });
const report = (ntp: bigint, rtp: number) => senderReport(media, ntp, rtp, ntp * 10n);

describe('SeiInjector', () => {
  it('is a stream.Transform and passes everything else on by identity, in order', async () => {
    const stage = new SeiInjector();
    assert.ok(stage instanceof Transform);
    const items: Item[] = [
      { kind: 'presentation', media: [media], url: 'a', baseUrl: 'b', controlUrl: 'c' },
      report(1n, 2),
      { kind: 'bye', media, ssrcs: [1], recv: 0n },
      { kind: 'fault', code: 'junk', message: 'm' },
      { kind: 'chunk', data: Buffer.of(1), recv: 0n },
    ];
    const out = await through(stage, items);
    assert.equal(out.length, items.length);
    for (const [i, item] of out.entries()) assert.equal(item, items[i]);
  });

  it('puts one 89H into every frame: the RTP timestamp as sent, when the last packet came', async () => {
    const found = await timings([
      { p: '65 88', t: 0xffff_ff00, recv: 1n },
      { p: '65 40', t: 0xffff_ff00, recv: 1_700_000_000_123_456_789n, m: true },
      { p: '61 9a', t: 0x1_0000_0100, recv: 1_700_000_001_000_000_000n, m: true },
    ]);
    assert.deepEqual(
      found.map(({ frames }) => frames),
      [
        [{ recv: unixNsToNtp(1_700_000_000_123_456_789n), rtp: 0xffff_ff00 }],
        [{ recv: unixNsToNtp(1_700_000_001_000_000_000n), rtp: 0x100 }],
      ],
    );
  });

  it('Q99 two video reports and one of audio before a frame: those of the video, in order of arrival', async () => {
    const found = await timings([
      idr(0),
      report(100n, 1),
      senderReport(audio, 200n, 2),
      report(300n, 3),
      ref(3000),
      ref(6000),
    ]);
    assert.deepEqual(
      found.map(({ reports }) => reports.map(({ ntp, rtp, recv }) => [ntp, rtp, recv])),
      [
        [],
        [
          [100n, 1, unixNsToNtp(1000n)],
          [300n, 3, unixNsToNtp(3000n)],
        ],
        [],
      ],
    );
    assert.deepEqual(found[1]!.order, ['o8B', 'o8B', '89H', '1']);
  });

  it('a report that comes between a frame and the next goes into the next, though the frame is held back', async () => {
    const found = await timings([idr(0), report(1n, 1), ref(3000)]);
    assert.deepEqual(
      found.map(({ reports }) => reports.length),
      [0, 1],
    );
  });

  it('reports from before the start of the recording go into its first frame, none is lost', async () => {
    const found = await timings([report(1n, 1), ref(0), report(2n, 2), ref(3000), idr(6000), ref(9000)]);
    assert.deepEqual(
      found.map(({ reports }) => reports.map(({ ntp }) => ntp)),
      [[], [], [1n, 2n], []],
    );
  });

  it('reports wait for a frame that is written: not one of delimiters alone', async () => {
    const found = await timings([idr(0), report(1n, 1), { p: '09f0', t: 3000, m: true }, ref(6000)]);
    assert.deepEqual(
      found.map(({ reports }) => reports.map(({ ntp }) => ntp)),
      [[], [], [1n]],
    );
  });

  it('keeps 64 reports while no frame comes, and says which are left out: the oldest', async () => {
    const many = Array.from({ length: 70 }, (_, i) => report(BigInt(i), i));
    const items = many.map((one) => ({ ...one, media })) as Item[];
    const faults = sorted(await through(new SeiInjector(), items)).faults;
    assert.equal(faults.length, 6);
    assert.match(faults[0]!.message, /more than the cap of 64 sender reports/);
    const [first] = await timings([...many, idr(0)]);
    assert.deepEqual(
      first!.reports.map(({ rtp }) => rtp),
      Array.from({ length: 64 }, (_, i) => i + 6),
    );
  });

  it('does not keep reports of what is no H.264', async () => {
    const many = Array.from({ length: 80 }, (_, i) => senderReport(audio, BigInt(i), i));
    assert.deepEqual(sorted(await through(new SeiInjector(), many)).faults, []);
  });

  it('leaves the access unit that it was given as it was', async () => {
    const [unit] = sorted(await through(new H264Depacketizer(), rtpPackets(media, [idr(0)]))).units;
    const before = hexUnits(unit!);
    Object.freeze(unit);
    Object.freeze(unit!.nalUnits);
    await through(new SeiInjector(), [report(1n, 1), unit!]);
    assert.deepEqual(hexUnits(unit!), before);
  });
});
