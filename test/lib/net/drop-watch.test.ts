import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { DropWatch } from '../../../lib/net/drop-watch.js';
import { countDrops, kernelName } from '../../../lib/net/udp-drops.js';
import { FakeTime } from './fake-timers.js';

const HEAD =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';

function row(local: string, drops: number | string): string {
  return `  123: ${local} 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 ${drops}\n`;
}

test('sockets are named as the kernel names them', () => {
  assert.equal(kernelName({ address: '127.0.0.1', port: 8080 }, 'LE'), '0100007F:1F90');
  assert.equal(kernelName({ address: '127.0.0.1', port: 8080 }, 'BE'), '7F000001:1F90');
  assert.equal(kernelName({ address: '0.0.0.0', port: 53 }, 'LE'), '00000000:0035');
  assert.equal(kernelName({ address: '::1', port: 1 }, 'LE'), '00000000000000000000000001000000:0001');
});

test('drops are those of our sockets, and what is no number is none', () => {
  const names = new Set(['0100007F:1F90', '0100007F:1F91']);
  const table = HEAD + row('0100007F:1F90', 3) + row('0100007F:1F92', 50) + row('0100007F:1F91', 4);
  assert.equal(countDrops(table, names), 7);
  assert.equal(countDrops(HEAD + row('0100007F:1F90', 'x') + row('0100007F:1F91', -2), names), 0);
  for (let cut = 0; cut < table.length; cut++) assert.ok(countDrops(table.slice(0, cut), names) <= 7);
});

test('a real socket whose buffer overflows is found in the real table', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const [socket, sender] = [createSocket('udp4'), createSocket('udp4')];
  t.after(() => sender.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(4096);
  const { port } = socket.address();
  const sent = Array.from(
    { length: 40 },
    () => new Promise((resolve) => sender.send(Buffer.alloc(4000), port, '127.0.0.1', resolve)),
  );
  await Promise.all(sent);
  const drops = countDrops(await readFile('/proc/net/udp', 'latin1'), new Set([kernelName(socket.address())]));
  socket.close();
  // Nothing reads in between, so that only the first few find room.
  assert.ok(drops > 20 && drops < 40, `${drops}`);
});

test('the watch looks every 5 s and a last time at its end, and tells what is new', async () => {
  const time = new FakeTime();
  const told: number[] = [];
  const paths: string[] = [];
  let drops = 2;
  const watch = new DropWatch([{ address: '127.0.0.1', port: 8080 }], {
    timers: time,
    readTable: async (path) => {
      paths.push(path);
      return HEAD + row(kernelName({ address: '127.0.0.1', port: 8080 }), drops);
    },
    onDrops: (count) => told.push(count),
  });
  watch.start();
  for (const now of [2, 2, 9]) {
    drops = now;
    assert.deepEqual(time.delaysMs, [5000]);
    time.advance(5000);
    await new Promise(setImmediate);
  }
  assert.deepEqual(told, [2, 7]);
  drops = 10;
  await watch.stop();
  await watch.stop();
  assert.deepEqual(told, [2, 7, 1]);
  assert.deepEqual(time.delaysMs, []);
  assert.deepEqual(paths, Array(4).fill('/proc/net/udp'));
});

test('where there is no such table the watch ends by itself', async () => {
  const time = new FakeTime();
  const watch = new DropWatch([{ address: '::1', port: 8080 }], {
    timers: time,
    readTable: async (path) => {
      assert.equal(path, '/proc/net/udp6');
      throw new Error('ENOENT');
    },
    onDrops: () => assert.fail('nothing is known'),
  });
  watch.start();
  time.advance(5000);
  await new Promise(setImmediate);
  assert.deepEqual(time.delaysMs, []);
  await watch.stop();
});
