import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Item } from '../../lib/items.js';
import type { RtspMessage } from '../../lib/rtsp/message.js';
import { TcpInterleaveDemux } from '../../transforms/index.js';
import { presentation, video } from '../lib/rtp/packets.js';
import { chunk, faultCodes, only, pass, RECV } from './items.js';

const FRAME = '24 00 0004 61736466';
const OK = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n');

describe('TcpInterleaveDemux', () => {
  it('emits frames and messages with the position and time of the chunk that completes them', async () => {
    const { items } = await pass(
      [
        chunk(FRAME),
        chunk(OK.subarray(0, 10), { recv: RECV + 1n }),
        chunk(OK.subarray(10), { recv: RECV + 2n, waited: true }),
        chunk('2401', { recv: RECV + 3n }),
        chunk('0001ff', { recv: RECV + 4n, waited: true }),
      ],
      new TcpInterleaveDemux(),
    );
    const [first, message, second] = items;
    assert.deepEqual(first, {
      kind: 'interleaved',
      channel: 0,
      data: Buffer.from('asdf'),
      position: 0,
      recv: RECV,
      waited: false,
    });
    assert.ok(message?.kind === 'rtsp' && message.message.type === 'response');
    assert.deepEqual([message.position, message.recv], [8, RECV + 2n]);
    assert.deepEqual(second, {
      kind: 'interleaved',
      channel: 1,
      data: Buffer.of(0xff),
      position: 8 + OK.length,
      recv: RECV + 4n,
      waited: true,
    });
    assert.equal(items.length, 3);
  });

  it('stamps bare Buffers with its clock on entry', async () => {
    let now = RECV;
    const clock = { now: () => (now += 5n) };
    const { items } = await pass([chunk(FRAME).data, chunk(FRAME).data], new TcpInterleaveDemux({ clock }));
    assert.deepEqual(
      only(items, 'interleaved').map(({ recv, position, waited }) => ({ recv, position, waited })),
      [
        { recv: RECV + 5n, position: 0, waited: false },
        { recv: RECV + 10n, position: 8, waited: false },
      ],
    );
  });

  it('payloads are views of the chunk', async () => {
    const input = chunk(FRAME);
    const { items } = await pass([input], new TcpInterleaveDemux());
    assert.equal(only(items, 'interleaved')[0]!.data.buffer, input.data.buffer);
  });

  it('announces a message at once, though nobody reads', async () => {
    const stage = new TcpInterleaveDemux();
    const messages: [RtspMessage, number][] = [];
    stage.on('message', (message: RtspMessage, position: number) => messages.push([message, position]));
    // More frames than the readable side takes.
    stage.write(
      chunk(
        Buffer.concat([
          Buffer.from('240000'.repeat(0), 'hex'),
          ...Array.from({ length: 500 }, () => Buffer.from('2400000161', 'hex')),
          OK,
        ]),
      ),
    );
    assert.equal(messages.length, 1);
    assert.equal(messages[0]![1], 2500);
    assert.ok(stage.readableLength > stage.readableHighWaterMark);
    assert.equal(stage.writableNeedDrain || stage.writableLength > 0, true);
    stage.destroy();
  });

  it('announces messages that wait at its entry, each once, however the bytes are cut', async () => {
    const frames = (count: number) => Array.from({ length: count }, () => Buffer.from('2400000161', 'hex'));
    const answer = (n: number) => Buffer.from(`RTSP/1.0 200 OK\r\nCSeq: ${n}\r\nContent-Length: 3\r\n\r\nabc`);
    const bytes = Buffer.concat([
      ...frames(200),
      answer(1),
      ...frames(90),
      answer(2),
      answer(3),
      ...frames(50),
      answer(4),
    ]);
    const { length } = answer(1);
    const positions = [1000, 1450 + length, 1450 + 2 * length, 1700 + 3 * length];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), fc.nat(600), async (at, readAfter) => {
        const cuts = [...new Set([0, ...at, bytes.length])].sort((a, b) => a - b);
        const stage = new TcpInterleaveDemux();
        const announced: [string, number][] = [];
        stage.on('message', (message: RtspMessage, position: number) => {
          announced.push([message.body.toString(), position]);
        });
        let read = 0;
        for (const [i, end] of cuts.slice(1).entries()) {
          stage.write(chunk(Buffer.from(bytes.subarray(cuts[i]!, end))));
          const expected = positions.filter((position) => position + length <= end);
          assert.deepEqual(
            announced.map(([, position]) => position),
            expected,
          );
          if (i % 5 === 4) while (read < readAfter && stage.read() !== null) read++;
        }
        stage.end();
        const items = (await stage.toArray()) as Item[];
        assert.deepEqual(
          announced.map(([body]) => body),
          ['abc', 'abc', 'abc', 'abc'],
        );
        assert.equal(read + items.length, 344);
      }),
      { numRuns: 200 },
    );
  });

  it('lets the writer see what a listener throws, whether the message has to wait or not', () => {
    for (const waiting of [0, 200]) {
      const stage = new TcpInterleaveDemux();
      for (let i = 0; i < waiting; i++) stage.write(chunk('2400000161'));
      stage.on('error', () => {});
      stage.on('message', () => {
        throw new TypeError('a mistake');
      });
      if (waiting > 0) assert.throws(() => stage.write(chunk(OK)), TypeError);
      else stage.write(chunk(OK));
      assert.equal(waiting > 0 || stage.errored instanceof TypeError, true);
      stage.destroy();
    }
  });

  it('stamps a bare Buffer when it is written, not when its turn comes', async () => {
    let now = RECV;
    const stage = new TcpInterleaveDemux({ clock: { now: () => now } });
    const many = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from('2400000161', 'hex')));
    for (let i = 0; i < 3; i++) {
      stage.write(many);
      now += 1000n;
    }
    stage.end();
    const items = only((await stage.toArray()) as Item[], 'interleaved');
    assert.deepEqual([...new Set(items.map(({ recv }) => recv - RECV))], [0n, 1000n, 2000n]);
  });

  it('announces the messages of another connection, whose bytes count from 0 again', async () => {
    const stage = new TcpInterleaveDemux();
    const announced: number[] = [];
    stage.on('message', (_message: RtspMessage, position: number) => announced.push(position));
    stage.resume();
    for (const position of [0, 100, 0]) stage.write(chunk(OK, { position }));
    assert.deepEqual(announced, [0, 100, 0]);
    stage.destroy();
  });

  it('Q13 junk is a fault, and channels of the presentation tell frames from it', async () => {
    const { items } = await pass(
      [
        presentation([video({ setup: { rtpChannel: 6, rtcpChannel: 7 } })]),
        chunk('24060004 01020304 000000 24000001 24060004 05060708'),
      ],
      new TcpInterleaveDemux(),
    );
    assert.deepEqual(
      only(items, 'interleaved').map(({ data }) => data.toString('hex')),
      ['01020304', '05060708'],
    );
    const [fault] = only(items, 'fault');
    assert.equal(fault!.code, 'junk');
    assert.equal(fault!.position, 8);
    assert.match(fault!.message, /7 bytes/);
  });

  it('Q13 framing that is lost for good ends the stage, behind what came before', async () => {
    const { items, error } = await pass([chunk(FRAME), chunk(Buffer.alloc(70_000))], new TcpInterleaveDemux());
    assert.equal((error as Error & { code: string }).code, 'rtsp-framing');
    assert.equal(items.length, 1);
  });

  it('Q10 a message that is too long ends the stage', async () => {
    const { error } = await pass(
      [chunk(Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 131073\r\n\r\n'))],
      new TcpInterleaveDemux(),
    );
    assert.equal((error as Error & { code: string }).code, 'rtsp-limit');
  });

  it('Q23 an end inside a frame is a fault that says so', async () => {
    const { items, error } = await pass([chunk(FRAME), chunk('2400 0064 01 02')], new TcpInterleaveDemux());
    assert.equal(error, undefined);
    assert.deepEqual(faultCodes(items), ['truncated']);
    assert.match(only(items, 'fault')[0]!.message, /2 bytes of it had come/);
  });

  it('a hole in the bytes, as captures have it, gives up what was begun and goes on behind it', async () => {
    const { items, error } = await pass(
      [chunk(`${FRAME} 2400 0004 61`, { position: 100 }), chunk(FRAME, { position: 500 }), chunk(OK)],
      new TcpInterleaveDemux(),
    );
    assert.equal(error, undefined);
    assert.deepEqual(
      items.map((item) => [item.kind, (item as { position: number }).position]),
      [
        ['interleaved', 100],
        ['fault', 113],
        ['interleaved', 500],
        ['rtsp', 508],
      ],
    );
  });

  it('Q11 the same bytes in other chunks give the same items', async () => {
    const data = Buffer.concat([
      chunk(FRAME).data,
      OK,
      chunk('0000 24010000').data,
      chunk(FRAME).data,
      OK.subarray(0, 9),
    ]);
    const expected = await pass([chunk(data)], new TcpInterleaveDemux());
    assert.equal(only(expected.items, 'interleaved').length, 3);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(data.length), { maxLength: 60 }), async (cuts) => {
        const ends = [...new Set([...cuts, data.length])].sort((a, b) => a - b);
        const pieces: Item[] = ends.map((end, i) => chunk(data.subarray(ends[i - 1] ?? 0, end)));
        assert.deepEqual(await pass(pieces, new TcpInterleaveDemux()), expected);
      }),
      { numRuns: 50 },
    );
  });
});
