import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';
import { header } from '../../../lib/rtsp/message.js';
import { MAX_JUNK } from '../../../lib/rtsp/resynchronizer.js';
import { everywhere, feed, frame, latin1, onlyMessage, recordingFramer } from './framer-record.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const OK = 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n';

it('frames of one channel that lie whole behind each other are told of together, if that is wanted', () => {
  const data = Buffer.concat([0, 0, 0, 1, 0, 0].map((channel) => frame(channel, 'aabb')));
  for (const [runs, starts, ends] of [
    [true, [0, 18, 24], [18, 24, 30]],
    [false, [0, 6, 12, 18, 24, 30], [6, 12, 18, 24, 30, 36]],
  ] as const) {
    const told: [number, number][] = [];
    const framer = new InterleaveFramer(
      {
        frame: (_channel, _data, _start, _end, position, until) => told.push([position, until]),
        message: () => {},
        junk: () => {},
      },
      { runs },
    );
    framer.push(data.subarray(0, 33), 0);
    if (runs)
      assert.deepEqual(
        told,
        starts.map((start, i) => [start, ends[i]]),
      );
    framer.push(data.subarray(33), 33);
    // The last one has a memory of its own.
    assert.deepEqual(
      told.map(([position]) => position),
      runs ? [...starts, 30] : starts,
    );
    assert.equal(framer.frames, 6);
  }
});

describe('what cameras send between and in messages', () => {
  it('Q1 blank lines before a frame and before a message', () => {
    assert.deepEqual(feed(hex('0d0a 24000004 61736466')).found, [{ frame: 0, data: '61736466', at: 2 }]);
    assert.deepEqual(feed(hex('0d0a 0d0a 0d0a 24000004 61736466')).found, [{ frame: 0, data: '61736466', at: 6 }]);
    const { found, end } = feed(latin1(`\r\n\r\n${OK}`));
    assert.equal(onlyMessage(found).type, 'response');
    assert.deepEqual(end, { truncated: false, bytes: 0 });
  });

  it('Q6 status line without reason phrase', () => {
    for (const line of ['RTSP/1.0 200', 'RTSP/1.0 200 ']) {
      const message = onlyMessage(feed(latin1(`${line}\r\nCSeq: 1\r\n\r\n`)).found);
      assert.ok(message.type === 'response');
      assert.equal(message.status, 200);
      assert.equal(message.reason, '');
    }
  });

  it('Q7 lines ended by a bare LF, YUAN encoders', () => {
    for (const text of [
      'RTSP/1.0 200 OK\nCSeq: 1\n\n',
      'RTSP/1.0 200 OK\r\nCSeq: 1\n\r\n',
      'RTSP/1.0 200 OK\nCSeq: 1\r\n\n',
    ]) {
      const { found } = feed(Buffer.concat([latin1(text), frame(0, 'aa')]));
      const message = onlyMessage(found);
      assert.ok(message.type === 'response');
      assert.equal(message.status, 200);
      assert.equal(header(message, 'cseq'), '1');
      assert.equal(message.body.length, 0);
      assert.deepEqual(found[1], { frame: 0, data: 'aa', at: text.length });
    }
  });

  it('Q10 a body is as long as Content-Length says, whatever it contains', () => {
    const head = 'RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\n';
    const { found } = feed(Buffer.concat([latin1(head), hex('24000000'), hex('24000001aa')]));
    assert.equal(onlyMessage(found).body.toString('hex'), '24000000');
    assert.deepEqual(found[1], { frame: 0, data: 'aa', at: head.length + 4 });
    assert.equal((found[0] as { end: number }).end, head.length + 4);
  });

  it('Q10 no Content-Length, an empty one and 0 mean no body', () => {
    for (const line of ['', 'Content-Length:\r\n', 'Content-Length: 0\r\n']) {
      const { found } = feed(latin1(`RTSP/1.0 200 OK\r\n${line}\r\n${OK}`));
      assert.equal(found.length, 2);
    }
  });

  it('Q10 a Content-Length that is no number counts as none, and a body behind it is junk', () => {
    for (const start of ['RTSP/1.0 200 OK', 'SETUP rtsp://192.0.2.1/ RTSP/1.0']) {
      for (const value of ['many', '-4', '0x10', '1 2', '12, 12']) {
        const head = `${start}\r\nContent-Length: ${value}\r\n\r\n`;
        const data = Buffer.concat([latin1(`${head}v=0\r\ns=x\r\n`), frame(0, 'aa'), latin1(OK)]);
        for (const cuts of [[], everywhere(data)]) {
          const { found, error } = feed(data, cuts);
          assert.equal(error, undefined);
          assert.ok('message' in found[0]! && found[0].message.body.length === 0);
          assert.deepEqual(found.slice(1, 3), [
            { junk: 10, at: head.length },
            { frame: 0, data: 'aa', at: head.length + 10 },
          ]);
          assert.ok('message' in found[3]!);
        }
      }
    }
  });

  it('Q12 an empty frame and one of 65535 bytes', () => {
    const { found } = feed(hex('24000000 24000001aa'));
    assert.deepEqual(found, [
      { frame: 0, data: '', at: 0 },
      { frame: 0, data: 'aa', at: 4 },
    ]);
    const largest = Buffer.alloc(65_535, 0x24);
    for (const cuts of [[], [3], [4], [40_000]]) {
      assert.deepEqual(feed(frame(1, largest), cuts).found, [{ frame: 1, data: largest.toString('hex'), at: 0 }]);
    }
  });

  it('Q15 a frame on a channel that was never set up is a frame where one is expected', () => {
    assert.deepEqual(feed(frame(77, 'aa'), [], {}, [0, 1]).found, [{ frame: 77, data: 'aa', at: 0 }]);
  });
});

