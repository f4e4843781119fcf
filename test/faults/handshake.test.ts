import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFaults } from '../../lib/camera/faults/parse.js';
import { EXIT } from '../../lib/cli/exit-code.js';
import { recordFaults } from './record-faults.js';

/** The embedded camera's answers to a recorder: DESCRIBE, SETUP, PLAY, TEARDOWN. */
const METHODS = ['DESCRIBE', 'SETUP', 'PLAY'] as const;

describe('a camera that hangs up in the handshake', () => {
  for (const [i, method] of METHODS.entries()) {
    for (const where of ['before', 'within'] as const) {
      it(`${where} its answer to ${method}`, async (t) => {
        const run = await recordFaults(t, parseFaults(`close=${where}:${i + 1}`));
        assert.deepEqual([run.exitCode, run.error?.code], [EXIT.nothing, 'connection-closed']);
        assert.match(
          run.error!.message,
          new RegExp(`^EOF while expecting response to ${method} CSeq ${i + 1}\\b.*127\\.0\\.0\\.1`),
        );
        assert.deepEqual(run.happened, [`close at ${where}:${i + 1}`]);
        assert.equal(run.elapsedS, 0, 'nobody waited for anything');
      });
    }
    const next = METHODS[i + 1];
    if (next === undefined) continue;
    it(`after its answer to ${method}`, async (t) => {
      const run = await recordFaults(t, parseFaults(`close=after:${i + 1}`));
      assert.deepEqual([run.exitCode, run.error?.code], [EXIT.nothing, 'connection-closed']);
      assert.match(run.error!.message, new RegExp(`expecting response to ${next} CSeq ${i + 2}\\b`));
    });
  }

  it('after its answer to PLAY: a recording that ends with nothing in it', async (t) => {
    const { report, exitCode } = await recordFaults(t, parseFaults('close=after:3'));
    assert.deepEqual(
      [report?.reason, report?.frames, report?.path, exitCode],
      ['connection', 0, undefined, EXIT.nothing],
    );
    assert.match(report!.error!.message, /the server closed the connection \(EOF\)/);
  });

  it('before its answer to TEARDOWN: that harms nobody', async (t) => {
    const { report, exitCode, samples } = await recordFaults(t, parseFaults('close=before:4'));
    assert.deepEqual([report?.reason, exitCode, samples.length], ['bye', EXIT.ok, 150]);
  });
});

/** The BYE is not kept for more to come behind it. */
const AT_ONCE = { recorder: { holdMs: 0 } };

describe('a camera that falls silent in the handshake', () => {
  for (const [i, method] of METHODS.entries()) {
    for (const where of ['before', 'within'] as const) {
      it(`${where} its answer to ${method}: given up after 10 s`, async (t) => {
        const run = await recordFaults(t, parseFaults(`silence=${where}:${i + 1}`));
        assert.deepEqual([run.exitCode, run.error?.code], [EXIT.nothing, 'response-timeout']);
        const missing = new RegExp(`^${method} CSeq ${i + 1}\\b.* was not answered within 10000 ms.*127\\.0\\.0\\.1`);
        assert.match(run.error!.message, missing);
        // Where a session may have been made, a TEARDOWN is tried for 5 s.
        assert.equal(run.elapsedS, method === 'PLAY' ? 15 : 10);
      });
    }
  }

  it('after its answer to PLAY: given up after 15 s, and the session is taken down', async (t) => {
    const { report, exitCode, elapsedS } = await recordFaults(t, parseFaults('silence=after:3'));
    assert.deepEqual([report?.reason, report?.frames, exitCode], ['connection', 0, EXIT.nothing]);
    assert.match(report!.error!.message, /no media were received for 15000 ms/);
    assert.equal(elapsedS, 20);
  });

  it('instead of an answer to TEARDOWN: the file is whole, and 5 s are waited', async (t) => {
    const { report, exitCode, samples, elapsedS } = await recordFaults(t, parseFaults('silence=before:4'), AT_ONCE);
    assert.deepEqual([report?.reason, exitCode, samples.length, elapsedS], ['bye', EXIT.ok, 150, 5]);
  });
});

describe('answers of the wrong size', () => {
  for (const [i, method] of METHODS.entries()) {
    it(`a head without end in the answer to ${method}: read up to the cap, which the error names`, async (t) => {
      const run = await recordFaults(t, parseFaults(`endless-headers=${i + 1}`));
      assert.deepEqual([run.exitCode, run.error?.code], [EXIT.nothing, 'rtsp-limit']);
      assert.match(
        run.error!.message,
        new RegExp(`${method} CSeq ${i + 1}\\b.*: an RTSP head is longer than the cap of 65536 bytes`),
      );
      assert.ok(run.bytesSent < 1024 * 1024, `${run.bytesSent} bytes were sent`);
      assert.deepEqual(run.happened, [`answer ${i + 1} has headers without end`]);
    });
  }

  it('a head without end in the answer to TEARDOWN: the file is whole, and 5 s are waited', async (t) => {
    const { report, exitCode, samples, elapsedS } = await recordFaults(t, parseFaults('endless-headers=4'), AT_ONCE);
    assert.deepEqual([report?.reason, exitCode, samples.length, elapsedS], ['bye', EXIT.ok, 150, 5]);
  });

  const LENGTHS = [
    ['huge', 'rtsp-limit', /Content-Length 4294967299 is above the cap of 131072 bytes/],
    [
      'long',
      'response-timeout',
      /^DESCRIBE CSeq 1 was not answered within 10000 ms: what has come of a message is incomplete/,
    ],
    ['nonsense', 'sdp-invalid', /^the answer to DESCRIBE has no body: its Content-Length "many" is no number/],
    // The control attribute at the end of the SDP is cut off.
    ['short', 'rtsp-status', /^SETUP CSeq 2 .* was answered 459/],
  ] as const;
  for (const [how, code, message] of LENGTHS) {
    it(`Content-Length ${how}`, async (t) => {
      const run = await recordFaults(t, parseFaults(`content-length=${how}`));
      const exitCode = code === 'sdp-invalid' ? EXIT.hopeless : EXIT.nothing;
      assert.deepEqual([run.exitCode, run.error?.code, run.report], [exitCode, code, undefined]);
      assert.match(run.error!.message, message);
      assert.equal(run.elapsedS, code === 'response-timeout' ? 10 : 0);
    });
  }
});
