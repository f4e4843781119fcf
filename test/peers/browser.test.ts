import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { type PlayReport, playInBrowser } from './support/browser.js';
import { readVideoTrack, type VideoTrack } from './support/mp4-samples.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { recordToEnd, startRecording } from './support/recorder.js';
import { embeddedCamera } from './support/servers.js';
import { readSound, type Sound, serveG711 } from './support/sounds.js';

/** Faster than life, and yet slow enough for sound to be played. */
const RATE = 3;

const FIXTURES = [
  { name: 'video', fixture: 'fixtures/demo.pcap', hasSound: false },
  { name: 'video with B-frames', fixture: 'fixtures/gst-bframes-sdponly-digest-wrap.pcap', hasSound: false },
  { name: 'video and AAC', fixture: 'fixtures/gst-aac-basic.pcap', hasSound: true },
  { name: 'video with B-frames and AAC', fixture: 'fixtures/gortsplib-aac-tcp.pcap', hasSound: true },
];

for (const { name, fixture, hasSound } of FIXTURES) {
  const peers = ['chromium', ...(hasSound ? (['ffprobe'] as const) : [])] as const;

  peerTest(`Chromium, ${name}: a closed file plays in <video>`, peers, async (t) => {
    const out = await recordFixture(t, fixture);
    const sound = hasSound ? await readSound(out) : undefined;
    assertPlayed(await playInBrowser(t, out, { rate: RATE }), await readVideoTrack(out), sound);
  });

  peerTest(`Chromium, ${name}: a fragmented file plays by Media Source Extensions`, peers, async (t) => {
    const out = await recordFixture(t, fixture, '--fragmented');
    const sound = hasSound ? await readSound(out) : undefined;
    const track = await readVideoTrack(out);
    for (const cuts of [fragmentStarts(out), oddCuts(out)]) {
      assertPlayed(await playInBrowser(t, out, { type: track.mimeType, cuts, rate: RATE }), track, sound);
    }
  });
}

// By Media Source Extensions G.711 does not play, whoever made the file.
peerTest(
  'Chromium, video and G.711: a closed file plays in <video>',
  ['chromium', 'ffmpeg', 'ffprobe', 'gstServer'],
  async (t) => {
    const folder = temporaryFolder(t);
    const { url } = await serveG711(t, folder, 'pcm_alaw');
    const out = join(folder, 'out.mp4');
    const { code, stderr } = await recordToEnd(t, url, out);
    assert.equal(code, 0, stderr);
    assertPlayed(await playInBrowser(t, out, { rate: RATE }), await readVideoTrack(out), await readSound(out));
  },
);

peerTest('Chromium: stdout plays by Media Source Extensions while it is recorded', ['chromium'], async (t) => {
  const { url } = await embeddedCamera(t, 'fixtures/demo.pcap', '--no-loop');
  const recorder = startRecording(t, url, ['--fragment-duration', '0', '-']);
  // Holds what comes before the browser is there.
  const live = recorder.child.stdout!.pipe(new PassThrough({ highWaterMark: 10_000_000 }));
  const report = await playInBrowser(t, live, { type: 'video/mp4; codecs="avc1.64001e"' });
  const { code, stdout, stderr } = await recorder.ended;
  const copy = join(temporaryFolder(t), 'copy.mp4');
  writeFileSync(copy, stdout);
  assert.equal(code, 0, stderr);
  assertPlayed(report, await readVideoTrack(copy));
});

/** Records one turn of a fixture, as fast as it can be sent. */
async function recordFixture(t: TestContext, fixture: string, ...options: string[]): Promise<string> {
  const { url } = await embeddedCamera(t, fixture, '--fast', '--no-loop');
  const out = join(temporaryFolder(t), 'out.mp4');
  const { code, stderr } = await recordToEnd(t, url, ...options, out);
  assert.equal(code, 0, stderr);
  return out;
}

/** Asserts that the whole file was played, and each picture that was seen at the time that the file gives it. */
function assertPlayed(report: PlayReport, { samples, timescale, width, height }: VideoTrack, sound?: Sound): void {
  assert.equal(
    report.error,
    undefined,
    `${report.error} at ${report.currentTime} s, ${report.events}, ${report.buffered}`,
  );
  assert.ok(report.events.includes('canplaythrough'), `${report.events}`);
  assert.equal(report.events.at(-1), 'ended');
  assert.deepEqual([report.width, report.height], [width, height]);
  assert.deepEqual([report.totalVideoFrames, report.corruptedVideoFrames], [samples.length, 0]);
  const ticks = samples.map(({ cts }) => cts).sort((a, b) => a - b);
  const times = ticks.map((time) => (time - ticks[0]!) / timescale);
  const end = Math.max(times.at(-1)! + samples.at(-1)!.duration / timescale, sound?.end ?? 0);
  // What is decoded is counted by the second, roughly.
  if (sound !== undefined) {
    assert.ok(
      report.decodedAudioBytes > 0.9 * sound.bytes,
      `${report.decodedAudioBytes} of ${sound.bytes} bytes heard`,
    );
  }
  near(report.duration, end, 'duration');
  near(report.currentTime, end, 'where it ended');
  assert.equal(report.buffered.length, 1, `no gap: ${report.buffered}`);
  // The faster it plays, and the busier the machine is, the more pictures come too late to be seen.
  assert.ok(report.mediaTimes.length > samples.length / 10, `${report.mediaTimes.length} pictures seen`);
  for (const time of report.mediaTimes) {
    near(
      time,
      times.reduce((best, other) => (Math.abs(other - time) < Math.abs(best - time) ? other : best)),
      'picture',
    );
  }
}

function near(seconds: number, wanted: number, what: string): void {
  assert.ok(Math.abs(seconds - wanted) < 0.001, `${what}: ${seconds} s, not ${wanted} s`);
}

/** Where the program's own pieces begin: everything ahead of the first fragment, then each fragment (`moof` and `mdat`). */
function fragmentStarts(path: string): number[] {
  const bytes = readFileSync(path);
  const starts = [0];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'moof') starts.push(at);
  }
  assert.ok(starts.length > 2, 'several fragments');
  return starts;
}

/** Cuts regardless of boxes: pieces of 1, 2, 3, 5, 8, … 10 946 bytes, and again. */
function oddCuts(path: string): number[] {
  const { size } = statSync(path);
  const cuts: number[] = [];
  let [piece, next] = [1, 2];
  for (let at = 0; at < size; at += piece) {
    cuts.push(at);
    [piece, next] = piece > 10_000 ? [1, 2] : [next, piece + next];
  }
  return cuts;
}
