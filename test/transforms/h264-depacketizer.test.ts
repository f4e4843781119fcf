import assert from 'node:assert/strict';
import { Transform } from 'node:stream';
import { describe, it } from 'node:test';
import type { Item } from '../../lib/items.js';
import { H264Depacketizer } from '../../transforms/h264-depacketizer.js';
import { hexUnits, rtpPackets, senderReport, sorted, through, video } from '../lib/codec/rtp-items.js';

const kinds = (items: readonly Item[]) =>
  items.map((item) => (item.kind === 'accessUnit' ? `unit ${item.timestamp}` : item.kind));

describe('H264Depacketizer', () => {
  const media = video();
  const packets = rtpPackets(media, [
    { p: '65 88', t: 0, m: true },
    { p: '61 9a', t: 3000, m: true },
    { p: '61 9a', t: 6000 },
  ]);
  const report = senderReport(media, 1n, 1);

  it('is a stream.Transform and passes everything else on by identity, in order', async () => {
    assert.ok(new H264Depacketizer() instanceof Transform);
    const audio = { ...video(undefined, 1), encodingName: 'pcma' };
    const items: Item[] = [
      { kind: 'presentation', media: [media], url: 'a', baseUrl: 'b', controlUrl: 'c' },
      { kind: 'chunk', data: Buffer.of(1), recv: 0n },
      rtpPackets(audio, [{ p: 'ffff' }])[0]!,
      report,
      { kind: 'fault', code: 'junk', message: 'm' },
    ];
    const out = await through(new H264Depacketizer(), items);
    assert.equal(out.length, items.length);
    for (const [i, item] of out.entries()) assert.equal(item, items[i]);
  });

  it('a sender report or BYE does not overtake the unit before it, held back or not', async () => {
    const bye: Item = { kind: 'bye', media, ssrcs: [1], recv: 0n };
    const items = [packets[0]!, report, packets[1]!, bye, packets[2]!];
    assert.deepEqual(kinds(await through(new H264Depacketizer(), items)), [
      'unit 0',
      'senderReport',
      'unit 3000',
      'bye',
    ]);
  });

  it('nothing overtakes a unit that is held back, nor each other', async () => {
    const fault: Item = { kind: 'fault', code: 'rtp-loss', message: 'm' };
    const audio = rtpPackets({ ...video(undefined, 1), encodingName: 'pcma' }, [{ p: 'ffff' }, { p: 'ffff' }]);
    const other = senderReport(video(undefined, 2), 1n, 1);
    const waiting = [audio[0]!, other, fault, report, audio[1]!];
    const result = await through(new H264Depacketizer(), [packets[0]!, ...waiting, packets[1]!, fault, packets[2]!]);
    assert.deepEqual(kinds(result), ['unit 0', ...kinds(waiting), 'unit 3000', 'fault']);
    assert.deepEqual(result.slice(1, 6), waiting);
  });

  it('Q104 reports between the slices of a picture, each with a marker, do not part them', async () => {
    const slices = [0, 3000, 6000].flatMap((t) => [
      { p: '61 80', t, m: true },
      { p: '61 40', t, m: true },
      { p: '61 20', t, m: true },
    ]);
    const other: Item = { kind: 'bye', media, ssrcs: [7], foreign: true, recv: 0n };
    const items = rtpPackets(media, slices).flatMap((packet) => [packet, report, other]);
    const result = await through(new H264Depacketizer(), items);
    const units = sorted(result).units.map((unit) => hexUnits(unit).join(' '));
    assert.deepEqual(units, Array(3).fill('6180 6140 6120'));
    assert.equal(result.filter((item) => item === report).length, slices.length);
  });

  it('no more than 64 items wait, and nothing that says that no more will come', async () => {
    const after = (items: readonly Item[]): Item[] => {
      const stage = new H264Depacketizer();
      const found: Item[] = [];
      stage.on('data', (item: Item) => found.push(item));
      for (const item of [packets[0]!, ...items]) stage.write(item);
      return found;
    };
    const reports = Array<Item>(64).fill(report);
    const turn = () => new Promise(setImmediate);
    const few = after(reports.slice(1));
    const many = after(reports);
    const silent = after([report, { kind: 'fault', code: 'connection-silent', message: 'm' }]);
    await turn();
    assert.deepEqual(kinds(few), []);
    assert.deepEqual(kinds(many), ['unit 0', ...kinds(reports)]);
    assert.deepEqual(kinds(silent), ['unit 0', 'senderReport', 'fault']);
  });

  it('keeps streams apart', async () => {
    const other = rtpPackets(video(undefined, 1), [
      { p: '7c85 88', t: 70 },
      { p: '7c45 89', t: 70, m: true },
    ]);
    const items = [packets[0]!, other[0]!, packets[1]!, other[1]!, packets[2]!];
    assert.deepEqual(kinds(await through(new H264Depacketizer(), items)), ['unit 0', 'unit 3000', 'unit 70']);
  });

  it('a stream that stands in a new presentation too goes on', async () => {
    const presentation: Item = { kind: 'presentation', media: [media], url: 'a', baseUrl: 'b', controlUrl: 'c' };
    const halves = rtpPackets(media, [
      { p: '7c85 88', t: 3000 },
      { p: '7c45 89', t: 3000, m: true },
    ]).map((packet, i) => ({ ...packet, sequenceNumber: i }));
    const items = [packets[0]!, presentation, halves[0]!, presentation, halves[1]!];
    const result = await through(new H264Depacketizer(), items);
    assert.deepEqual(kinds(result), ['unit 0', 'presentation', 'presentation', 'unit 3000']);
  });

  it('a new presentation ends the streams of the one before', async () => {
    const presentation: Item = { kind: 'presentation', media: [video()], url: 'a', baseUrl: 'b', controlUrl: 'c' };
    const items = [packets[0]!, presentation, ...rtpPackets(presentation.media[0]!, [{ p: '65 88', t: 5, m: true }])];
    assert.deepEqual(kinds(await through(new H264Depacketizer(), items)), ['unit 0', 'presentation', 'unit 5']);
  });
});
