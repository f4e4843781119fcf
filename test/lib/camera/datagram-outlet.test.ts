import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DatagramOutlet } from '../../../lib/camera/datagram-outlet.js';
import { FakeTime } from './fake-time.js';

const ROUTES = new Map([
  [0, { isRtcp: false, address: '127.0.0.1', port: 5000 }],
  [1, { isRtcp: true, address: '127.0.0.1', port: 5001 }],
]);

function frame(channel: number, packet: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]), packet]);
}

/** @param sending what happens while a datagram is being sent */
function open(sending: (time: FakeTime) => void = () => {}) {
  const time = new FakeTime();
  const sent: { packet: Buffer; port: number; isRtcp: boolean; done: (sent: boolean) => void }[] = [];
  let bytes = 0;
  const outlet = new DatagramOutlet({
    timers: time,
    routes: ROUTES,
    sender: {
      send: (packet, isRtcp, { port }, done) => {
        sending(time);
        sent.push({ packet, port, isRtcp, done });
      },
    },
    sent: (size) => {
      bytes += size;
    },
  });
  return { time, sent, outlet, bytes: () => bytes };
}

test('each frame’s packet goes where its channel goes, as a view of what came', () => {
  const { sent, outlet } = open();
  const data = Buffer.concat([frame(0, Buffer.from('abc')), frame(1, Buffer.from('de')), frame(0, Buffer.alloc(0))]);
  outlet.frames(data, () => {});
  assert.deepEqual(
    sent.map(({ packet, port, isRtcp }) => [packet.toString(), port, isRtcp]),
    [
      ['abc', 5000, false],
      ['de', 5001, true],
      ['', 5000, false],
    ],
  );
  assert.ok(sent.every(({ packet }) => packet.buffer === data.buffer));
});

test('bursts of 16 datagrams or 32 KiB a millisecond', () => {
  for (const [size, burst] of [
    [10, 16],
    [10_000, 4],
    [65_000, 1],
  ] as const) {
    const { time, sent, outlet } = open();
    outlet.frames(Buffer.concat(Array.from({ length: 100 }, () => frame(0, Buffer.alloc(size)))), () => {});
    for (let i = 1; i <= 3; i++) {
      assert.equal(sent.length, i * burst, `${size} bytes`);
      time.advance(1);
    }
  }
});

test('no more than a burst at a time, however long sending takes', () => {
  const { time, sent, outlet } = open((time) => time.advance(1));
  outlet.frames(Buffer.concat(Array.from({ length: 100 }, () => frame(0, Buffer.alloc(10)))), () => {});
  for (let i = 1; i <= 3; i++) {
    assert.equal(sent.length, i * 16);
    time.advance(1);
  }
});

test('a quiet millisecond gives a whole burst again, several calls within one share it', () => {
  const { time, sent, outlet } = open();
  const packets = (count: number) => Buffer.concat(Array.from({ length: count }, () => frame(0, Buffer.alloc(1))));
  outlet.frames(packets(10), () => {});
  outlet.frames(packets(10), () => {});
  assert.equal(sent.length, 16);
  time.advance(1);
  assert.equal(sent.length, 20);
  time.advance(5);
  outlet.frames(packets(16), () => {});
  assert.equal(sent.length, 36);
});

test('flushed once all datagrams of a call have left, in any order, or failed', () => {
  const { time, sent, outlet, bytes } = open();
  const flushed: string[] = [];
  outlet.frames(Buffer.concat(Array.from({ length: 17 }, () => frame(0, Buffer.alloc(5)))), () =>
    flushed.push('first'),
  );
  outlet.frames(frame(1, Buffer.alloc(7)), () => flushed.push('second'));
  for (const { done } of sent.splice(0)) done(true);
  assert.deepEqual(flushed, []);
  time.advance(1);
  const [last, second] = sent;
  second!.done(true);
  last!.done(false);
  assert.deepEqual(flushed, ['second', 'first']);
  assert.equal(bytes(), 16 * 5 + 7);
});

test('close drops what waits, and lets go of every buffer', async () => {
  const { time, sent, outlet } = open();
  const flushed: string[] = [];
  outlet.frames(Buffer.concat(Array.from({ length: 40 }, () => frame(0, Buffer.alloc(5)))), () =>
    flushed.push('begun'),
  );
  outlet.frames(frame(0, Buffer.alloc(5)), () => flushed.push('waiting'));
  outlet.close();
  outlet.frames(frame(0, Buffer.alloc(5)), () => flushed.push('late'));
  await setImmediate();
  time.advance(10);
  assert.equal(sent.length, 16);
  for (const { done } of sent) done(true);
  assert.deepEqual(flushed, ['waiting', 'late', 'begun']);
});

test('nothing to send is flushed, but not at once', async () => {
  const { outlet } = open();
  let flushed = false;
  outlet.frames(Buffer.alloc(0), () => {
    flushed = true;
  });
  assert.equal(flushed, false);
  await setImmediate();
  assert.ok(flushed);
});
