import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CapturedPacket } from '../../../lib/pcap/captured-packet.js';
import { readPackets } from '../../../lib/pcap/read-packets.js';
import * as make from './synthesize.js';

async function read(
  capture: Buffer,
  cuts: readonly number[] = [],
): Promise<{ packets: CapturedPacket[]; damage: string[] }> {
  const packets: CapturedPacket[] = [];
  const damage: string[] = [];
  const onDamage = (message: string) => damage.push(message);
  for await (const packet of readPackets(make.streamOf(capture, cuts), { onDamage })) packets.push(packet);
  return { packets, damage };
}

const DATA = ['first', 'second packet', '', 'x'].map((text) => Buffer.from(text));
const PACKETS = make.timed(DATA);

const CAPTURES = {
  'classic, little-endian, µs': make.classic(PACKETS, { order: 'little', unit: 'us', linkType: 1 }),
  'classic, big-endian, ns': make.classic(PACKETS, { order: 'big', unit: 'ns', linkType: 1 }),
  'pcapng, little-endian': make.pcapng(PACKETS, 1, 'little'),
  'pcapng, big-endian': make.pcapng(PACKETS, 1, 'big'),
};

const EXPECTED = PACKETS.map(({ data, timestamp }) => ({ timestamp, linkType: 1, data, originalLength: data.length }));

describe('readPackets', () => {
  for (const [name, capture] of Object.entries(CAPTURES)) {
    it(`${name}: any cut of the bytes gives the same packets`, async () => {
      assert.deepEqual(await read(capture), { packets: EXPECTED, damage: [] });
      const everyByte = Array.from(capture, (_, i) => i);
      assert.deepEqual(await read(capture, everyByte), { packets: EXPECTED, damage: [] });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
          assert.deepEqual((await read(capture, cuts)).packets, EXPECTED);
        }),
        { numRuns: 50 },
      );
    });

    it(`${name}: an end anywhere is reported unless a record ended there`, async () => {
      const whole: number[] = [];
      for (let length = 28; length <= capture.length; length++) {
        const { packets, damage } = await read(capture.subarray(0, length));
        assert.deepEqual(packets, EXPECTED.slice(0, packets.length));
        assert.ok(damage.length <= 1);
        if (damage.length === 0) whole.push(length);
        else assert.match(damage[0]!, /^the capture ends inside/);
      }
      // pcapng: also behind the section header and the interface.
      assert.equal(whole.length, name.startsWith('pcapng') ? 6 : 4);
    });
  }

  it('ignores the frame check sequence in the upper half of the link type', async () => {
    const { packets } = await read(make.classic(PACKETS, { linkType: 0x24000001 }));
    assert.equal(packets[0]!.linkType, 1);
  });

  it('a record that claims too much ends the reading and names the cap', async () => {
    const capture = make.classic(PACKETS);
    capture.writeUInt32LE(0x7fffffff, 24 + 16 + DATA[0]!.length + 8);
    const { packets, damage } = await read(capture);
    assert.equal(packets.length, 1);
    assert.match(damage[0]!, /record at byte 45 claims 2147483647 bytes, above the cap of 1048576/);
  });

  it('says that a compressed capture has to be decompressed', async () => {
    await assert.rejects(read(Buffer.from('1f8b0800aabbccdd', 'hex')), /compressed with gzip/);
  });
});

describe('readPackets: pcapng', () => {
  it('reads several sections of different byte order, and interfaces with their own units', async () => {
    const base2 = make.interfaceBlock(1, 'little', make.option(9, Buffer.from([0x80 | 10]), 'little'));
    const offset = Buffer.alloc(8);
    offset.writeBigInt64BE(-100n);
    const shifted = Buffer.concat([make.option(2, Buffer.from('eth'), 'big'), make.option(14, offset, 'big')]);
    const capture = Buffer.concat([
      make.sectionHeader('little'),
      make.interfaceBlock(101, 'little'),
      base2,
      make.packetBlock(0, 1_500_000n, Buffer.from('a'), 'little'),
      make.packetBlock(1, 1536n, Buffer.from('b'), 'little'),
      make.sectionHeader('big'),
      make.interfaceBlock(113, 'big', shifted),
      make.packetBlock(0, 200_000_001n, Buffer.from('c'), 'big'),
    ]);
    const { packets, damage } = await read(capture);
    assert.deepEqual(damage, []);
    assert.deepEqual(
      packets.map(({ data, linkType, timestamp }) => [data.toString(), linkType, timestamp]),
      [
        ['a', 101, 1_500_000_000n],
        ['b', 1, 1_500_000_000n],
        ['c', 113, 100_000_001_000n],
      ],
    );
  });

  it('passes over blocks that it does not know, larger than any packet', async () => {
    const capture = Buffer.concat([
      make.sectionHeader('little'),
      make.block(0x0bad, Buffer.alloc(3 * 1024 * 1024)),
      make.interfaceBlock(1, 'little'),
      make.block(5, Buffer.alloc(13)),
      make.packetBlock(0, 5n, Buffer.from('a'), 'little'),
    ]);
    const { packets, damage } = await read(capture, [1_000_000, 2_000_000]);
    assert.deepEqual([packets.length, damage], [1, []]);
    assert.equal(packets[0]!.timestamp, 5000n);
  });

  it('a simple packet is of the first interface, cut to its limit, at the time of the one before', async () => {
    const limited = Buffer.concat([make.u16(101, 'little'), make.u16(0, 'little'), make.u32(3, 'little')]);
    const capture = Buffer.concat([
      make.sectionHeader('little'),
      make.block(1, limited),
      make.packetBlock(0, 7n, Buffer.from('a'), 'little'),
      make.block(3, Buffer.concat([make.u32(9, 'little'), Buffer.from('abc')])),
    ]);
    const { packets } = await read(capture);
    const { data, ...rest } = packets[1]!;
    assert.equal(data.toString(), 'abc');
    assert.deepEqual(rest, { timestamp: 7000n, linkType: 101, originalLength: 9 });
  });

  for (const [what, broken] of Object.entries({
    'names no known interface': make.packetBlock(3, 0n, Buffer.from('a'), 'little'),
    'comes before any interface': Buffer.concat([make.sectionHeader('little'), make.block(3, Buffer.alloc(8))]),
    'claims only 8 bytes': Buffer.from('0500000008000000', 'hex'),
    'is a section header without byte order': make.block(0x0a0d0d0a, Buffer.alloc(16)),
    'is too short': make.block(6, Buffer.alloc(8)),
    'is shorter than its packet': make.block(
      6,
      Buffer.concat([Buffer.alloc(12), make.u32(50, 'little'), Buffer.alloc(8)]),
    ),
    'above the cap of 1114112': Buffer.concat([make.u32(6, 'little'), make.u32(0x7ffffff0, 'little')]),
  })) {
    it(`a block that ${what} ends the reading`, async () => {
      const capture = Buffer.concat([CAPTURES['pcapng, little-endian'], broken, Buffer.alloc(64)]);
      const { packets, damage } = await read(capture);
      assert.deepEqual(packets, EXPECTED);
      assert.ok(damage.length === 1 && damage[0]!.includes(what), damage.join());
    });
  }

  it('caps the interfaces of a section', async () => {
    const many = Array.from({ length: 4097 }, () => make.interfaceBlock(1, 'little'));
    const { damage } = await read(Buffer.concat([make.sectionHeader('little'), ...many]));
    assert.match(damage[0]!, /passes the cap of 4096 interfaces/);
  });
});
