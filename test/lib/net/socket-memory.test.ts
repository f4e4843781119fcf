import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { BlockReader, READ_SIZE } from '../../../lib/net/socket-memory.js';

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
});