describe('Q13 junk between frames', () => {
  it('Q13 zeros after an interleaved frame', () => {
    const data = hex('24060004 01020304 000000 24060004 05060708');
    for (const cuts of [[], everywhere(data)]) {
      assert.deepEqual(feed(data, cuts, {}, [6, 7]).found, [
        { frame: 6, data: '01020304', at: 0 },
        { junk: 3, at: 8 },
        { frame: 6, data: '05060708', at: 11 },
      ]);
    }
  });

  it('Q13 a dollar among junk begins a frame only on a channel that is assigned, or its partner', () => {
    const junk = hex('ff 2463 0001 aa ff');
    const found = (channel: number) => feed(Buffer.concat([junk, frame(channel, 'bb')]), [], {}, [6]).found;
    assert.deepEqual(found(6), [
      { junk: 7, at: 0 },
      { frame: 6, data: 'bb', at: 7 },
    ]);
    assert.deepEqual(found(7), [
      { junk: 7, at: 0 },
      { frame: 7, data: 'bb', at: 7 },
    ]);
    assert.deepEqual(found(99), [{ junk: 12, at: 0 }]);
  });

  it('Q13 a long frame among junk has to look like RTP or RTCP', () => {
    const rtp = Buffer.alloc(3000, 0x80);
    assert.deepEqual(feed(Buffer.concat([hex('ff'), frame(0, rtp)])).found[1], {
      frame: 0,
      data: rtp.toString('hex'),
      at: 1,
    });
    const other = Buffer.alloc(3000, 0x20);
    assert.deepEqual(feed(Buffer.concat([hex('ff'), frame(0, other)])).found, [{ junk: 3005, at: 0 }]);
  });

  it('Q13 an empty frame behind junk at the very end', () => {
    assert.deepEqual(feed(hex('ff 24000000')), {
      found: [
        { junk: 1, at: 0 },
        { frame: 0, data: '', at: 1 },
      ],
      end: { truncated: false, bytes: 0 },
      error: undefined,
    });
  });

  it('Q13 messages are found behind junk', () => {
    for (const message of [OK, 'GET_PARAMETER rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 4\r\n\r\n']) {
      const { found } = feed(latin1(`\0\0RTSPLAY ${message}`));
      assert.deepEqual(found[0], { junk: 10, at: 0 });
      assert.deepEqual((found[1] as { at: number }).at, 10);
    }
  });

  it('Q13 gives up after 64 KiB of junk', () => {
    const most = feed(Buffer.concat([Buffer.alloc(MAX_JUNK), frame(0, 'aa')]));
    assert.deepEqual(most.found, [
      { junk: MAX_JUNK, at: 0 },
      { frame: 0, data: 'aa', at: MAX_JUNK },
    ]);
    for (const cuts of [[], [1, 100, 65_535, 65_536]]) {
      const { error, found } = feed(Buffer.concat([frame(0, 'bb'), Buffer.alloc(MAX_JUNK + 1)]), cuts);
      assert.equal((error as { code: string }).code, 'rtsp-framing');
      assert.match((error as Error).message, /cap of 65536 bytes.*byte 5/);
      assert.equal(found.length, 1);
    }
  });
});

