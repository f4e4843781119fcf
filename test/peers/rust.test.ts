import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { CameraOptions } from '../../lib/camera/options.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest, rustRecorder } from './support/peers.js';
import { start } from './support/processes.js';
import { startRecording } from './support/recorder.js';
import {
  type Recorded,
  recordTwice,
  repeatingCamera,
  type SampleContent,
  type TrackContent,
} from './support/same-session.js';

/** One command line that both programs are given, and what is known of it. */
interface Case {
  readonly title: string;
  readonly args: readonly string[];
  /** Default `demo`: video alone. */
  readonly fixture?: string;
  readonly camera?: Partial<CameraOptions>;
  /** Handlers of the tracks. Default video alone. */
  readonly tracks?: readonly string[];
  /** Samples of the first track, at least. Default the demo's 150, or all. */
  readonly atLeast?: number;
  /** Exit codes, ours and theirs. Default 0 both. */
  readonly codes?: readonly [ours: number, theirs: number];
  /** Samples at the start of each that are not compared, ours and theirs. Default none. */
  readonly skip?: readonly [ours: number, theirs: number];
  /** Their file may end before ours does: what both have is compared. Default false. */
  readonly common?: boolean;
  /** Whether frames carry their timing. Default true. */
  readonly timing?: boolean;
  /** Sender reports that are compared, at least. Default 3; `none` if they are not, for the reason that the case gives. */
  readonly reports?: number | 'none';
}

/** Long enough for all that comes at once; the Rust program knows no other good end. */
const BRIEFLY = ['--duration', '2'];
const AUDIO = { fixture: 'gst-aac-basic', atLeast: 180 } as const;
/** The Rust program takes sender reports of the audio for the video's. */
const MIXED_REPORTS = { reports: 'none' } as const;

const CASES: readonly Case[] = [
  { title: 'no option', args: [] },
  { title: '--no-timing-info', args: ['--no-timing-info'], timing: false, reports: 'none' },
  { title: '--no-audio with nothing but video', args: ['--no-audio'] },
  {
    title: 'several slices a picture; its first NAL unit, which ends with a marker, is a sample of its own there',
    args: [],
    fixture: 'gst-slices-stapa-wrap',
    atLeast: 195,
    skip: [1, 2],
  },
  { title: 'video and AAC', args: [], ...AUDIO, tracks: ['vide', 'soun'], ...MIXED_REPORTS },
  { title: '--no-audio', args: ['--no-audio'], ...AUDIO },
  { title: '--no-video', args: ['--no-video'], ...AUDIO, tracks: ['soun'], ...MIXED_REPORTS },
  ...['default', 'require', 'ignore', 'permissive'].map((policy) => ({
    title: `--initial-timestamp ${policy}, of two streams`,
    args: ['--initial-timestamp', policy],
    ...AUDIO,
    tracks: ['vide', 'soun'],
    ...MIXED_REPORTS,
  })),
  ...['auto', 'always', 'never'].map((policy) => ({
    title: `--teardown ${policy}`,
    args: ['--teardown', policy],
  })),
  {
    title: '--unknown-rtcp-ssrc abort-session: both end where the first such report comes',
    args: ['--unknown-rtcp-ssrc', 'abort-session'],
    camera: { faults: { reports: 'wrong' }, senderReportIntervalMs: 300 },
    codes: [1, 1],
    atLeast: 3,
    reports: 0,
  },
  ...(
    [
      ['drop-packets', 1],
      ['process-packets', 2],
    ] as const
  ).map(([policy, reports]) => ({
    title: `--unknown-rtcp-ssrc ${policy}; a malformed report ends the Rust program later`,
    args: ['--unknown-rtcp-ssrc', policy],
    camera: { faults: { reports: 'wrong' }, senderReportIntervalMs: 300 } as const,
    codes: [0, 1] as const,
    common: true,
    atLeast: 15,
    reports,
  })),
  {
    title: 'a lost packet, without --allow-loss: both end at the same picture',
    args: [],
    camera: { faults: { loss: 0.02, seed: 3 } },
    codes: [1, 1],
    atLeast: 20,
    reports: 1,
  },
  {
    title: 'lost packets, with --allow-loss: the same pictures are left out',
    args: ['--allow-loss'],
    camera: { faults: { loss: 0.02, seed: 3 } },
    atLeast: 130,
  },
  {
    title: '--transport udp; the clock of the reports is then not the same',
    args: ['--transport', 'udp'],
    camera: { pacing: 'realtime' },
    common: true,
    atLeast: 40,
    reports: 'none',
  },
  {
    title: '--duration, while the camera plays on in real time; so is the clock of the reports',
    args: [],
    camera: { pacing: 'realtime' },
    common: true,
    atLeast: 40,
    reports: 'none',
  },
];

