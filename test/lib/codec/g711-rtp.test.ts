import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { G711Receiver } from '../../../lib/codec/g711-rtp.js';
import type { AudioFrame, Fault, MediaDescription } from '../../../lib/items.js';
import { codes, frameBytes, g711, usableConfig } from './audio-items.js';
import { type PacketSpec, rtpPackets } from './rtp-items.js';

function receive(specs: readonly PacketSpec[], media: MediaDescription = g711('pcma')) {
  const frames: AudioFrame[] = [];
  const faults: Fault[] = [];
  const config = usableConfig(media);
  if (config.codec === 'aac') throw new Error('no G.711');
  const receiver = new G711Receiver(media, config, (item) =>
    item.kind === 'audioFrame' ? frames.push(item) : faults.push(item),
  );
  for (const packet of rtpPackets(media, specs)) receiver.take(packet);
  receiver.end();
  return { frames, faults };
}

describe('G.711 in RTP', () => {
  for (const [encodingName, size] of [
    ['pcma', 384],
    ['pcmu', 384],
    ['pcma', 1],
    ['pcmu', 1400],
  ] as const) {
    it(`Q143 ${encodingName}: ${size} bytes are a frame of ${size} ticks, and a view`, () => {
      const payload = Buffer.alloc(size, 0xd5);
      const { frames, faults } = receive([{ p: payload, t: -160, recv: 7n }], g711(encodingName));
      assert.deepEqual(faults, []);
      const [{ media, config, parts, ...rest } = assert.fail()] = frames;
      assert.equal(parts[0], payload);
      assert.deepEqual(config, { codec: encodingName, sampleRate: 8000, channels: 1 });
      assert.equal(media.encodingName, encodingName);
      assert.deepEqual(rest, {
        kind: 'audioFrame',
        byteLength: size,
        timestamp: 2 ** 32 - 160,
        extendedTimestamp: -160,
        duration: size,
        lost: 0,
        recvFirst: 7n,
        recvLast: 7n,
        waited: false,
      });
    });
  }

  it('Q143 16 kHz: a byte is a tick, too', () => {
    const [frame] = receive([{ p: Buffer.alloc(320) }], g711('pcmu', { clockRate: 16_000 })).frames;
    assert.deepEqual([frame!.duration, frame!.config.sampleRate], [320, 16_000]);
  });

  it('Q143 stereo: two bytes are a tick; what cannot be halved is left out with a fault', () => {
    const { frames, faults } = receive(
      [{ p: Buffer.alloc(321) }, { p: Buffer.alloc(320) }],
      g711('pcma', { channels: 2 }),
    );
    assert.deepEqual(
      frames.map(({ duration }) => duration),
      [160],
    );
    assert.deepEqual(codes(faults), ['audio-malformed']);
    assert.match(faults[0]!.message, /321 bytes are no whole samples of 2 channels/);
  });

  it('Q143 an empty packet is left out with a fault; lost packets add up until a frame is delivered', () => {
    const { frames, faults } = receive([{ p: 'd5' }, { p: '', lost: 2 }, { p: 'd5', lost: 1 }, { p: 'd5' }]);
    assert.deepEqual(
      frames.map(({ lost }) => lost),
      [0, 3, 0],
    );
    assert.deepEqual(codes(faults), ['audio-malformed']);
    assert.deepEqual([faults[0]!.sequenceNumber, faults[0]!.media!.index], [4, 1]);
  });

  it('gives every byte back, however it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })),
        fc.integer({ min: 1, max: 3 }),
        (list, channels) => {
          const packets = list.map((bytes) => Buffer.from(bytes));
          const whole = packets.filter(({ length }) => length % channels === 0);
          const { frames, faults } = receive(
            packets.map((p) => ({ p })),
            g711('pcma', { channels }),
          );
          assert.deepEqual(frames.map(frameBytes), whole);
          assert.ok(frames.every(({ duration, byteLength }) => duration * channels === byteLength));
          assert.equal(faults.length, packets.length - whole.length);
        },
      ),
    );
  });
});
