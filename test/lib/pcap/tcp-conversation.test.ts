import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Endpoint } from '../../../lib/pcap/ip.js';
import { MAX_SEGMENT } from '../../../lib/pcap/ip-writer.js';
import { readPackets } from '../../../lib/pcap/read-packets.js';
import { serializeFileHeader } from '../../../lib/pcap/record-writer.js';
import { TcpConversation } from '../../../lib/pcap/tcp-conversation.js';
import * as make from './synthesize.js';

/** The Internet checksum over a packet's transport part and its pseudo header: 0xffff where the checksum is right. */
function transportSum(packet: Buffer): number {
  const isIpv4 = packet[0]! >> 4 === 4;
  const addresses = isIpv4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  const body = packet.subarray(isIpv4 ? 20 : 40);
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt16BE(isIpv4 ? packet[9]! : packet[6]!, 0);
  pseudo.writeUInt16BE(body.length, 2);
  return onesSum(Buffer.concat([addresses, pseudo, body, Buffer.alloc(body.length & 1)]));
}

function onesSum(data: Buffer): number {
  let total = 0;
  for (let at = 0; at < data.length; at += 2) {
    total += data.readUInt16BE(at);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

function write(ends: { client: Endpoint; server: Endpoint }, turns: readonly make.Turn[]): Buffer {
  const conversation = new TcpConversation(ends, 0xfffffff0);
  const parts = [serializeFileHeader(), ...conversation.open(make.START)];
  for (const [i, { from, data }] of turns.entries()) {
    parts.push(...conversation.send(from, data, make.START + BigInt(i)));
  }
  return Buffer.concat([...parts, ...conversation.close(make.START)]);
}

const ENDS = { client: make.CLIENT, server: make.SERVER };
const ENDS6 = { client: make.CLIENT6, server: make.SERVER6 };

describe('TcpConversation', () => {
  for (const [name, ends] of Object.entries({ IPv4: ENDS, IPv6: ENDS6 })) {
    it(`${name}: what it writes is read back, to the nanosecond`, async () => {
      const items = await make.itemsOf(write(ends, make.SESSION));
      assert.deepEqual(make.chunkBytes(items), make.serverBytes(make.SESSION));
      const last = items.at(-1)!;
      assert.ok(last.kind === 'chunk');
      assert.equal(last.recv, make.START + BigInt(make.SESSION.length - 1));
      assert.ok(items.every(({ kind }) => kind !== 'fault'));
    });

    it(`${name}: its checksums are right`, async () => {
      const odd = make.server(Buffer.alloc(1001, 0xa5));
      let count = 0;
      for await (const { data } of readPackets(make.streamOf(write(ends, [...make.SESSION, odd])))) {
        assert.equal(transportSum(data), 0xffff);
        if (name === 'IPv4') assert.equal(onesSum(data.subarray(0, 20)), 0xffff);
        count++;
      }
      assert.equal(count, make.SESSION.length + 7);
    });
  }

  it('the checksum of a datagram is right, and never 0', () => {
    for (let i = 0; i < 0x10000; i += 257) {
      const packet = make.udpPacket(make.SERVER, make.CLIENT, Buffer.from([i >> 8, i & 255, 0x77]));
      assert.equal(transportSum(packet), 0xffff);
      assert.notEqual(packet.readUInt16BE(26), 0);
    }
  });

  it('splits what does not fit into one packet, without copying it', async () => {
    const conversation = new TcpConversation(ENDS);
    const data = Buffer.alloc(2 * MAX_SEGMENT + 1, 1);
    const pieces = conversation.send('server', data, make.START);
    assert.equal(pieces.length, 9);
    assert.ok([2, 5, 8].every((i) => pieces[i]!.buffer === data.buffer));
    const items = await make.itemsOf(write(ENDS, [...make.SESSION, make.server(data)]));
    assert.equal(make.chunkBytes(items).length, make.serverBytes(make.SESSION).length + data.length);
  });
});
