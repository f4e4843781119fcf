import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { KeptReads } from '../../../lib/net/kept-reads.js';
import { BlockReader, READ_SIZE } from '../../../lib/net/socket-memory.js';
import { markingClock, systemClock } from '../../../lib/time/clock.js';
import { FakeTime } from './fake-timers.js';
import { markingTime } from './marking-time.js';

/** A server that sends `data` to the first client and ends, the client, and what reads it. */
async function serving(data: Buffer) {
  const server = createServer((client) => {
    client.end(data);
    server.close();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reader = new BlockReader();
  const socket = connect({ port, host: '127.0.0.1', onread: reader.onread });
  return { reader, socket };
}

function numbered(length: number): Buffer {
  const data = Buffer.alloc(length);
  for (let i = 0; i < length; i += 4) data.writeUInt32BE(i, i);
  return data;
}

describe('BlockReader', () => {
  it('gives what was sent, and never writes to it again', async () => {
    const sent = numbered(3_000_000);
    const { reader, socket } = await serving(sent);
    const views: Buffer[] = [];
    const copies: Buffer[] = [];
    reader.listen((data) => {
      views.push(data);
      copies.push(Buffer.from(data));
    });
    await once(socket, 'end');
    assert.ok(Buffer.concat(copies).equals(sent));
    assert.ok(Buffer.concat(views).equals(sent));
    assert.ok(views.every(({ length }) => length <= READ_SIZE));
    const blocks = new Set(views.map(({ buffer }) => buffer));
    assert.ok(blocks.size <= sent.length / (3 * READ_SIZE) + 1, `${blocks.size} blocks`);
  });

  it('loses nothing that comes before somebody listens', async () => {
    const sent = numbered(4000);
    const { reader, socket } = await serving(sent);
    await once(socket, 'end');
    const read: Buffer[] = [];
    reader.listen((data) => read.push(data));
    assert.ok(Buffer.concat(read).equals(sent));
  });

  it('reads on after a pause, and nothing while it lasts', async () => {
    const sent = numbered(8_000_000);
    const { reader, socket } = await serving(sent);
    let received = 0;
    let paused = false;
    reader.listen((data) => {
      assert.equal(paused, false);
      assert.ok(sent.subarray(received, received + data.length).equals(data));
      received += data.length;
      if (received % 3 !== 0) return;
      paused = true;
      socket.pause();
      setImmediate(() =>
        setImmediate(() => {
          paused = false;
          socket.resume();
        }),
      );
    });
    await once(socket, 'end');
    assert.equal(received, sent.length);
  });

  it('keeps what it reads until it is taken, and counts it meanwhile', async () => {
    const time = new FakeTime();
    const sent = numbered(3_000_000);
    const { reader, socket } = await serving(sent);
    const copies: Buffer[] = [];
    let received = 0;
    let largest = 0;
    const listener = (data: Buffer): void => {
      copies.push(Buffer.from(data));
      received += data.length;
    };
    reader.listen(listener);
    const take = (): void => {
      const { keptBytes } = reader;
      const before = received;
      largest = Math.max(largest, keptBytes);
      reader.takeKept((data) => {
        assert.equal(reader.keptBytes, keptBytes - (received - before) - data.length);
        listener(data);
      });
      assert.equal(received - before, keptBytes);
      assert.equal(reader.keptBytes, 0);
    };
    const keep = (onDue: () => void): void =>
      reader.keep(new KeptReads(1000, markingTime(time), time, () => {}), onDue);
    socket.on('connect', () => {
      keep(() => {
        take();
        // For a turn of the event loop reads go to the listener at once.
        reader.stopKeeping();
        setImmediate(() => keep(take));
      });
    });
    await once(socket, 'end');
    take();
    assert.ok(Buffer.concat(copies).equals(sent));
    assert.ok(largest > 0 && largest <= 8 * READ_SIZE, `${largest}`);
  });

  it('keeps short reads behind each other, with the time of each', {
    skip: markingClock(systemClock) === undefined,
  }, async () => {
    const server = createServer((client) => {
      client.setNoDelay(true);
      let n = 0;
      const next = (): void => {
        if (n === 20) client.end();
        else client.write(Buffer.alloc(1000, n++), () => setImmediate(next));
      };
      next();
      server.close();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const reader = new BlockReader();
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', onread: reader.onread });
    reader.listen(() => assert.fail('everything is kept'));
    reader.keep(new KeptReads(600_000, markingClock(systemClock)!, new FakeTime(), () => {}), () => {});
    const from = systemClock.now();
    await once(socket, 'end');
    assert.equal(reader.keptBytes, 20_000);
    const until = systemClock.now();
    const times: bigint[] = [];
    const read: Buffer[] = [];
    reader.takeKept((data, recv) => {
      read.push(data);
      times.push(recv);
    });
    const whole = Buffer.concat(read);
    assert.ok(whole.every((byte, i) => byte === Math.floor(i / 1000)));
    for (const [i, recv] of times.entries()) {
      assert.ok(recv > from - 200_000n && recv < until + 200_000n);
      assert.ok(i === 0 || recv >= times[i - 1]!);
    }
  });
});
