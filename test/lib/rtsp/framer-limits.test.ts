import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RetinaRecordError } from '../../../lib/errors.js';
import { MAX_BODY, MAX_HEADER_LINES, MAX_HEADER_VALUE } from '../../../lib/rtsp/message.js';
import { everywhere, feed, frame, latin1, onlyMessage } from './framer-record.js';

const MAX_HEAD = 65_536;

function fails(data: Buffer, cuts: Iterable<number>, code: string, message: RegExp): void {
  const { error } = feed(data, cuts);
  assert.ok(error instanceof RetinaRecordError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
}

/** A head of exactly so many bytes. */
function head(bytes: number): Buffer {
  const line = `X: ${'x'.repeat(1000)}\r\n`;
  let text = 'RTSP/1.0 200 OK\r\n';
  while (text.length + line.length + 10 < bytes) text += line;
  const rest = bytes - text.length - 'Y: \r\n\r\n'.length;
  return latin1(`${text}Y: ${'y'.repeat(rest)}\r\n\r\n`);
}

describe('Q10 caps', () => {
  it('Q10 a head of 64 KiB is taken, a byte more is not, however it is cut', () => {
    for (const cuts of [[], [100], [MAX_HEAD - 2], [MAX_HEAD - 1], [MAX_HEAD]]) {
      assert.equal(head(MAX_HEAD).length, MAX_HEAD);
      assert.equal(onlyMessage(feed(head(MAX_HEAD), cuts).found).type, 'response');
      fails(head(MAX_HEAD + 1), cuts, 'rtsp-limit', /head is longer than the cap of 65536 bytes/);
      fails(head(MAX_HEAD + 5000), cuts, 'rtsp-limit', /head is longer than the cap of 65536 bytes/);
    }
  });

  it('Q10 a first line without end', () => {
    const endless = latin1(`OPTIONS ${'x'.repeat(80_000)}\r\n\r\n`);
    for (const cuts of [[], [50_000], [70_000]]) fails(endless, cuts, 'rtsp-limit', /65536 bytes/);
  });

  it('Q10 255 header lines are taken, 256 are not', () => {
    const withLines = (count: number) => latin1(`RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(count)}\r\n`);
    const message = onlyMessage(feed(withLines(MAX_HEADER_LINES)).found);
    assert.equal(message.headers.get('x')?.length, 255);
    fails(withLines(MAX_HEADER_LINES + 1), [], 'rtsp-limit', /cap of 255/);
  });

  it('Q10 a value of 2 KiB is taken, a byte more is not, on one line or several', () => {
    const withValue = (value: string) => latin1(`RTSP/1.0 200 OK\r\nX: ${value}\r\n\r\n`);
    assert.equal(onlyMessage(feed(withValue('v'.repeat(MAX_HEADER_VALUE))).found).headers.get('x')?.[0]?.length, 2048);
    fails(withValue('v'.repeat(MAX_HEADER_VALUE + 1)), [], 'rtsp-limit', /cap of 2048 bytes/);
    fails(withValue(`${'v'.repeat(1500)}\r\n ${'v'.repeat(1500)}`), [], 'rtsp-limit', /cap of 2048 bytes/);
  });

  it('Q10 a body of 128 KiB is taken, a byte more is refused before it comes', () => {
    const withLength = (length: string) => latin1(`RTSP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    const body = Buffer.alloc(MAX_BODY, 0x24);
    const { found } = feed(Buffer.concat([withLength(String(MAX_BODY)), body, frame(0, 'aa')]), [60, 70_000]);
    assert.equal(onlyMessage(found).body.length, 131_072);
    assert.equal(found.length, 2);
    fails(withLength(String(MAX_BODY + 1)), [], 'rtsp-limit', /Content-Length 131073 is above the cap of 131072 bytes/);
    fails(withLength('9'.repeat(400)), [], 'rtsp-limit', /131072 bytes/);
  });
});

describe('the bytes of a client', () => {
  const client = { fromClient: true };

  it('an unknown method is a request all the same', () => {
    for (const method of ['FOO', 'X_FANCY', 'A', 'Z'.repeat(32)]) {
      const data = Buffer.concat([frame(1, 'aa'), latin1(`${method} rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 3\r\n\r\n`)]);
      for (const cuts of [[], everywhere(data)]) {
        const message = onlyMessage(feed(data, cuts, client).found);
        assert.ok(message.type === 'request');
        assert.equal(message.method, method);
      }
      assert.equal(feed(data).found.length, 2);
      assert.ok('junk' in feed(data).found[1]!);
    }
  });

  it('what is no method is junk', () => {
    for (const text of ['foo * RTSP/1.0', ' X', 'A1 * RTSP/1.0', `${'Z'.repeat(33)} * RTSP/1.0`, 'FOO\r\n']) {
      for (const cuts of [[], everywhere(latin1(text))]) {
        const { found } = feed(Buffer.concat([latin1(`${text}\0`), frame(0, 'aa')]), cuts, client);
        assert.ok('junk' in found[0]!, text);
      }
    }
  });

  it('a method cut short is neither lost nor junk', () => {
    assert.deepEqual(feed(latin1('FO'), [1], client), {
      found: [],
      end: { truncated: true, bytes: 2 },
      error: undefined,
    });
  });

  for (const text of ['OPTIONS * HTTP/1.1\r\n', 'GET /\n', 'SETUP x RTSP/1.0\r\nContent-Length: -1\r\n\r\n']) {
    it(`a head that is none is an error that can be answered: ${JSON.stringify(text)}`, () => {
      for (const cuts of [[], everywhere(latin1(text))]) {
        const { error } = feed(latin1(text), cuts, client);
        assert.ok(error instanceof RetinaRecordError);
        assert.equal(error.code, 'rtsp-syntax');
        assert.match(error.message, /^not an RTSP head: what begins with "(OPTIONS|GET|SETUP)"/);
      }
    });
  }

  it('an error repeats nothing that could be a secret', () => {
    const { error } = feed(latin1('GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\n\r\n'), [], client);
    assert.doesNotMatch((error as Error).message, /Basic|c2Vjcm/);
    const length = feed(
      latin1('PLAY rtsp://u:c2VjcmV0@h RTSP/1.0\r\nAuthorization: Basic c2VjcmV0\r\nContent-Length: z\r\n\r\n'),
      [],
      client,
    );
    assert.equal((length.error as RetinaRecordError).code, 'rtsp-syntax');
    assert.doesNotMatch((length.error as Error).message, /Basic|c2Vjcm/);
  });
});
