import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';

test('Q11 the framer tells where each message begins and ends, however the bytes are cut', () => {
  const part = fc.constantFrom(
    'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n',
    'RTSP/1.0 200\nCSeq: 2\n\n',
    'RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n$\0\0\0',
    'OPTIONS * RTSP/1.0\r\n\r\n',
    '\r\n',
    '$\0\0\x03abc',
    '$\x01\0\0',
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), cuts, (parts, sizes) => {
      const expected: [number, number][] = [];
      let length = 0;
      for (const text of parts) {
        if (/^(RTSP|OPTIONS)/.test(text)) expected.push([length, length + text.length]);
        length += text.length;
      }
      const found: [number, number][] = [];
      const framer = new InterleaveFramer({
        frame: () => {},
        junk: () => assert.fail('junk'),
        message: (_, position, end) => found.push([position, end]),
      });
      const bytes = Buffer.from(parts.join(''), 'latin1');
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        if (at >= bytes.length) break;
        framer.push(bytes.subarray(at, at + size), at);
        at += size;
      }
      assert.deepEqual(found, expected);
    }),
  );
});
