import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAuHeaders } from '../../../lib/codec/aac-au-headers.js';
import { bytes } from './rtp-items.js';

const parse = (text: string, indexOmitted = false) => parseAuHeaders(bytes(text), indexOmitted);

describe('the AU header section', () => {
  const sound: [title: string, payload: string, sizes: number[], offset: number][] = [
    ['Q139 one frame', '0010 0018 "abc"', [3], 4],
    ['Q139 several frames', '0030 0008 0010 0018 "abbccc"', [1, 2, 3], 8],
    ['Q139 a length that is no multiple of 16', '0018 0018 00 "abc"', [3], 5],
    ['Q139 bytes behind the last frame', '0020 0008 0008 "ab" 0000', [1, 1], 6],
    ['Q139 a frame larger than the packet', '0010 fff8 "abc"', [8191], 4],
  ];
  for (const [title, payload, sizes, offset] of sound) {
    it(title, () => assert.deepEqual(parse(payload), { sizes, offset }));
  }

  const broken: [title: string, payload: string, problem: RegExp][] = [
    ['Q139 headers that are no whole bytes', '0011 0018 00 "abc"', /headers of 17 bits$/],
    ['Q139 no header', '0000 "abc"', /0 bits, which hold none/],
    ['Q139 half a header', '0008 00 "abc"', /8 bits, which hold none/],
    ['Q139 headers beyond the packet', '0030 0008 0010', /48 bits in 6 bytes/],
    ['Q139 an index', '0010 0019 "abc"', /index 1: interleaved/],
    ['Q139 an index delta', '0020 0008 0009 "ab"', /header 1 has index 1: interleaved/],
    ['Q139 frames beyond the packet', '0020 0018 0020 "abc" "def"', /2 frames of 7 bytes in a packet of 6/],
    ['Q139 a frame of 0 bytes', '0020 0008 0000 "a"', /header 1 says 0 bytes/],
    ['Q139 one byte', '00', /of 1 bytes/],
    ['Q139 nothing', '', /of 0 bytes/],
  ];
  for (const [title, payload, problem] of broken) it(title, () => assert.match(String(parse(payload)), problem));

  it('Q137 without index lengths a header may have 13 bits: one', () => {
    assert.deepEqual(parse('000d 0018 "abc"', true), { sizes: [3], offset: 4 });
    assert.match(String(parse('000d 0018 "abc"')), /13 bits/);
  });

  it('Q137 without index lengths a header may have 13 bits: several, packed', () => {
    // 0000000000001 0000000000010 0000000000011 and a bit of padding
    assert.deepEqual(parse('0027 0008 0080 06 "abbccc"', true), { sizes: [1, 2, 3], offset: 7 });
  });

  it('Q137 without index lengths headers of 16 bits are read as such', () => {
    assert.deepEqual(parse('0020 0008 0010 "abb"', true), { sizes: [1, 2], offset: 6 });
    assert.match(String(parse('0011 0018 00 "abc"', true)), /17 bits/);
  });

  it('reads back what was written, of both lengths', () => {
    const frames = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(frames, fc.boolean(), (sizes, bare) => {
        const width = bare ? 13 : 16;
        const text = sizes.map((size) => (bare ? size : size << 3).toString(2).padStart(width, '0')).join('');
        const headers = text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g)!;
        const payload = Buffer.from([
          0,
          text.length,
          ...headers.map((octet) => Number.parseInt(octet, 2)),
          ...Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0)),
        ]);
        assert.deepEqual(parseAuHeaders(payload, bare), { sizes, offset: 2 + headers.length });
      }),
    );
  });

  it('survives any bytes, and names no frame beyond the packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(80), fc.boolean(), (data, bits, indexOmitted) => {
        const payload = Buffer.from(data);
        if (payload.length >= 2) payload.writeUInt16BE(bits);
        const result = parseAuHeaders(payload, indexOmitted);
        if (typeof result === 'string') return;
        const sum = result.sizes.reduce((total, size) => total + size, 0);
        assert.ok(result.offset <= payload.length && result.sizes.every((size) => size >= 1 && size <= 8191));
        assert.ok(result.sizes.length === 1 || result.offset + sum <= payload.length);
      }),
      { numRuns: 3000 },
    );
  });
});
