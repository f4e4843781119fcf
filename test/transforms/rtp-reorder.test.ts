import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InterleavedFrame, Item } from '../../lib/items.js';
import { RtpParser } from '../../transforms/rtp-parser.js';
import { RtpReorder } from '../../transforms/rtp-reorder.js';
import { audio, interleaved, presentation, RECV, rtp, senderReport, video } from '../lib/rtp/packets.js';
import { faultCodes, only, pass } from './items.js';

const MS = 1_000_000n;
const CHANNELS = presentation([video(), audio()]);

function frame(channel: number, seq: number, ms = 0): InterleavedFrame {
  const payloadType = channel === 0 ? 96 : 97;
  return { ...interleaved(channel, rtp({ seq, payloadType })), recv: RECV + BigInt(ms) * MS };
}

function rtcp(channel: number, ms = 0): InterleavedFrame {
  return { ...interleaved(channel, senderReport(1)), recv: RECV + BigInt(ms) * MS };
}

test('Q149 packets are put in order, those that came twice taken out and said once', async () => {
  const [one, two, three, again] = [frame(0, 1), frame(0, 2), frame(0, 3), frame(0, 3)];
  const stage = new RtpReorder();
  const { items } = await pass([CHANNELS, one, three, two, again, frame(0, 1)], stage);
  assert.deepEqual(
    items.filter(({ kind }) => kind !== 'fault'),
    [CHANNELS, one, two, three],
  );
  assert.equal(items[1], one);
  const [fault, ...more] = only(items, 'fault');
  assert.deepEqual(more, []);
  assert.equal(fault!.code, 'rtp-duplicate');
  assert.match(fault!.message, /^RTP packet 3 came twice: dropped \(said once\)$/);
  assert.deepEqual(stage.stats, { reordered: 1, duplicates: 2, late: 0, astray: 0 });
});

test('Q149 what waits is overtaken by RTCP, by other streams and by other items, and by nothing of its own', async () => {
  const fault: Item = { kind: 'fault', code: 'udp-foreign', message: 'x' };
  const rest = [rtcp(1), rtcp(0), frame(2, 50), fault, interleaved(9, 'aa')];
  const { items } = await pass([CHANNELS, frame(0, 1), frame(0, 3), ...rest], new RtpReorder());
  assert.deepEqual(items, [CHANNELS, frame(0, 1), ...rest, frame(0, 3)]);
});

test('Q149 a missing packet is given up after 100 ms by the times of whatever comes; a late one is dropped', async () => {
  const input = [frame(0, 1), frame(0, 3, 0), rtcp(1, 99), frame(2, 50, 100), frame(0, 2, 101), frame(0, 4, 102)];
  const stage = new RtpReorder();
  const { items } = await pass([CHANNELS, ...input], stage);
  assert.deepEqual(only(items, 'interleaved'), [input[0], input[2], input[1], input[3], input[5]]);
  assert.deepEqual(faultCodes(items), ['rtp-reordered']);
  assert.equal(stage.stats.late, 1);
  const patient = await pass([CHANNELS, ...input], new RtpReorder({ maxDelayMs: 200 }));
  assert.deepEqual(faultCodes(patient.items), []);
  const none = await pass([CHANNELS, frame(0, 1), frame(0, 3), frame(0, 2)], new RtpReorder({ maxDelayMs: 0 }));
  assert.deepEqual(faultCodes(none.items), ['rtp-reordered']);
});

test('a new presentation lets everything out before it and begins anew', async () => {
  const next = presentation([video()]);
  const input = [CHANNELS, frame(0, 1), frame(0, 3), next, frame(0, 40_000), frame(0, 1)];
  const stage = new RtpReorder();
  const { items } = await pass(input, stage);
  assert.deepEqual(items.slice(0, 5), input.slice(0, 5));
  assert.equal(stage.stats.astray, 1);
});

test('without a presentation nothing is touched; the option says what it would', async () => {
  const input = [frame(0, 3), frame(0, 2), frame(0, 3)];
  assert.deepEqual((await pass(input, new RtpReorder())).items, input);
  const told = await pass([...input, frame(0, 4)], new RtpReorder({ media: [video()] }));
  assert.deepEqual(only(told.items, 'interleaved'), [input[0], frame(0, 4)]);
});

test('Q149 seq 1, 3, 2, 4: with the stage no loss; without, loss 1 at 3 and packet 2 dropped', async () => {
  const input = [CHANNELS, ...[1, 3, 2, 4].map((seq) => frame(0, seq))];
  const lost = async (...stages: (RtpReorder | RtpParser)[]) => {
    const { items } = await pass(input, ...stages);
    return only(items, 'rtp').map(({ sequenceNumber, lost }) => [sequenceNumber, lost]);
  };
  const parser = () => new RtpParser({ tolerant: true });
  assert.deepEqual(await lost(new RtpReorder(), parser()), [
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
  ]);
  assert.deepEqual(await lost(parser()), [
    [1, 0],
    [3, 1],
    [4, 0],
  ]);
});

test('RTP-Info’s seq says where a stream begins, unless it is 0 or 1', async () => {
  for (const [seq, first] of [
    [10, 10],
    [1, 2],
    [undefined, 2],
  ] as const) {
    const start = (seq ?? 1) + 1;
    const media = video(seq === undefined ? {} : { rtpInfo: { seq } });
    const { items } = await pass([presentation([media]), frame(0, start), frame(0, start - 1)], new RtpReorder());
    assert.equal(only(items, 'interleaved')[0]!.data.readUInt16BE(2), first, `${seq}`);
  }
});
