import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetinaRecordError } from '../../../lib/errors.js';
import { everywhere, feed, frame, latin1, type Outcome, recordingFramer } from './framer-record.js';

const lineEnd = fc.constantFrom('\r\n', '\n');
const body = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));

/** Responses and requests, with and without body, with either line end. */
const message = fc
  .record({
    start: fc.constantFrom(
      'RTSP/1.0 200 OK',
      'RTSP/1.0 404',
      'RTSP/1.0 200 ',
      'OPTIONS * RTSP/1.0',
      'ANNOUNCE rtsp://h/ RTSP/1.0',
    ),
    headers: fc.array(fc.constantFrom('CSeq: 7', 'Session:   A;timeout=60', 'Server: caf\xe9', 'X:', 'no colon'), {
      maxLength: 5,
    }),
    end: lineEnd,
    lastEnd: lineEnd,
    body,
  })
  .map(({ start, headers, end, lastEnd, body }) => {
    const lines = [start, ...headers, ...(body.length > 0 ? [`Content-Length: ${body.length}`] : [])];
    return Buffer.concat([latin1(`${lines.join(end)}${end}${lastEnd}`), body]);
  });

const interleaved = fc
  .tuple(fc.nat(3), fc.oneof(body, fc.constant(Buffer.alloc(3000, 0x80)), fc.constant(Buffer.alloc(2500, 0x41))))
  .map(([channel, payload]) => frame(channel, payload));

const junk = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      ...['RTSP/1.', 'RTSP/1.x\n', 'PLAY ', 'PLAYRTSP/1.0 200', '$', '\0\0\0', '\r\n\r', 'SETUP x\r\n', 'FOO '],
    )
    .map(latin1),
);

const stream = fc.array(fc.oneof(message, interleaved, junk), { maxLength: 12 }).map((parts) => Buffer.concat(parts));

function comparable({ found, end, error }: Outcome): unknown {
  if (error === undefined) return { found, end };
  assert.ok(error instanceof RetinaRecordError, String(error));
  return { found, code: error.code, message: error.message };
}

for (const options of [{}, { fromClient: true }]) {
  test(`Q11 messages, frames and junk cut anywhere give the same as in one piece: ${JSON.stringify(options)}`, () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(20_000), { maxLength: 30 }),
        fc.constantFrom([], [0, 1]),
        (data, cuts, channels) => {
          const whole = comparable(feed(data, [], options, channels));
          const inside = cuts.filter((cut) => cut < data.length);
          assert.deepEqual(comparable(feed(data, inside, options, channels)), whole);
          assert.deepEqual(comparable(feed(data, everywhere(data), options, channels)), whole);
        },
      ),
      { numRuns: 150 },
    );
  });
}

test('passing over the frames finds the same messages, junk and places, however the bytes are cut', () => {
  const withoutData = (outcome: Outcome): unknown =>
    comparable({ ...outcome, found: outcome.found.map((one) => ('frame' in one ? { ...one, data: '' } : one)) });
  fc.assert(
    fc.property(stream, fc.array(fc.nat(20_000), { maxLength: 30 }), (data, cuts) => {
      const whole = withoutData(feed(data));
      const inside = cuts.filter((cut) => cut < data.length);
      assert.deepEqual(comparable(feed(data, inside, { skipFrames: true })), whole);
      assert.deepEqual(comparable(feed(data, everywhere(data), { skipFrames: true })), whole);
      assert.deepEqual(comparable(feed(data, inside, { skipFrames: true, runs: true })), whole);
    }),
    { numRuns: 150 },
  );
});

test('frames that are told of together are the same, and as many, however the bytes are cut', () => {
  const several = fc.tuple(interleaved, fc.integer({ min: 1, max: 5 })).map(([one, count]) => Array(count).fill(one));
  const frames = fc.array(fc.oneof(several, fc.tuple(message)), { maxLength: 8 }).map((parts) => parts.flat());
  fc.assert(
    fc.property(
      fc.oneof(stream, frames.map(Buffer.concat)),
      fc.array(fc.nat(20_000), { maxLength: 30 }),
      (data, cuts) => {
        const whole = comparable(feed(data));
        const inside = cuts.filter((cut) => cut < data.length);
        assert.deepEqual(comparable(feed(data, [], { runs: true })), whole);
        assert.deepEqual(comparable(feed(data, inside, { runs: true })), whole);
        assert.equal(count(data, true), count(data, false));
      },
    ),
    { numRuns: 150 },
  );
});

function count(data: Buffer, runs: boolean): number {
  const { framer } = recordingFramer({ runs });
  try {
    framer.push(data, 0);
  } catch {
    // Up to there.
  }
  return framer.frames;
}

test('ignoring the frames finds the same messages and junk, however the bytes are cut', () => {
  const withoutFrames = (outcome: Outcome): unknown =>
    comparable({ ...outcome, found: outcome.found.filter((one) => !('frame' in one)) });
  fc.assert(
    fc.property(stream, fc.array(fc.nat(20_000), { maxLength: 30 }), fc.boolean(), (data, cuts, skipFrames) => {
      const whole = withoutFrames(feed(data));
      const inside = cuts.filter((cut) => cut < data.length);
      assert.deepEqual(comparable(feed(data, inside, { skipFrames }, [], true)), whole);
      assert.deepEqual(comparable(feed(data, everywhere(data), { skipFrames }, [], true)), whole);
    }),
    { numRuns: 150 },
  );
});

test('Q11 sound messages and frames all come out, with every byte accounted for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(message, interleaved), { maxLength: 12 }),
      fc.array(fc.nat(20_000)),
      (parts, cuts) => {
        const data = Buffer.concat(parts);
        const { found, end, error } = feed(
          data,
          cuts.filter((cut) => cut < data.length),
        );
        assert.equal(error, undefined);
        assert.deepEqual(end, { truncated: false, bytes: 0 });
        const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.length, 0));
        assert.deepEqual(
          found.map(({ at }) => at),
          starts,
        );
      },
    ),
  );
});

test('every byte is in exactly one frame, message or run of junk, or a blank line', () => {
  fc.assert(
    fc.property(stream, (data) => {
      const { found, error } = feed(data);
      if (error !== undefined) return;
      let behind = 0;
      for (const one of found) {
        assert.ok(one.at >= behind);
        assert.match(data.toString('latin1', behind, one.at), /^[\r\n]*$/);
        behind = 'frame' in one ? one.at + 4 + one.data.length / 2 : 'junk' in one ? one.at + one.junk : one.end;
      }
    }),
  );
});

test('damage of any kind leads to nothing but errors of the project', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 });
  fc.assert(
    fc.property(stream, edits, fc.nat(), fc.boolean(), (sound, changes, length, fromClient) => {
      const data = Buffer.from(sound.subarray(0, length % (sound.length + 1)));
      for (const [at, value] of changes) if (data.length > 0) data[at % data.length] = value;
      comparable(
        feed(
          data,
          [7, 8, 9, 100].filter((cut) => cut < data.length),
          { fromClient },
        ),
      );
    }),
    { numRuns: 500 },
  );
});
