import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { packetizeAac, withAdts } from './aac-writer.js';
import { aac, codes, collectAac, frameBytes, receiveAac, told } from './audio-items.js';
import { rtpPackets } from './rtp-items.js';

/** A raw frame; none begins like ADTS, since that would be the end of a frame before its start. */
const frame = fc.uint8Array({ minLength: 1, maxLength: 120 }).map((bytes) => {
  if (bytes[0] === 0xff) bytes[0] = 0x21;
  return Buffer.from(bytes);
});
const frames = fc.array(frame, { minLength: 1, maxLength: 12 });
const packetizing = fc.record({
  mtu: fc.integer({ min: 1, max: 300 }),
  fragmentSizes: fc.constantFrom('frame' as const, 'fragment' as const),
  aggregate: fc.boolean(),
  marker: fc.boolean(),
});
const expected = (list: readonly Buffer[]) =>
  list.map((data, i): [string, number] => [data.toString('latin1'), 1024 * i]);

describe('AAC out of packets into which it was put', () => {
  it('gives the same frames for any size of packet and both kinds of fragments, with markers and without', () => {
    fc.assert(
      fc.property(frames, packetizing, (list, how) => {
        // Without a marker nothing shows that fragments which say their own size are complete at the end.
        const last = Buffer.from('!');
        const found = receiveAac(packetizeAac([...list, last], how));
        assert.deepEqual(told(found.frames).slice(0, list.length), expected(list));
        assert.ok(codes(found.faults).every((code) => code === 'audio-oddity'));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same frames when each has an ADTS header', () => {
    fc.assert(
      fc.property(frames, packetizing, (list, how) => {
        const found = receiveAac(packetizeAac(list.map(withAdts), { ...how, marker: true }));
        assert.deepEqual(told(found.frames), expected(list));
        assert.deepEqual(
          codes(found.faults).filter((code) => code !== 'audio-oddity'),
          [],
        );
      }),
      { numRuns: 500 },
    );
  });

  it('with loss gives none but frames that were sent, and counts every lost packet that a frame follows', () => {
    const losses = fc.array(fc.nat(1000), { maxLength: 4 });
    fc.assert(
      fc.property(frames, packetizing, losses, (rest, how, places) => {
        // The first frame comes whole, and shows what the fragments say.
        const first = Buffer.alloc(2 * how.mtu, 0x21);
        const intact = packetizeAac([first], { ...how, marker: true }).length;
        const list = [first, ...rest];
        const specs = packetizeAac(list, { ...how, marker: true });
        const gone = new Set(places.map((place) => intact + (place % (specs.length - intact))));
        let lost = 0;
        const kept = specs.flatMap((spec, i) => {
          if (gone.has(i)) lost++;
          if (gone.has(i)) return [];
          const before = lost;
          lost = 0;
          return [{ ...spec, lost: before }];
        });
        const found = receiveAac(kept);
        const sent = new Map(expected(list).map(([text, time]) => [time, text]));
        for (const [text, time] of told(found.frames)) assert.equal(text, sent.get(time));
        assert.ok(codes(found.faults).every((code) => code === 'audio-oddity'));
        const counted = found.frames.reduce((sum, one) => sum + one.lost, 0);
        assert.ok(counted <= gone.size);
        if (told(found.frames).at(-1)?.[1] === 1024 * (list.length - 1)) assert.equal(counted, gone.size);
        // Where the headers say the frame's size, a frame is lost only with one of its packets.
        if (how.fragmentSizes === 'fragment') return;
        const damaged = new Set(specs.flatMap(({ t }, i) => (gone.has(i) ? [t] : [])));
        const whole = new Map(specs.map(({ p, t }) => [t!, (p as Buffer).readUInt16BE(0) / 16]));
        for (const t of damaged) whole.delete(t!);
        assert.equal(
          found.frames.length,
          [...whole.values()].reduce((sum, n) => sum + n, 0),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('survives packets of random bytes: what it emits was in them, and nothing is changed', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(
          fc.constantFrom(0x10, 0x20, 0x18, 0x0d),
          fc.array(fc.constantFrom(0, 8, 16, 24, 32, 0xff, 0xf1), { maxLength: 20 }),
        )
        .map(([bits, rest]) => Uint8Array.from([0, bits, ...rest])),
    );
    const packet = fc.record({
      p: payload.map((bytes) => Buffer.from(bytes)),
      m: fc.boolean(),
      step: fc.constantFrom(0, 0, 1024, -5),
      lost: fc.constantFrom(0, 0, 0, 2),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), fc.boolean(), (list, indexOmitted) => {
        let t = 0;
        const specs = list.map(({ p, m, step, lost }) => {
          t += step;
          return { p, m, t, lost };
        });
        const copies = list.map(({ p }) => Buffer.from(p));
        const found = collectAac(rtpPackets(aac(), specs), aac(), indexOmitted);
        const size = found.frames.reduce((sum, one) => sum + frameBytes(one).length, 0);
        assert.ok(size <= list.reduce((sum, { p }) => sum + p.length, 0));
        assert.ok(
          found.frames.every(({ parts }) => parts.every((part) => list.some(({ p }) => p.buffer === part.buffer))),
        );
        assert.ok(
          found.frames.reduce((sum, { lost }) => sum + lost, 0) <= list.reduce((sum, { lost }) => sum + lost, 0),
        );
        assert.deepEqual(
          list.map(({ p }) => p),
          copies,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
