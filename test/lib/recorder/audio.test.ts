import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadScript } from '../../../lib/camera/load-script.js';
import { RetinaRecordError } from '../../../lib/errors.js';
import type { AccessUnit, AudioFrame, Bye, MediaDescription } from '../../../lib/items.js';
import type { RecordOptions } from '../../../lib/recorder/options.js';
import { record } from '../../../lib/recorder/record.js';
import { Recording } from '../../../lib/recorder/recording.js';
import { packageFile } from '../../../lib/version.js';
import { readMp4 } from '../../read-mp4.js';

import { video } from '../codec/rtp-items.js';
import { audioRun, pictures, playing } from '../mp4/audio.js';
import { FakeTime } from '../net/fake-timers.js';
import { cameraFor, folderFor } from './cameras.js';
import { ScriptedSession } from './session.js';

const script = await loadScript(fileURLToPath(packageFile('fixtures/gst-aac-basic.pcap')));

async function recorded(t: TestContext, options: RecordOptions = {}) {
  // A fixed timestamp, so that it has as many digits in the SEI each time.
  const camera = await cameraFor(t, { script, initialTimestamp: 1_000_000_000 });
  const report = await (await record(camera.url, join(folderFor(t), 'out.mp4'), options)).done;
  return { report, ...readMp4(readFileSync(report.path!)) };
}

describe('a camera with audio', () => {
  it('is recorded with it: every frame of both streams, and the report counts them', async (t) => {
    const { report, tracks } = await recorded(t);
    assert.equal(report.reason, 'bye');
    const [picture, sound] = tracks;
    assert.deepEqual([picture!.handler, sound!.handler], ['vide', 'soun']);
    assert.equal(picture!.samples.length, report.frames);
    const { frames, ...audio } = report.audio!;
    assert.deepEqual(audio, { codec: 'aac', sampleRate: 16_000, channels: 1, lostPackets: 0 });
    assert.equal(sound!.samples.length, frames);
    const packets = script.media.find(({ type }) => type === 'audio')!.packets;
    assert.ok(frames > packets.length - 5 && frames <= packets.length, `${frames} of ${packets.length}`);
    // The same payloads in the same order, without the header of 4 bytes ahead of the one frame in each.
    const first = packets.findIndex(({ payload }) => payload.subarray(4).equals(sound!.samples[0]!.data));
    for (const [i, { data }] of sound!.samples.entries())
      assert.ok(packets[first + i]!.payload.subarray(4).equals(data));
  });

  it('is recorded without on request, byte for byte the same video', async (t) => {
    const both = await recorded(t);
    const alone = await recorded(t, { noAudio: true });
    assert.deepEqual([alone.tracks.length, alone.report.audio], [1, undefined]);
    const plain = ({ tracks }: typeof both) =>
      tracks[0]!.samples.map(({ dts, cts, isSync, data }) => [dts, cts, isSync, data.length]);
    assert.deepEqual(plain(both), plain(alone));
  });

  it('is recorded without video on request', async (t) => {
    const { report, tracks } = await recorded(t, { noVideo: true });
    assert.equal(report.reason, 'bye');
    assert.deepEqual([tracks.length, tracks[0]!.handler, tracks[0]!.samples.length], [1, 'soun', report.audio!.frames]);
    assert.deepEqual([report.frames, report.width], [0, 0]);
    assert.ok(report.mediaSeconds > 11 && report.senderReports > 0 && report.startedAt !== undefined);
  });
});

/** A recording of a session that the test plays. */
function scripted(media: readonly MediaDescription[], transport: 'tcp' | 'udp' = 'tcp', tool?: string) {
  const script = new ScriptedSession({ ...playing(...media), tool }, transport);
  const sink = new PassThrough();
  const bytes = sink.toArray() as Promise<Buffer[]>;
  const time = new FakeTime();
  const recording = new Recording(script.session, { file: undefined, stream: sink }, { timers: time });
  return { script, recording, time, bytes };
}

const bye = (media: MediaDescription, foreign?: true): Bye => ({ kind: 'bye', media, ssrcs: [1], foreign, recv: 0n });

