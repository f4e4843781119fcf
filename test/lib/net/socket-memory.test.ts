import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { READ_SIZE, readIntoBlocks } from '../../../lib/net/socket-memory.js';

/** A server that sends `data` to the first client and ends, and the client. */
async function serving(data: Buffer): Promise<Socket> {
  const server = createServer((client) => {
    client.end(data);
    server.close();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket: Socket = connect({ port, host: '127.0.0.1', onread: readIntoBlocks(() => socket) });
  return socket;
}

function numbered(length: number): Buffer {
  const data = Buffer.alloc(length);
  for (let i = 0; i < length; i += 4) data.writeUInt32BE(i, i);
  return data;
}

describe('readIntoBlocks', () => {
  it('gives what was sent, and never writes to it again', async () => {
    const sent = numbered(3_000_000);
    const socket = await serving(sent);
    const views: Buffer[] = [];
    const copies: Buffer[] = [];
    socket.on('data', (data: Buffer) => {
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
    const socket = await serving(sent);
    await once(socket, 'readable');
    const data = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    assert.ok(data.equals(sent));
    socket.destroy();
  });

  it('reads on after a pause, and nothing while it lasts', async () => {
    const sent = numbered(8_000_000);
    const socket = await serving(sent);
    let received = 0;
    let paused = false;
    socket.on('data', (data: Buffer) => {
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
