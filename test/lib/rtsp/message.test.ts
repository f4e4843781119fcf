import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  contentLength,
  type HeaderList,
  header,
  parseHead,
  parseStartLine,
  type RtspHead,
  serializeRequest,
  serializeResponse,
  withBody,
} from '../../../lib/rtsp/message.js';
import { feed, onlyMessage } from './framer-record.js';

function parse(...lines: string[]): RtspHead {
  const head = parseHead(lines.join('\r\n'));
  assert.ok(head !== undefined);
  return head;
}

const OK = 'RTSP/1.0 200 OK';

describe('header fields', () => {
  it('Q2 names in odd case, H264DVR and VStarcam', () => {
    for (const name of ['Cseq', 'CSeq', 'cseq', 'CSEQ']) {
      assert.equal(header(parse(OK, `${name}: 4`), 'CSeq'), '4');
      assert.equal(header(parse(OK, 'CSeq: 4'), name), '4');
    }
    assert.equal(header(parse(OK, 'Content-type: application/sdp'), 'Content-Type'), 'application/sdp');
    assert.equal(header(parse(OK, 'transport: RTP/AVP'), 'Transport'), 'RTP/AVP');
  });

  it('Q4 white space around values, Longse and Hikvision', () => {
    assert.equal(header(parse(OK, 'CSeq: 7 '), 'CSeq'), '7');
    assert.equal(header(parse(OK, 'Session:        ABC'), 'Session'), 'ABC');
    assert.equal(header(parse(OK, 'Session:\t ABC \t'), 'Session'), 'ABC');
    assert.equal(header(parse(OK, 'CSeq :7'), 'CSeq'), '7');
    assert.equal(header(parse(OK, 'Session:A B'), 'Session'), 'A B');
  });

  it('Q8 the same field twice: all values in order, the first one by default', () => {
    const head = parse(
      OK,
      'WWW-Authenticate: Digest realm="x"',
      'CSeq: 1',
      'www-authenticate: Basic realm="x"',
      'CSeq: 2',
    );
    assert.deepEqual(head.headers.get('www-authenticate'), ['Digest realm="x"', 'Basic realm="x"']);
    assert.equal(header(head, 'CSeq'), '1');
  });

  it('Q9 empty, non-ASCII and unknown header fields', () => {
    const head = parse(
      OK,
      'Server: caf\xe9',
      'Cache-Control:',
      'x-Dynamic-Rate: 1',
      'Server*: a',
      'no field',
      ': none',
    );
    assert.equal(header(head, 'server'), 'caf\u00e9');
    assert.equal(header(head, 'cache-control'), '');
    assert.equal(header(head, 'x-dynamic-rate'), '1');
    assert.equal(header(head, 'server*'), 'a');
    assert.equal(head.headers.size, 4);
    const { found } = feed(
      Buffer.concat([Buffer.from('RTSP/1.0 200 OK\r\nServer: caf'), Buffer.of(0xe9), Buffer.from('\r\n\r\n')]),
    );
    assert.equal(header(onlyMessage(found), 'Server'), 'café');
  });

  it('a value goes on in lines that begin with a blank (RFC 2326 section 4.2)', () => {
    const head = parse(OK, ' stray', 'RTP-Info: url=a;seq=1,', '\turl=b;seq=2', '  ;rtptime=3', 'CSeq: 1');
    assert.equal(header(head, 'rtp-info'), 'url=a;seq=1, url=b;seq=2 ;rtptime=3');
    assert.equal(header(head, 'cseq'), '1');
  });

  it('names that objects have are names like others', () => {
    const head = parse(OK, '__proto__: a', 'constructor: b');
    assert.equal(header(head, '__proto__'), 'a');
    assert.equal(header(head, 'constructor'), 'b');
    assert.equal(header(parse(OK), 'constructor'), undefined);
  });
});

