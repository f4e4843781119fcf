import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createLogger, type LogOptions } from '../../../lib/cli/log.js';

const OPTIONS: LogOptions = { json: false, quiet: false, level: 'info' };

/** What a logger writes to stderr for one message of each level. */
function written(t: TestContext, options: Partial<LogOptions>, isTTY = false, noColour?: string): string[] {
  const lines: string[] = [];
  const { isTTY: before } = process.stderr;
  const { NO_COLOR } = process.env;
  t.after(() => setNoColour(NO_COLOR));
  setNoColour(noColour);
  process.stderr.isTTY = isTTY;
  const write = t.mock.method(process.stderr, 'write', (text: string) => lines.push(text) > 0);
  const log = createLogger({ ...OPTIONS, ...options });
  log.error('broken');
  log.warn({ event: 'fault', code: 'junk', position: undefined }, 'odd');
  log.info('well');
  log.debug('said so');
  write.mock.restore();
  process.stderr.isTTY = before;
  return lines;
}

function setNoColour(value: string | undefined): void {
  if (value === undefined) delete process.env.NO_COLOR;
  else process.env.NO_COLOR = value;
}

describe('createLogger', () => {
  it('writes a line for each message of its level or above', (t) => {
    assert.deepEqual(written(t, {}), ['ERROR: broken\n', 'WARN: odd\n', 'INFO: well\n']);
    assert.deepEqual(written(t, { level: 'debug' }).at(-1), 'DEBUG: said so\n');
    assert.deepEqual(written(t, { level: 'error' }), ['ERROR: broken\n']);
    assert.deepEqual(written(t, { quiet: true, level: 'debug' }), ['ERROR: broken\n']);
  });

  it('colours them on a terminal, unless NO_COLOR is set', (t) => {
    assert.equal(written(t, {}, true)[1], '\x1b[33mWARN\x1b[39m: \x1b[36modd\x1b[39m\n');
    assert.equal(written(t, {}, true, '1')[1], 'WARN: odd\n');
  });

  it('writes NDJSON with level, time, fields and text', (t) => {
    const [error, warning] = written(t, { json: true }, true).map((line) => JSON.parse(line));
    assert.deepEqual(Object.keys(error), ['level', 'time', 'msg']);
    assert.ok(Math.abs(Date.parse(error.time) - Date.now()) < 60_000, error.time);
    assert.deepEqual({ ...warning, time: '' }, { level: 40, time: '', event: 'fault', code: 'junk', msg: 'odd' });
  });
});
