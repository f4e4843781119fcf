import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FragmentReassembler } from '../../../lib/pcap/fragments.js';
import { decodeIp, formatEndpoint } from '../../../lib/pcap/ip.js';
import { decodeLink } from '../../../lib/pcap/link.js';
import { decodeTcp, decodeUdp } from '../../../lib/pcap/transport.js';
import * as make from './synthesize.js';

const PAYLOAD = Buffer.from('payload');
const V4 = make.udpPacket(make.SERVER, make.CLIENT, PAYLOAD);
const V6 = make.udpPacket(make.SERVER6, make.CLIENT6, PAYLOAD);

describe('decodeLink', () => {
  it('finds the packet behind VLAN tags, one or stacked (802.1Q, QinQ)', () => {
    const macs = '000102030405060708090a0b';
    for (const tags of ['', '81000001', '88a8000181000002']) {
      const data = Buffer.concat([Buffer.from(`${macs}${tags}0800`, 'hex'), V4]);
      assert.deepEqual(decodeLink(1, data), V4);
    }
    const tooMany = Buffer.concat([Buffer.from(`${macs}${'81000001'.repeat(5)}0800`, 'hex'), V4]);
    assert.equal(decodeLink(1, tooMany), undefined);
  });

  it('gives nothing for other protocols, unknown links and what is cut short', () => {
    assert.equal(decodeLink(1, Buffer.from('000102030405060708090a0b0806000000', 'hex')), undefined);
    assert.equal(decodeLink(220, V4), undefined);
    for (const linkType of [1, 113, 276]) assert.equal(decodeLink(linkType, Buffer.alloc(9)), undefined);
    assert.equal(decodeLink(1, Buffer.from('000102030405060708090a0b8100', 'hex')), undefined);
  });
});

describe('decodeIp', () => {
  it('leaves the padding of short Ethernet frames out', () => {
    for (const packet of [V4, V6]) {
      const padded = decodeIp(Buffer.concat([packet, Buffer.alloc(11)]))!;
      assert.equal(padded.payload.length, 8 + PAYLOAD.length);
      assert.deepEqual(decodeUdp(padded.payload)!.payload, PAYLOAD);
      assert.equal(padded.fragment, undefined);
    }
  });

  it('passes over IPv4 options', () => {
    const packet = Buffer.concat([V4.subarray(0, 20), Buffer.from('94040000', 'hex'), V4.subarray(20)]);
    packet[0] = 0x46;
    packet.writeUInt16BE(packet.length, 2);
    assert.deepEqual(decodeUdp(decodeIp(packet)!.payload)!.payload, PAYLOAD);
  });

  it('passes over IPv6 extension headers', () => {
    const hopByHop = Buffer.from('3c00010400000000', 'hex');
    const destination = Buffer.from('330101040000000000000000000000000000', 'hex').subarray(0, 16);
    const authentication = Buffer.alloc(12);
    authentication[0] = 17;
    authentication[1] = 1;
    const packet = Buffer.concat([V6.subarray(0, 40), hopByHop, destination, authentication, V6.subarray(40)]);
    packet[6] = 0;
    packet.writeUInt16BE(packet.length - 40, 4);
    const decoded = decodeIp(packet)!;
    assert.equal(decoded.protocol, 17);
    assert.deepEqual(decodeUdp(decoded.payload)!.payload, PAYLOAD);
  });

  it('takes a length of 0 as the rest: packets that the network card was to segment', () => {
    const v4 = Buffer.from(V4);
    v4.writeUInt16BE(0, 2);
    const v6 = Buffer.from(V6);
    v6.writeUInt16BE(0, 4);
    for (const packet of [v4, v6]) assert.deepEqual(decodeUdp(decodeIp(packet)!.payload)!.payload, PAYLOAD);
  });

  it('never throws, and never gives more than there is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(V4, V6),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 }),
        fc.nat(60),
        (packet, changes, end) => {
          const data = Buffer.from(packet.subarray(0, end));
          for (const [at, value] of changes) if (at < data.length) data[at] = value;
          const decoded = decodeIp(data);
          if (decoded === undefined) return;
          assert.ok(decoded.payload.length <= data.length);
          decodeTcp(decoded.payload);
          decodeUdp(decoded.payload);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('decodeUdp', () => {
  it('gives nothing for a datagram that was captured in part', () => {
    assert.equal(decodeUdp(V4.subarray(20, V4.length - 1)), undefined);
  });
});

describe('formatEndpoint', () => {
  for (const [hex, text] of Object.entries({
    c0a80102: '192.168.1.2:554',
    '00000000000000000000000000000001': '[::1]:554',
    fe800000000000000000000000000001: '[fe80::1]:554',
    '20010db8000000010000000000000000': '[2001:db8:0:1::]:554',
    '20010db8000000010001000100010001': '[2001:db8:0:1:1:1:1:1]:554',
    '20010000000000010000000000000001': '[2001:0:0:1::1]:554',
    '20010010000000000000000000000010': '[2001:10::10]:554',
  })) {
    it(text, () => assert.equal(formatEndpoint({ address: Buffer.from(hex, 'hex'), port: 554 }), text));
  }
});

describe('FragmentReassembler', () => {
  const whole = make.udpPacket(make.SERVER, make.CLIENT, Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 255)));
  const fragments = make.fragment(whole, 800).map((packet) => decodeIp(packet)!);

  it('joins fragments in any order, repeated ones too', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...fragments.keys()], { minLength: fragments.length }),
        fc.nat(6),
        (order, again) => {
          const reassembler = new FragmentReassembler();
          const results = [...order.slice(0, 3), order[again % 3]!, ...order.slice(3)].map((i) =>
            reassembler.push(fragments[i]!),
          );
          const joined = results.filter((result) => result !== undefined);
          assert.equal(joined.length, 1);
          assert.deepEqual(joined[0]!.payload, whole.subarray(20));
          assert.deepEqual([reassembler.dropped, reassembler.pending], [0, 0]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('joins IPv6 fragments', () => {
    const udp = make.udpPacket(make.SERVER6, make.CLIENT6, Buffer.alloc(1000, 7));
    const part = (from: number, to: number, more: number) => {
      const header = Buffer.from('110000000000abcd', 'hex');
      header.writeUInt16BE(from | more, 2);
      const packet = Buffer.concat([udp.subarray(0, 40), header, udp.subarray(40 + from, 40 + to)]);
      packet[6] = 44;
      packet.writeUInt16BE(packet.length - 40, 4);
      return decodeIp(packet)!;
    };
    const reassembler = new FragmentReassembler();
    assert.equal(reassembler.push(part(0, 600, 1)), undefined);
    assert.deepEqual(decodeUdp(reassembler.push(part(600, 1008, 0))!.payload)!.payload, Buffer.alloc(1000, 7));
  });

  it('gives overlapping fragments up', () => {
    const reassembler = new FragmentReassembler();
    const overlapping = { ...fragments[1]!, fragment: { id: 77, offset: 792, more: true } };
    for (const pair of [
      [fragments[0]!, overlapping],
      [overlapping, fragments[0]!],
    ]) {
      for (const packet of pair) assert.equal(reassembler.push(packet), undefined);
    }
    assert.deepEqual([reassembler.dropped, reassembler.pending], [2, 0]);
  });

  it('keeps at most 64 packets, and gives the oldest up', () => {
    const reassembler = new FragmentReassembler();
    for (let id = 0; id < 100; id++) reassembler.push({ ...fragments[0]!, fragment: { id, offset: 0, more: true } });
    assert.deepEqual([reassembler.dropped, reassembler.pending], [36, 64]);
  });
});