describe('start lines', () => {
  const cases: readonly (readonly [string, object | undefined])[] = [
    ['RTSP/1.0 200 OK', { type: 'response', version: 'RTSP/1.0', status: 200, reason: 'OK' }],
    [
      'RTSP/1.0  454  Session Not Found ',
      { type: 'response', version: 'RTSP/1.0', status: 454, reason: 'Session Not Found' },
    ],
    ['RTSP/1.0 200', { type: 'response', version: 'RTSP/1.0', status: 200, reason: '' }],
    ['RTSP/1.1 999 caf\xe9', { type: 'response', version: 'RTSP/1.1', status: 999, reason: 'caf\u00e9' }],
    ['OPTIONS * RTSP/1.0', { type: 'request', version: 'RTSP/1.0', method: 'OPTIONS', uri: '*' }],
    [
      'GET_PARAMETER rtsp://h/a?b RTSP/2.0 ',
      { type: 'request', version: 'RTSP/2.0', method: 'GET_PARAMETER', uri: 'rtsp://h/a?b' },
    ],
    ['RTSP/1.0 20 OK', undefined],
    ['RTSP/1.0 2000 OK', undefined],
    ['RTSP/1.0 200OK', undefined],
    ['RTSP/1.0', undefined],
    ['HTTP/1.1 200 OK', undefined],
    ['PLAY rtsp://h/a b RTSP/1.0', undefined],
    ['play rtsp://h/ RTSP/1.0', undefined],
    ['PLAY rtsp://h/', undefined],
    ['', undefined],
  ];
  for (const [line, expected] of cases) {
    it(`${JSON.stringify(line)} is ${expected === undefined ? 'none' : 'one'}`, () => {
      assert.deepEqual(parseStartLine(line), expected);
      assert.deepEqual(parseStartLine(`${line}\r`), expected);
      assert.equal(parseHead(`${line}\r\nCSeq: 1`) === undefined, expected === undefined);
    });
  }
});

describe('Content-Length', () => {
  for (const [value, expected] of [
    ['12', 12],
    ['', 0],
    ['007', 7],
    ['131072', 131_072],
    ['-1', undefined],
    ['1e3', undefined],
    ['4 4', undefined],
  ] as const) {
    it(`Q10 ${JSON.stringify(value)} is ${expected}`, () => {
      assert.equal(contentLength(parse(OK, `Content-Length: ${value}`)), expected);
    });
  }
});

describe('serialized messages', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,15}$/).filter((text) => text.toLowerCase() !== 'content-length');
  const value = fc.stringMatching(/^[!-~\xa1-\xff]([ -~\xa1-\xff]{0,20}[!-~\xa1-\xff])?$/);
  const headers = fc.array(fc.tuple(name, value), { maxLength: 6 });
  const body = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));

  function check(found: ReturnType<typeof feed>, sent: HeaderList, body: Buffer): void {
    const message = onlyMessage(found.found);
    assert.deepEqual(found.end, { truncated: false, bytes: 0 });
    assert.ok(message.body.equals(body));
    for (const [name] of sent) {
      const values = sent.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
      assert.deepEqual(message.headers.get(name.toLowerCase()), values);
    }
  }

  it('are read as they were meant', () => {
    fc.assert(
      fc.property(headers, body, (sent, body) => {
        check(feed(serializeRequest('SETUP', 'rtsp://h/a?b=1&c', sent, body)), sent, body);
        check(feed(serializeResponse(200, 'OK', sent, body)), sent, body);
      }),
    );
  });

  it('Q3 header fields stay in their order and spelling, one blank behind the colon', () => {
    const data = serializeRequest('OPTIONS', '*', [
      ['CSeq', '1'],
      ['User-Agent', 'x'],
    ]);
    assert.equal(data.toString('latin1'), 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: x\r\n\r\n');
    const answer = serializeResponse(200, 'OK', [['CSeq', '1']], Buffer.from('ab'));
    assert.equal(answer.toString('latin1'), 'RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nab');
  });

  it('never let a value add header fields', () => {
    for (const evil of ['a\r\nX: y', 'a\nX: y', 'a\0']) {
      assert.throws(() => serializeRequest('PLAY', evil, []), { code: 'rtsp-syntax' });
      assert.throws(() => serializeRequest('PLAY', '*', [['X', evil]]), { code: 'rtsp-syntax' });
      assert.throws(() => serializeResponse(200, evil, []), { code: 'rtsp-syntax' });
      assert.throws(() => serializeResponse(200, 'OK', [[evil, 'x']]), { code: 'rtsp-syntax' });
    }
  });

  it('a head without a body has an empty one', () => {
    assert.equal(withBody(parse(OK)).body.length, 0);
  });
});
