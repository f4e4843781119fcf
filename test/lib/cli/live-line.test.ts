import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { LiveLine } from '../../../lib/cli/live-line.js';
import { createLogger } from '../../../lib/cli/log.js';

/** A terminal as far as log-update uses one: new lines, erasing a line, the cursor up and to the left (ECMA-48). */
class Terminal {
  readonly stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    rows: 24,
  }) as unknown as NodeJS.WriteStream;
  private readonly lines = [''];
  private row = 0;

  constructor() {
    this.stream.on('data', (data: Buffer) => this.take(data.toString()));
  }

  /** What it shows, up to the last line that is not empty. */
  async screen(): Promise<string[]> {
    await new Promise(setImmediate);
    return this.lines.slice(0, 1 + this.lines.findLastIndex((line) => line !== ''));
  }

  private take(text: string): void {
    for (const part of text.replaceAll('\x1b', '␛').match(/␛\[[?\d]*[A-Za-z]|\n|[^␛\n]+/g) ?? []) {
      if (part === '\n') this.lines[++this.row] ??= '';
      else if (part === '␛[2K') this.lines[this.row] = '';
      else if (part === '␛[1A') this.row--;
      else if (part.startsWith('␛')) assert.match(part, /^␛\[(?:G|\?25[lh])$/);
      else this.lines[this.row] += part;
    }
  }
}

describe('LiveLine', () => {
  it('stays below the messages, which stay', async () => {
    const terminal = new Terminal();
    const line = new LiveLine(terminal.stream);
    const log = createLogger({ json: false, quiet: false, level: 'info' }, line);
    log.info('recording');
    await line.open();
    line.show('status 1');
    log.warn('3 packets lost');
    assert.deepEqual(await terminal.screen(), ['INFO: recording', 'WARN: 3 packets lost', 'status 1']);
    line.show('status 2');
    line.show('status 3');
    log.warn('again');
    assert.deepEqual((await terminal.screen()).slice(1), ['WARN: 3 packets lost', 'WARN: again', 'status 3']);
    line.hide();
    log.info('recorded');
    assert.deepEqual(await terminal.screen(), [
      'INFO: recording',
      'WARN: 3 packets lost',
      'WARN: again',
      'INFO: recorded',
    ]);
  });

  it('is nothing but the terminal before it is opened', async () => {
    const terminal = new Terminal();
    const line = new LiveLine(terminal.stream);
    line.write('a\n');
    line.hide();
    line.write('b\n');
    assert.deepEqual(await terminal.screen(), ['a', 'b']);
  });
});
