import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TCP_ACK, TCP_SYN } from '../../../lib/pcap/transport.js';
import * as make from './synthesize.js';

const { SESSION, raw, kinds, presentations } = make;

describe('pcapSource: incomplete captures', () => {
  it('begins at the first frame of a connection that was open before', async () => {
    const frames = Array.from({ length: 6 }, (_, i) => make.frame(0, i, 200));
    const middle = [make.server(frames[0]!.subarray(90)), ...frames.slice(1).map((data) => make.server(data))];
    const items = await make.itemsOf(raw(make.conversation(middle, { midway: true })));
    assert.deepEqual(make.chunkBytes(items), Buffer.concat(frames.slice(1)));
    assert.deepEqual(kinds(items).slice(0, 2), ['fault rtsp-oddity', 'chunk']);
  });

  it('says where the first frame begins if RTSP was recognized before it', async () => {
    const frames = Array.from({ length: 3 }, (_, i) => make.frame(0, i, 200));
    const keepalive = make.client('OPTIONS * RTSP/1.0\nCSeq: 9\n\n');
    const turns = [
      keepalive,
      make.server(frames[0]!.subarray(90)),
      ...frames.slice(1).map((data) => make.server(data)),
    ];
    const items = await make.itemsOf(raw(make.conversation(turns, { midway: true })));
    assert.deepEqual(kinds(items), ['fault truncated', 'fault rtsp-oddity', 'chunk', 'chunk']);
    const [fault] = items;
    assert.ok(fault?.kind === 'fault');
    assert.match(fault.message, /capture began inside the connection, the next frame begins at byte 114/);
  });

  it('goes on behind a segment that the capture lacks, at the next frame', async () => {
    const packets = make.conversation(SESSION);
    const index = packets.findIndex((packet) => packet.includes(make.frame(0, 15, 60 + 40 * 7)));
    const lossy = packets.toSpliced(index, 1);
    const items = await make.itemsOf(raw(lossy));
    const all = make.serverBytes(SESSION);
    const lost = all.indexOf(make.frame(0, 15, 340));
    assert.deepEqual(make.chunkBytes(items), Buffer.concat([all.subarray(0, lost), all.subarray(lost + 344)]));
    const at = items.findIndex((item) => item.kind === 'fault');
    const fault = items[at]!;
    assert.ok(fault.kind === 'fault' && fault.code === 'truncated' && fault.position === lost);
    assert.match(fault.message, /10\.0\.0\.1:50000 to 10\.0\.0\.2:554: 344 bytes received, but not captured/);
    const next = items[at + 1]!;
    assert.ok(next.kind === 'chunk' && next.position === lost + 344);
  });

  it('passes over the rest of a frame whose first part the capture lacks', async () => {
    const big = make.frame(0, 40, 3000);
    const tail = [
      make.server(big.subarray(0, 1000)),
      make.server(big.subarray(1000, 2000)),
      make.server(big.subarray(2000), make.frame(0, 41)),
    ];
    const packets = make.conversation([
      ...SESSION,
      ...tail,
      ...Array.from({ length: 12 }, (_, i) => make.server(make.frame(0, 42 + i))),
    ]);
    const missing = packets.findIndex((packet) => packet.includes(big.subarray(0, 1000)));
    const items = await make.itemsOf(raw(packets.toSpliced(missing, 1)));
    const expected = [make.serverBytes(SESSION), ...Array.from({ length: 13 }, (_, i) => make.frame(0, 41 + i))];
    assert.deepEqual(make.chunkBytes(items), Buffer.concat(expected));
  });

  it('goes on where the first request is missing', async () => {
    const packets = make.conversation(SESSION).toSpliced(2, 1);
    const items = await make.itemsOf(raw(packets));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(SESSION));
    assert.equal(presentations(items).length, 1);
  });

  it('gives the same bytes for random order, repetition and cuts of the segments', async () => {
    const all = make.serverBytes(SESSION);
    const piece = fc.record({
      length: fc.integer({ min: 1, max: 400 }),
      swap: fc.nat(6),
      repeat: fc.nat(3),
      extra: fc.nat(60),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (pieces, cuts) => {
          const first = 0xfffffd00;
          const segments: { key: number; at: number; end: number }[] = [];
          for (let at = 0, i = 0; at < all.length; i++) {
            const { length, swap, repeat, extra } = pieces[i % pieces.length]!;
            const end = Math.min(all.length, at + length);
            segments.push({ key: i + swap, at, end: Math.min(all.length, end + extra) });
            if (repeat === 0) segments.push({ key: i + swap + 3, at: Math.max(0, at - extra), end });
            at = end;
          }
          segments.sort((a, b) => a.key - b.key);
          const packets = [
            make.tcpPacket(make.CLIENT, make.SERVER, 1, '', { flags: TCP_SYN }),
            make.tcpPacket(make.SERVER, make.CLIENT, first, '', { flags: TCP_SYN | TCP_ACK, ack: 2 }),
            ...segments.map(({ at, end }) =>
              make.tcpPacket(make.SERVER, make.CLIENT, first + 1 + at, all.subarray(at, end)),
            ),
          ];
          const items = await make.itemsOf(raw(packets), {}, cuts);
          assert.deepEqual(make.chunkBytes(items), all);
          assert.ok(items.every((item) => item.kind !== 'fault'));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a capture limited in length gives what it has, and says what is missing', async () => {
    const packets = make.conversation(SESSION);
    const limited = make.timed(packets).map(({ data, timestamp }) => ({ timestamp, data: data.subarray(0, 500) }));
    const items = await make.itemsOf(make.classic(limited));
    const missing = items.flatMap((item) =>
      item.kind === 'fault' ? [/: (\d+) bytes (?:received|never)/.exec(item.message)?.[1]] : [],
    );
    const expected = packets.filter((packet) => packet.length > 500).map((packet) => String(packet.length - 500));
    assert.ok(expected.length > 5);
    assert.deepEqual(missing, expected);
    const all = make.serverBytes(SESSION);
    for (const item of items) {
      if (item.kind === 'chunk')
        assert.deepEqual(item.data, all.subarray(item.position!, item.position! + item.data.length));
    }
  });

  it('a segment outside of any window is counted', async () => {
    const stray = make.tcpPacket(make.SERVER, make.CLIENT, 0x50000000, 'x');
    const items = await make.itemsOf(raw([...make.conversation(SESSION), stray]));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(SESSION));
    const fault = items.at(-1)!;
    assert.ok(fault.kind === 'fault');
    assert.match(fault.message, /1 segments outside of any window/);
  });

  it('names the cap of what waits for a missing segment', async () => {
    const packets = make.conversation([
      ...SESSION,
      ...Array.from({ length: 40 }, (_, i) => make.server(make.frame(0, 50 + i, 1000))),
    ]);
    // Only the server's side: nothing acknowledges the lost one.
    const fromServer = packets.filter((packet) => packet.readUInt16BE(20) === 554).toSpliced(10, 1);
    const items = await make.itemsOf(raw(fromServer), { maxReorderBytes: 8000 });
    const fault = items.find((item) => item.kind === 'fault' && item.code === 'truncated');
    assert.ok(fault?.kind === 'fault');
    assert.match(fault.message, /more than the cap of 8000 bytes waited for it/);
  });
});
