import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { connect } from '../../../lib/net/connect.js';
import type { Session } from '../../../lib/net/session.js';
import { record } from '../../../lib/recorder/record.js';
import { Recording } from '../../../lib/recorder/recording.js';
import type { Clock } from '../../../lib/time/clock.js';
import { unixNsToNtp } from '../../../lib/time/ntp.js';
import { readMp4 } from '../../read-mp4.js';
import { readTiming } from '../../read-timing.js';
import { cameraFor, demoDigests, digest } from './cameras.js';

/** Collects what is written, and fails with an error code once that many bytes have come. */
class FullSink extends Writable {
  readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly space: number,
    private readonly code: string,
  ) {
    super();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.bytes += data.length;
    if (this.bytes > this.space) callback(Object.assign(new Error(`write ${this.code}`), { code: this.code }));
    else {
      this.chunks.push(data);
      callback();
    }
  }
}

describe('record to a stream', () => {
  it('gets the whole recording and is ended', async (t) => {
    const camera = await cameraFor(t);
    const sink = new PassThrough();
    const collected = sink.toArray() as Promise<Buffer[]>;
    const recording = await record(camera.url, sink);
    const file = Buffer.concat(await collected);
    const report = await recording.done;
    assert.deepEqual([report.reason, report.path, report.frames, report.bytes], ['bye', undefined, 150, file.length]);
    assert.deepEqual(
      readMp4(file).samples.map(({ data }) => digest(data)),
      demoDigests,
    );
  });

  it('its disk is full: the recording ends with that error', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const sink = new FullSink(300_000, 'ENOSPC');
    const report = await (await record(camera.url, sink)).done;
    assert.deepEqual([report.reason, (report.error as NodeJS.ErrnoException).code], ['output', 'ENOSPC']);
    const file = readMp4(Buffer.concat(sink.chunks));
    assert.ok(file.samples.length > 0 && file.samples.length <= report.frames);
  });

  it('its reader goes away: a good end', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const report = await (await record(camera.url, new FullSink(300_000, 'EPIPE'))).done;
    assert.deepEqual([report.reason, report.error], ['reader-gone', undefined]);
  });

  it('it is destroyed by its owner: an error', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const sink = new PassThrough().resume();
    const recording = await record(camera.url, sink);
    await once(recording, 'start');
    sink.destroy();
    const report = await recording.done;
    assert.equal(report.reason, 'output');
    assert.match(report.error!.message, /closed before everything was written/);
  });

  it('it is closed or ended already: refused at once, without a word to the camera', async (t) => {
    const camera = await cameraFor(t);
    let sessions = 0;
    camera.on('session', () => sessions++);
    const [destroyed, ended] = [new PassThrough(), new PassThrough()];
    destroyed.destroy();
    ended.end();
    for (const sink of [destroyed, ended]) {
      await assert.rejects(record(camera.url, sink), { code: 'output-failed', message: /closed or ended/ });
    }
    assert.equal(sessions, 0);
  });

  it('it fails while the camera is being connected to: its own error', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const sink = new PassThrough();
    const attempt = record(`rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/`, sink);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const closed = once(socket.resume(), 'close');
    const error = new Error('no such folder');
    sink.destroy(error);
    await assert.rejects(attempt, error);
    await closed;
    assert.equal(sink.listenerCount('error'), 0);
  });

  it('it was closed between connecting and recording: an error', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const session = await connect(camera.url);
    const stream = new PassThrough();
    stream.destroy();
    const report = await new Recording(session, { file: undefined, stream }, {}).done;
    assert.deepEqual([report.reason, report.frames], ['output', 0]);
    assert.match(report.error!.message, /closed before everything was written/);
  });

  it('tells the camera even if the sink has failed', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const end = new Promise((resolve) =>
      camera.on('session', (event) => event.event === 'end' && resolve(event.reason)),
    );
    await (await record(camera.url, new FullSink(0, 'ENOSPC'))).done;
    assert.equal(await end, 'teardown');
  });

  it('stalls for half a second: receive times stay those of the reading', async (t) => {
    const camera = await cameraFor(t, { loop: true });
    const readMeanwhile = 3_000_000;
    let time = 1_700_000_000_000_000_000n;
    let session: Session | undefined;
    let release: (() => void) | undefined;
    let released: bigint | undefined;
    const clock: Clock = {
      now() {
        time += 1000n;
        // The sink is let go only by what the socket brings, and by then half a second has passed.
        if (release !== undefined && session!.receiveStats.bytes >= readMeanwhile) {
          time += 500_000_000n;
          released = time;
          release();
          release = undefined;
          time += 1000n;
        }
        return time;
      },
    };
    const chunks: Buffer[] = [];
    const sink = new Writable({
      write(data: Buffer, _encoding, callback) {
        chunks.push(data);
        if (released === undefined) release = () => setImmediate(callback);
        else callback();
      },
    });
    session = await connect(camera.url, { clock });
    const recording = new Recording(session, { file: undefined, stream: sink }, {});
    while (released === undefined) await once(session.source, 'data');
    await new Promise<void>((resolve) => setImmediate(resolve));
    await recording.stop();
    const { samples } = readMp4(Buffer.concat(chunks));
    const receiveTimes = samples.map(({ data }) => readTiming(data).frames[0]!.recv);
    for (const [i, recv] of receiveTimes.entries()) assert.ok(i === 0 || recv >= receiveTimes[i - 1]!);
    const early = samples.filter((_, i) => receiveTimes[i]! < unixNsToNtp(released!));
    const bytes = early.reduce((sum, { data }) => sum + data.length, 0);
    // More than all stages' buffers hold: what had been read is stamped before the stall's end, though it was written after it.
    assert.ok(bytes > 0.9 * readMeanwhile, `${bytes} of ${readMeanwhile} bytes are stamped before the stall's end`);
    const halfway = unixNsToNtp(released! - 250_000_000n);
    assert.ok(early.every((_, i) => receiveTimes[i]! < halfway));
  });
});