for (const wanted of CASES) {
  const { title, args, fixture = 'demo', tracks = ['vide'], atLeast = 150, codes = [0, 0], timing = true } = wanted;
  const { skip = [0, 0], common = false, reports = 3 } = wanted;
  peerTest(`the Rust retina-record, on the same session: ${title}`, ['rust'], async (t) => {
    const camera = await repeatingCamera(t, fixture, wanted.camera);
    const { ours, theirs } = await recordTwice(t, camera.url, [...BRIEFLY, ...args]);
    assert.deepEqual([ours.code, theirs.code], codes, `${ours.stderr}\n${theirs.stderr}${theirs.stdout}`);
    for (const { tracks: found } of [ours, theirs])
      assert.deepEqual(
        found.map(({ handler }) => handler),
        tracks,
      );
    for (const [i, track] of ours.tracks.entries()) {
      const other = theirs.tracks[i]!;
      assert.equal(track.timescale, other.timescale);
      const isVideo = track.handler === 'vide';
      const [own, rest] = [
        track.samples.slice(skip[0]),
        other.samples.slice(skip[1] + (isVideo ? 0 : lead(ours, other))),
      ];
      const count = common ? Math.min(own.length, rest.length) : Math.max(own.length, rest.length);
      if (i === 0) assert.ok(count + skip[0] >= atLeast, `${count} samples`);
      const view = (samples: readonly SampleContent[]): unknown =>
        comparable(samples.slice(0, count), reports === 'none');
      assert.deepEqual(view(own), view(rest));
      const compared = own.slice(0, count);
      assert.ok(
        compared.every(({ rtp }) => rtp.length === (isVideo && timing ? 1 : 0)),
        'timing in every frame, or none',
      );
      const told = compared.flatMap((sample) => sample.reports).length;
      if (reports !== 'none') assert.ok(told >= reports, `${told} sender reports compared`);
    }
  });
}

/** Frames of audio that begin before the first picture are left out here where there is one; there may be one of them. */
function lead({ tracks }: Recorded, { samples }: TrackContent): number {
  if (tracks.length === 1) return 0;
  const first = tracks[1]!.samples[0]!.content[0];
  return samples[1]!.content[0] === first ? 1 : 0;
}

/** Samples as they have to be equal: times from the first one on; the last one's duration is anybody's guess. */
function comparable(samples: readonly SampleContent[], withoutReports: boolean): unknown[] {
  return samples.map((sample, i) => ({
    ...sample,
    dts: sample.dts - samples[0]!.dts,
    cts: sample.cts - samples[0]!.dts,
    duration: i === samples.length - 1 ? undefined : sample.duration,
    reports: withoutReports ? undefined : sample.reports,
  }));
}

peerTest('the Rust retina-record, at the same --start without OUT: the same file name', ['rust'], async (t) => {
  const camera = await repeatingCamera(t, 'demo');
  const url = camera.url.replace('127.0.0.1', 'localhost');
  // Both must have started by then, and the day must not end before.
  const args = ['--start', soon(4), ...BRIEFLY];
  const [ours, theirs] = [temporaryFolder(t), temporaryFolder(t)];
  const rust = start(rustRecorder()!, ['--url', url, ...args], { cwd: theirs });
  t.after(() => rust.stop('SIGKILL'));
  const [own, other] = await Promise.all([startRecording(t, url, args, { cwd: ours }).ended, rust.ended]);
  assert.deepEqual([own.code, other.code], [0, 0], `${own.stderr}\n${other.stderr}`);
  assert.match(readdirSync(ours).join(), /^movie\d{8}_\d{6}_localhost\.mp4$/);
  assert.deepEqual(readdirSync(ours), readdirSync(theirs));
});

/** The time of day in so many seconds, `HH:MM:SS`. */
function soon(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toTimeString().slice(0, 8);
}
