import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { packetizeAccessUnit } from '../../../lib/camera/h264-packetizer.js';
import { AccessUnitAssembler } from '../../../lib/codec/h264-access-unit.js';
import type { AccessUnit, Fault, RtpPacket } from '../../../lib/items.js';
import { nalUnits, type PacketSpec, rtpPackets, video } from './rtp-items.js';

/** A NAL unit as an encoder may send it: emulation prevention in place, no zero at its end. */
const nal = fc
  .record({
    type: fc.constantFrom(1, 5, 6, 7, 8, 9, 12),
    refIdc: fc.nat(3),
    body: fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { maxLength: 200 }),
  })
  .map(({ type, refIdc, body }) => {
    const bytes = [(refIdc << 5) | type, 0x80];
    let zeros = 0;
    for (const byte of body) {
      if (zeros >= 2 && byte <= 3) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Buffer.from([...bytes, 0x80]);
  });

const slice = nal.map((unit) => {
  unit[0] = (unit[0]! & 0x60) | 1;
  return unit;
});

function assemble(packets: readonly RtpPacket[]): { units: AccessUnit[]; faults: Fault[] } {
  const units: AccessUnit[] = [];
  const faults: Fault[] = [];
  const assembler = new AccessUnitAssembler(video(), (item) =>
    item.kind === 'accessUnit' ? units.push(item) : faults.push(item),
  );
  for (const packet of packets) assembler.take(packet, packet.payload, 0, packet.payload.length);
  assembler.end();
  return { units, faults };
}

describe('depacketizing what was packetized', () => {
  it('gives the same NAL units for any MTU, with and without STAP-A', () => {
    const units = fc.array(fc.tuple(fc.array(nal, { maxLength: 5 }), slice), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(units, fc.integer({ min: 4, max: 1400 }), fc.boolean(), (pictures, maxPayload, aggregate) => {
        const expected = pictures.map(([others, last]) => [...others, last]);
        const specs = expected.flatMap((list, i) =>
          packetizeAccessUnit(list, { maxPayload, aggregate }).map(
            ({ payload, marker }): PacketSpec => ({ p: payload, m: marker, t: i * 3000 }),
          ),
        );
        const { units: found, faults } = assemble(rtpPackets(video(), specs));
        assert.deepEqual(
          faults.filter(({ code }) => code !== 'h264-parameters'),
          [],
        );
        assert.deepEqual(found.map(nalUnits), expected);
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same NAL unit for any cut into fragments, empty ones too', () => {
    fc.assert(
      fc.property(slice, fc.array(fc.nat(300), { maxLength: 8 }), (unit, cuts) => {
        const edges = [1, ...cuts.map((cut) => 1 + (cut % unit.length)).sort((a, b) => a - b), unit.length];
        const specs = edges.slice(1).map((end, i): PacketSpec => {
          const last = i === edges.length - 2;
          const head = Buffer.of((unit[0]! & 0x60) | 28, (i === 0 ? 0x80 : 0) | (last ? 0x40 : 0) | (unit[0]! & 0x1f));
          return { p: Buffer.concat([head, unit.subarray(edges[i], end)]), m: last };
        });
        assert.deepEqual(assemble(rtpPackets(video(), specs)).units.map(nalUnits), [[unit]]);
      }),
      { numRuns: 400 },
    );
  });

  it('survives packets of random bytes; each unit left out gives one fault, each unit is of whole NAL units', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(
          fc.constantFrom(0x7c, 0x18, 0x61, 0x65, 0x67, 0x68, 0x06, 0x00, 0xfc),
          fc.array(fc.oneof(fc.constant(0), fc.nat(255))),
        )
        .map(([first, rest]) => Uint8Array.from([first, ...rest])),
    );
    const packet = fc.record({
      payload,
      m: fc.boolean(),
      step: fc.constantFrom(0, 0, 0, 3000, -3000),
      lost: fc.constantFrom(0, 0, 0, 0, 3),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), (list) => {
        let t = 0;
        const specs = list.map(({ payload: p, m, step, lost }): PacketSpec => {
          t += step;
          return { p: Buffer.from(p), m, t, lost };
        });
        const packets = rtpPackets(video(), specs);
        const before = packets.map(({ payload }) => Buffer.from(payload));
        const { units, faults } = assemble(packets);
        assert.deepEqual(
          packets.map(({ payload }) => payload),
          before,
        );
        for (const unit of units) {
          assert.ok(unit.nalUnits.length > 0);
          for (const bytes of nalUnits(unit)) {
            assert.ok((bytes[0]! & 0x1f) >= 1 && (bytes[0]! & 0x1f) < 24 && bytes[0]! < 0x80);
            assert.notEqual(bytes.at(-1), 0);
          }
        }
        const damaged = faults.filter(({ code }) => /damaged|malformed|unsupported/.test(code));
        const perPacket = new Map<number, number>();
        for (const { sequenceNumber } of damaged)
          perPacket.set(sequenceNumber!, (perPacket.get(sequenceNumber!) ?? 0) + 1);
        // At most the unit that the packet reveals as damaged and the one that it begins.
        for (const count of perPacket.values()) assert.ok(count <= 2);
      }),
      { numRuns: 1500 },
    );
  });

  it('survives any damage to the packets of real NAL units, and never gives a NAL unit that was not sent', () => {
    const pictures = Array.from({ length: 6 }, (_, i) => [
      Buffer.concat([Buffer.of(0x61, 0x80), Buffer.alloc(50 + i, 0x10 + i)]),
      Buffer.concat([Buffer.of(0x61, 0x40), Buffer.alloc(120 + i, 0x20 + i)]),
    ]);
    const specs = pictures.flatMap((list, i) =>
      packetizeAccessUnit(list, { maxPayload: 40 }).map(({ payload, marker }) => ({
        p: payload,
        m: marker,
        t: i * 3000,
      })),
    );
    const sent = new Map(pictures.map((list, i) => [i * 3000, list.map((unit) => unit.toString('hex')).join()]));
    const drops = fc.uniqueArray(fc.nat(specs.length - 1), { maxLength: 10 });
    fc.assert(
      fc.property(drops, (dropped) => {
        let lost = 0;
        const left: PacketSpec[] = [];
        for (const [i, spec] of specs.entries()) {
          if (dropped.includes(i)) lost++;
          else {
            left.push({ ...spec, lost });
            lost = 0;
          }
        }
        const { units, faults } = assemble(rtpPackets(video(), left));
        for (const unit of units) {
          assert.equal(
            nalUnits(unit)
              .map((bytes) => bytes.toString('hex'))
              .join(),
            sent.get(unit.timestamp),
          );
        }
        // Every loss that somebody could notice is counted: by a unit, or by none because none came any more.
        const counted = units.reduce((sum, unit) => sum + unit.lost, 0);
        const noticed = left.reduce((sum, spec) => sum + (spec.lost ?? 0), 0);
        const lastLoss = left.findLastIndex((spec) => (spec.lost ?? 0) > 0);
        const lastUnit = units.at(-1)?.timestamp ?? -1;
        if (lastLoss < 0 || left[lastLoss]!.t! < lastUnit) assert.equal(counted, noticed);
        assert.ok(counted <= noticed);
        assert.ok(faults.every(({ code }) => code === 'h264-damaged' || code === 'h264-malformed'));
        assert.ok(units.length + faults.length <= pictures.length + 1);
      }),
      { numRuns: 1500 },
    );
  });
});