describe('the end of a recording of video and audio', () => {
  const [first] = audioRun(1);
  const audio = first!.media;
  const picture = video();
  const content = async (): Promise<[AccessUnit[], AudioFrame[]]> => [
    (await pictures(50)).map((unit) => ({ ...unit, media: picture })),
    audioRun(90),
  ];

  it('both streams say BYE: that is the end', async () => {
    const { script, recording } = scripted([picture, audio]);
    const [units, frames] = await content();
    await script.deliver(...units, ...frames, bye(audio), bye(picture));
    const { reason, audio: sound, frames: count } = await recording.done;
    assert.deepEqual([reason, sound!.frames, count], ['bye', 90, 50]);
  });

  it('the audio says BYE alone: the video goes on', async () => {
    const { script, recording, time } = scripted([picture, audio]);
    const [units, frames] = await content();
    await script.deliver(...units.slice(0, 20), ...frames, bye(audio));
    time.advance(10_000);
    await script.deliver(...units.slice(20), bye(picture));
    assert.deepEqual([(await recording.done).reason, (await recording.done).frames], ['bye', 50]);
  });

  it('the video says BYE alone: the audio has two seconds to end', async () => {
    const { script, recording, time, bytes } = scripted([picture, audio]);
    const [units, frames] = await content();
    await script.deliver(...units, ...frames.slice(0, 80), bye(picture));
    time.advance(1999);
    await script.deliver(...frames.slice(80));
    assert.equal(script.closed, false);
    time.advance(1);
    const report = await recording.done;
    assert.deepEqual([report.reason, report.error, report.audio!.frames], ['bye', undefined, 90]);
    assert.deepEqual(time.delaysMs, [], 'no timer is left');
    assert.equal(readMp4(Buffer.concat(await bytes)).tracks[1]!.samples.length, 90);
  });

  it('over UDP the BYE may overtake the last packets: they are waited for', async () => {
    const { script, recording, time } = scripted([picture], 'udp');
    const [units] = await content();
    await script.deliver(...units.slice(0, 40), bye(picture));
    time.advance(249);
    await script.deliver(...units.slice(40));
    assert.equal(script.closed, false);
    time.advance(1);
    assert.deepEqual([(await recording.done).reason, (await recording.done).frames], ['bye', 50]);
  });

  it('the connection is closed behind the video’s BYE: as good', async () => {
    const { script, recording } = scripted([picture, audio]);
    const [units, frames] = await content();
    await script.deliver(...units, ...frames, bye(picture));
    await script.deliver({ kind: 'fault', code: 'connection-closed', message: 'EOF' });
    assert.deepEqual([(await recording.done).reason, (await recording.done).error], ['bye', undefined]);
  });

  it('BYE of a source that is not the stream’s: the recording goes on', async () => {
    const { script, recording, time } = scripted([picture]);
    const [units] = await content();
    await script.deliver(...units.slice(0, 20), bye(picture, true));
    time.advance(10_000);
    await script.deliver(...units.slice(20));
    await recording.stop();
    assert.deepEqual([(await recording.done).reason, (await recording.done).frames], ['stopped', 50]);
  });

  it('audio alone that comes to nothing: it ends as video would', async () => {
    const { script, recording, time } = scripted([audio]);
    const started = once(recording, 'start');
    await script.deliver(...audioRun(50));
    await started;
    time.advance(30_000);
    assert.equal(script.closed, false, 'frames came');
    await script.deliver({ kind: 'fault', code: 'junk', message: 'junk' });
    time.advance(30_000);
    const { reason, error, audio: sound } = await recording.done;
    assert.deepEqual([reason, (error as Error & { code: string }).code, sound!.frames], ['no-frames', 'no-frames', 50]);
  });

  it('video that stops while audio goes on: it ends', async () => {
    const { script, recording, time } = scripted([picture, audio]);
    const [units, frames] = await content();
    await script.deliver(...units, ...frames.slice(0, 50));
    time.advance(30_000);
    await script.deliver(...frames.slice(50));
    time.advance(30_000);
    assert.equal((await recording.done).reason, 'no-frames');
  });

  it('keeps no list of where fragments lie when it writes to a stream', async () => {
    const { script, recording } = scripted([picture, audio]);
    const [units, frames] = await content();
    await script.deliver(...units, ...frames);
    await recording.stop();
    assert.deepEqual((recording as unknown as { boundaries: number[] }).boundaries, []);
    assert.ok((await recording.done).bytes > 0);
  });
});

describe('data of another session', () => {
  for (const [title, code] of [
    ['Q15 a foreign channel', 'stale-session'],
    ['Q83 an SSRC', 'rtcp-ssrc'],
  ] as const) {
    it(`${title} that ends the recording is remembered as a stale session, over TCP`, async () => {
      for (const [transport, times] of [
        ['tcp', 1],
        ['udp', 0],
      ] as const) {
        const { script, recording } = scripted([video()], transport);
        script.source.destroy(new RetinaRecordError(code, 'SSRC 2 instead of 1', { position: 7 }));
        const { reason, error } = await recording.done;
        assert.equal(reason, 'stage');
        assert.match(error!.message, /^SSRC 2 instead of 1 \(connection \S+, byte 7\)$/);
        assert.equal(script.foreign, times, transport);
      }
    });
  }

  it('Q15 a foreign channel that the recording survives is not', async () => {
    const { script, recording } = scripted([video()], 'tcp');
    await script.deliver({ kind: 'fault', code: 'unassigned-channel', message: 'data on channel 6' });
    await recording.stop();
    assert.equal(script.foreign, 0);
  });
});
