import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { CaptureWriter } from '../../../lib/pcap/capture-writer.js';
import { decodeIp } from '../../../lib/pcap/ip.js';
import { decodeLink } from '../../../lib/pcap/link.js';
import { readPacketBatches } from '../../../lib/pcap/read-packets.js';
import { decodeUdp } from '../../../lib/pcap/transport.js';
import * as make from './synthesize.js';

const CLIENT = { address: '10.0.0.1', port: 50000 };
const SERVER = { address: '10.0.0.2', port: 554 };

/** A sink that keeps what it gets, and is held up while `hold` is set. */
class Disk extends Writable {
  hold = false;
  private readonly parts: Buffer[] = [];
  private waiting: (() => void) | undefined;

  override _write(data: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.parts.push(data);
    if (this.hold) this.waiting = callback;
    else callback();
  }

  /** Goes on; what waited has been written when this returns. */
  release(): void {
    this.hold = false;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Writes a session whose turns for which `held` is true find the disk held up. */
async function capture(
  turns: readonly make.Turn[],
  held: (turn: number) => boolean,
  maxWaitingBytes?: number,
): Promise<{ bytes: Buffer; writer: CaptureWriter; drops: number }> {
  const disk = new Disk();
  let drops = 0;
  const writer = new CaptureWriter(disk, { maxWaitingBytes, onDrop: () => drops++ });
  const connection = writer.open(CLIENT, SERVER, make.START);
  for (const [i, { from, data }] of turns.entries()) {
    if (held(i)) disk.hold = true;
    else if (disk.hold) {
      disk.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (from === 'client') connection.sent(data, make.START + BigInt(i));
    else connection.received(data, make.START + BigInt(i));
  }
  disk.release();
  connection.closed(make.START);
  connection.closed(make.START);
  connection.received(Buffer.from('late'), make.START);
  await new Promise<void>((resolve) => disk.end(resolve));
  return { bytes: disk.bytes, writer, drops };
}

describe('CaptureWriter', () => {
  it('what it writes is read back, with its times', async () => {
    const { bytes, writer, drops } = await capture(make.SESSION, () => false);
    const items = await make.itemsOf(bytes);
    assert.ok(items.every(({ kind }) => kind !== 'fault'));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(make.SESSION));
    const recvs = items.flatMap((item) => (item.kind === 'chunk' ? [item.recv] : []));
    const expected = make.SESSION.flatMap(({ from }, i) => (from === 'server' ? [make.START + BigInt(i)] : []));
    assert.deepEqual(recvs, expected);
    assert.deepEqual([writer.connections, writer.droppedBytes, drops], [1, 0, 0]);
  });

  it('a slow disk costs a hole of known length, which the reader reports and then goes on at the next frame', async () => {
    const from = make.HANDSHAKE.length + 4;
    const { bytes, writer, drops } = await capture(make.SESSION, (i) => i >= from && i < from + 8, 1500);
    assert.ok(writer.droppedBytes > 1000);
    assert.equal(drops, 1);
    const items = await make.itemsOf(bytes);
    const faults = items.flatMap((item) => (item.kind === 'fault' ? [item] : []));
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['truncated'],
    );
    assert.match(faults[0]!.message, new RegExp(`${writer.droppedBytes} bytes`));
    // Positions go on behind the hole: every chunk holds the very bytes that were received there.
    const all = make.serverBytes(make.SESSION);
    let kept = 0;
    for (const item of items) {
      if (item.kind !== 'chunk') continue;
      assert.deepEqual(item.data, all.subarray(item.position, item.position! + item.data.length));
      kept += item.data.length;
    }
    assert.equal(kept + writer.droppedBytes, all.length);
  });

  it('keeps datagrams of both directions beside the connection, IPv4 and IPv6, empty and as large as they get', async () => {
    const disk = new Disk();
    const writer = new CaptureWriter(disk);
    const sent: [string, number, Buffer][] = [
      ['10.0.0.2', 0, Buffer.alloc(0)],
      ['::ffff:10.0.0.2', 1, Buffer.from('abc')],
      ['2001:db8::2', 2, Buffer.alloc(65_507, 7)],
    ];
    for (const [address, i, data] of sent) {
      const client = address.startsWith('2001') ? '2001:db8::1' : CLIENT.address;
      writer.datagram({ address, port: 6000 }, { address: client, port: 5000 + i }, data, make.START + BigInt(i));
    }
    await new Promise<void>((resolve) => disk.end(resolve));
    const found: [string, number, number, Buffer, bigint][] = [];
    for await (const packets of readPacketBatches(Readable.from([disk.bytes]), {
      name: undefined,
      onDamage: assert.fail,
    })) {
      for (const { linkType, data, timestamp } of packets) {
        const ip = decodeIp(decodeLink(linkType, data)!)!;
        const { sourcePort, destinationPort, payload } = decodeUdp(ip.payload)!;
        found.push([ip.source.toString('hex'), sourcePort, destinationPort, payload, timestamp]);
      }
    }
    assert.deepEqual(found, [
      ['0a000002', 6000, 5000, sent[0]![2], make.START],
      ['0a000002', 6000, 5001, sent[1]![2], make.START + 1n],
      ['20010db8000000000000000000000002', 6000, 5002, sent[2]![2], make.START + 2n],
    ]);
  });

  it('leaves datagrams out too while the disk is held up', () => {
    const disk = new Disk();
    disk.hold = true;
    let drops = 0;
    const writer = new CaptureWriter(disk, { maxWaitingBytes: 10_000, onDrop: () => drops++ });
    for (let i = 0; i < 1000; i++) writer.datagram(SERVER, CLIENT, Buffer.alloc(i % 2 === 0 ? 100 : 0), make.START);
    assert.ok(disk.writableLength < 12_000, `${disk.writableLength}`);
    assert.ok(writer.droppedBytes > 40_000);
    assert.equal(drops, 1);
    disk.release();
  });

  it('never lets more wait than its cap, however long the disk is held up', async () => {
    const disk = new Disk();
    disk.hold = true;
    const writer = new CaptureWriter(disk, { maxWaitingBytes: 10_000 });
    const connection = writer.open(CLIENT, SERVER, make.START);
    for (let i = 0; i < 1000; i++) connection.received(Buffer.alloc(100), make.START);
    assert.ok(disk.writableLength < 20_000, `${disk.writableLength}`);
    assert.ok(writer.droppedBytes > 90_000);
    disk.release();
  });

  it('goes on silently after the disk has failed', () => {
    const disk = new Disk();
    const writer = new CaptureWriter(disk);
    const connection = writer.open(CLIENT, SERVER, make.START);
    disk.emit('error', new Error('disk full'));
    const before = disk.bytes.length;
    connection.received(Buffer.alloc(100), make.START);
    connection.closed(make.START);
    writer.open(CLIENT, SERVER, make.START).sent(Buffer.alloc(10), make.START);
    assert.equal(disk.bytes.length, before);
    assert.equal(writer.droppedBytes, 110);
  });

  it('addresses that are not known any more become 0.0.0.0', async () => {
    const disk = new Disk();
    new CaptureWriter(disk).open({ address: '', port: 1 }, { address: '::1', port: 2 }, make.START);
    assert.equal(disk.bytes.subarray(24 + 16 + 12, 24 + 16 + 20).toString('hex'), '0'.repeat(16));
  });
});
