import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LoopReader, ticksOf, type WireStream } from '../../../lib/camera/loop-reader.js';
import { compileLoop } from '../../../lib/camera/wire-loop.js';
import { rtpFields, testScript } from './scripts.js';

const stream = (part: Partial<WireStream> = {}): WireStream => ({
  rtpChannel: 0,
  rtcpChannel: 1,
  ssrc: 0x89abcdef,
  firstSequence: 0,
  firstTimestamp: 0,
  clockRate: 90_000,
  ...part,
});

const BOTH = [stream({ rtpChannel: 6 }), stream({ rtpChannel: 8, firstSequence: 65_535, clockRate: 8000 })];

test('bytes of a frame: prefix, RTP header, payload', () => {
  const reader = new LoopReader(
    compileLoop(testScript(1), [0]),
    [stream({ rtpChannel: 7, firstSequence: 0x1234, firstTimestamp: 0xfedcba98 })],
    1,
  );
  const target = Buffer.alloc(100);
  assert.equal(reader.read(target, 1), 48);
  assert.equal(target.toString('hex', 0, 24), `24070014${'80601234fedcba9889abcdef'}4100000000000000`);
  assert.equal(target.toString('hex', 24, 40), `24070014${'80e01235fedcba9889abcdef'}`);
  assert.ok(reader.done);
});

test('a gap in the script’s sequence stays one, in every turn', () => {
  const script = testScript(1);
  const media = script.media[0]!;
  const packets = media.packets.map((packet, i) => ({ ...packet, sequence: i * 3 }));
  const reader = new LoopReader(
    compileLoop({ ...script, media: [{ ...media, packets }] }, [0]),
    [stream()],
    Number.POSITIVE_INFINITY,
  );
  const target = Buffer.alloc(24 * 6);
  reader.read(target, Number.POSITIVE_INFINITY);
  const sequences = Array.from({ length: 6 }, (_, i) => rtpFields(target.subarray(24 * i + 4)).sequence);
  assert.deepEqual(sequences, [0, 3, 4, 7, 8, 11]);
});

test('a timestamp before the script’s start wraps', () => {
  const script = testScript(1);
  const media = script.media[0]!;
  const packets = media.packets.map((packet) => ({ ...packet, timestamp: -1 }));
  const reader = new LoopReader(
    compileLoop({ ...script, media: [{ ...media, packets }] }, [0]),
    [stream()],
    Number.POSITIVE_INFINITY,
  );
  assert.deepEqual(reader.next(), [{ sequence: 0, timestamp: 0xffffffff }]);
});

test('however large the pieces, the same bytes come out, and the shared loop is left as it was', () => {
  const loop = compileLoop(testScript(5, { audio: true }), [0, 1]);
  const before = Buffer.from(loop.data);
  const whole = Buffer.alloc(20_000);
  const expected = whole.subarray(0, new LoopReader(loop, BOTH, Number.POSITIVE_INFINITY).read(whole, 3e9));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 24, max: 700 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 50 }),
      (sizes, stepMs) => {
        const reader = new LoopReader(loop, BOTH, Number.POSITIVE_INFINITY);
        const parts: Buffer[] = [];
        for (let timeNs = 0, i = 0; timeNs < 3e9; ) {
          const target = Buffer.alloc(sizes[i++ % sizes.length]!);
          const bytes = reader.read(target, Math.min(timeNs, 3e9));
          parts.push(target.subarray(0, bytes));
          if (bytes === 0) timeNs += stepMs * 1e6;
        }
        const rest = Buffer.alloc(20_000);
        parts.push(rest.subarray(0, reader.read(rest, 3e9)));
        assert.ok(Buffer.concat(parts).equals(expected));
      },
    ),
    { numRuns: 30 },
  );
  assert.ok(loop.data.equals(before));
});

test('next tells which packet comes, also across the end of a turn, and one moment in the time of all streams', () => {
  const loop = compileLoop(testScript(2, { audio: true }), [0, 1]);
  const reader = new LoopReader(loop, BOTH, Number.POSITIVE_INFINITY);
  const target = Buffer.alloc(24);
  for (let i = 0; i < 50; i++) {
    const due = reader.nextDueNs;
    const [video, audio] = reader.next();
    assert.equal(reader.read(target, due + 1), 24);
    const { sequence, timestamp } = rtpFields(target.subarray(4));
    const [mine, clockRate] = target[1] === 6 ? [video!, 90_000] : [audio!, 8000];
    assert.equal(mine.sequence, sequence);
    // Here packets are sent when they are due, so that what comes next is also the earliest.
    assert.deepEqual([mine.timestamp, (due * clockRate) / 1e9], [timestamp, timestamp]);
    assert.equal(video!.timestamp / 90_000, audio!.timestamp / 8000);
  }
});

test('next: a stream that begins later than the other has its first timestamp ahead of the common one', () => {
  const script = testScript(2, { audio: true });
  const media = script.media.map((medium, i) => ({
    ...medium,
    packets: medium.packets.map((packet) => ({ ...packet, timestamp: packet.timestamp + i * 37 })),
  }));
  const reader = new LoopReader(compileLoop({ ...script, media }, [0, 1]), BOTH, 1);
  assert.deepEqual(
    reader.next().map(({ timestamp }) => timestamp),
    [0, 0],
  );
});

test('delay moves what is left, timestamps with it', () => {
  const reader = new LoopReader(compileLoop(testScript(2), [0]), [stream()], Number.POSITIVE_INFINITY);
  const target = Buffer.alloc(48);
  reader.read(target, 1);
  reader.delay(10e6);
  assert.equal(reader.nextDueNs, 50e6);
  assert.deepEqual(reader.next(), [{ sequence: 2, timestamp: 4500 }]);
});

test('counts of packets and payload bytes', () => {
  const reader = new LoopReader(compileLoop(testScript(5, { audio: true, size: 100 }), [0, 1]), BOTH, 1);
  reader.read(Buffer.alloc(20_000), Number.POSITIVE_INFINITY);
  assert.deepEqual(
    [reader.packetCounts, reader.octetCounts],
    [
      [10, 10],
      [1000, 80],
    ],
  );
});

test('ticks are exact, modulo 2^32', () => {
  assert.equal(ticksOf(40e6, 90_000), 3600);
  assert.equal(ticksOf(1e9 * 2 ** 20, 90_000), (90_000 * 2 ** 20) % 2 ** 32);
  assert.equal(ticksOf(11_111, 90_000), 0);
  assert.equal(ticksOf(11_112, 90_000), 1);
});
