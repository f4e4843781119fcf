import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findFrame, looksInterleaved, rtspSignature } from '../../../lib/pcap/rtsp-signature.js';
import * as make from './synthesize.js';

describe('rtspSignature', () => {
  for (const [text, expected] of [
    ['OPTIONS * RTSP/1.0\r\n', 'request'],
    ['\r\nDESCRIBE rtsp://camera/1 RTSP/1.0\r\nCSeq: 1\r\n', 'request'],
    ['GET_PARAMETER /live RTSP/2.0\n', 'request'],
    ['RTSP/1.0 200', 'response'],
    ['OPTIONS * HTTP/1.1\r\n', 'other'],
    ['GET / HTTP/1.1\r\n', 'other'],
    ['HTTP/1.1 200 OK\r\n', 'other'],
    ['220 ready\r\n', 'other'],
    ['\x16\x03\x01\x02', 'other'],
    ['', 'unknown'],
    ['RT', 'unknown'],
    ['PLAY rtsp://camera/1 RTS', 'unknown'],
    [`PLAY ${'x'.repeat(2048)}`, 'other'],
  ] as const) {
    it(`${JSON.stringify(text.slice(0, 30))} is ${expected}`, () => {
      assert.equal(rtspSignature(Buffer.from(text, 'latin1')), expected);
    });
  }

  it('a request cut anywhere is unknown until its line ends', () => {
    const line = 'SETUP rtsp://camera/track1 RTSP/1.0\r\n';
    for (let end = 0; end < line.length; end++) assert.equal(rtspSignature(Buffer.from(line.slice(0, end))), 'unknown');
  });
});

describe('findFrame', () => {
  it('finds frames and answers behind the rest of another frame', () => {
    const rest = make.frame(0, 1, 500).subarray(50);
    for (const next of [
      make.frame(0, 2),
      Buffer.concat([make.frame(1, 2), make.frame(0, 3)]),
      Buffer.from('RTSP/1.0 200 OK'),
    ]) {
      assert.equal(findFrame(Buffer.concat([rest, next]), looksInterleaved, false), rest.length);
    }
    assert.equal(findFrame(rest, looksInterleaved, false), -1);
  });

  it('believes a frame that goes on behind the data only at the start, or where the channels are known', () => {
    const cut = make.frame(0, 2, 500).subarray(0, 300);
    assert.equal(findFrame(cut, looksInterleaved, false), 0);
    const later = Buffer.concat([Buffer.alloc(10), cut]);
    assert.equal(findFrame(later, looksInterleaved, false), -1);
    assert.equal(findFrame(later, looksInterleaved, true), 10);
  });
});