describe('heads that are none', () => {
  const damaged = [
    'RTSP/1.0 2x0 OK\r\nCSeq: 1\r\n\r\n',
    'RTSP/1.x\r\n',
    'RTSP/1.\n',
    'PLAY it again\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\n\r\n',
  ];
  for (const text of damaged) {
    it(`count as junk, and the search goes on behind them: ${JSON.stringify(text)}`, () => {
      const data = Buffer.concat([frame(0, 'aa'), latin1(text), frame(1, 'bb'), latin1(OK)]);
      for (const cuts of [[], everywhere(data)]) {
        const { found, error } = feed(data, cuts);
        assert.equal(error, undefined);
        assert.deepEqual(found[1], { junk: text.length, at: 5 });
        assert.deepEqual(found[2], { frame: 1, data: 'bb', at: 5 + text.length });
        assert.equal(onlyMessage(found).type, 'response');
      }
    });
  }

  it('are judged by their first line, however far away their end is', () => {
    const { framer, found } = recordingFramer();
    framer.push(Buffer.concat([latin1('RTSP/1.0 not a status\r\nand so on'), frame(0, 'aa')]), 0);
    assert.deepEqual(found, [
      { junk: 32, at: 0 },
      { frame: 0, data: 'aa', at: 32 },
    ]);
  });

  it('add up to the cap on junk', () => {
    const { error } = feed(latin1('RTSP/1.0 x\r\n'.repeat(6000)));
    assert.equal((error as { code: string }).code, 'rtsp-framing');
  });

  it('Q84 a frame torn by the next one, old live555, is survived', () => {
    const torn = Buffer.concat([
      frame(0, Buffer.alloc(100, 0x80)).subarray(0, 54),
      frame(0, Buffer.alloc(60, 0x81)),
      latin1(OK),
    ]);
    const { found, error } = feed(torn, [], {}, [0, 1]);
    assert.equal(error, undefined);
    assert.equal(onlyMessage(found).type, 'response');
  });
});

describe('the end of the input', () => {
  it('tells whether something was cut short, and how much of it had come', () => {
    assert.deepEqual(feed(hex('24000004 6173')).end, { truncated: true, bytes: 2 });
    assert.deepEqual(feed(hex('2400')).end, { truncated: true, bytes: 2 });
    assert.deepEqual(feed(latin1('RTSP/1.0 200 OK\r\n')).end, { truncated: true, bytes: 17 });
    assert.deepEqual(feed(latin1('RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nab')).end, { truncated: true, bytes: 2 });
    assert.deepEqual(feed(hex('24000001aa')).end, { truncated: false, bytes: 0 });
    assert.deepEqual(feed(Buffer.alloc(0)).end, { truncated: false, bytes: 0 });
  });

  it('leaves nothing behind for what is pushed after a hole', () => {
    for (const begun of [
      latin1(`RTSP/1.0 200 OK\r\nX: ${'y'.repeat(200)}`),
      hex('24000004 61'),
      hex('ff'),
      hex('24'),
    ]) {
      const { framer, found } = recordingFramer();
      framer.push(begun, 0);
      framer.end();
      assert.equal(framer.isMidway, false);
      framer.push(latin1(OK), 1000);
      assert.deepEqual(found.at(-1), { message: onlyMessage(found), at: 1000, end: 1000 + OK.length });
    }
  });
});
