import assert from 'node:assert/strict';
import type { WireVideo } from './capture.js';
import type { VideoTrack } from './mp4-samples.js';
import { sampleTiming, unixSeconds } from './timing-sei.js';

/** Most that a receive time may be ahead of tcpdump's: both clocks are the system's, read in different places. */
const CLOCKS_AGREE_S = 0.001;
/** Most that the typical receive time may be behind tcpdump's, on a machine with more to do than this. */
const TYPICAL_DELAY_S = 0.05;

/** What {@link assertTiming} found, for people. */
export interface TimingFigures {
  readonly pictures: number;
  readonly reports: number;
  readonly medianDelayMs: number;
  readonly worstDelayMs: number;
}

/**
 * Asserts that the file's SEI say what was on the wire: every sample one RTP timestamp, its packets' own, with none left out
 * between the first and the last; every sender report that came before the last recorded picture once, in the first picture behind it.
 */
export function assertTiming(track: VideoTrack, wire: WireVideo): TimingFigures {
  const timings = track.samples.map(sampleTiming);
  for (const [i, { frames }] of timings.entries()) assert.equal(frames.length, 1, `89H in sample ${i}`);
  const stamps = timings.map(({ frames }) => frames[0]!);
  const first = wire.pictures.findIndex(({ rtp }) => rtp === stamps[0]!.rtp);
  assert.notEqual(first, -1, 'the first sample was on the wire');
  const recorded = wire.pictures.slice(first, first + stamps.length);
  assert.deepEqual(
    stamps.map(({ rtp }) => rtp),
    recorded.map(({ rtp }) => rtp),
    'RTP timestamps as on the wire',
  );
  const delays = stamps.map(({ recv }, i) => unixSeconds(recv) - recorded[i]!.lastTime).sort((a, b) => a - b);
  const medianDelay = delays[delays.length >> 1]!;
  assert.ok(delays[0]! > -CLOCKS_AGREE_S, `no picture received ${-delays[0]!} s before it was sent`);
  assert.ok(medianDelay < TYPICAL_DELAY_S, `pictures are stamped when they come, not ${medianDelay} s later`);
  assertReports(
    timings.flatMap(({ reports }, sample) => reports.map((report) => ({ ...report, sample }))),
    recorded,
    wire,
  );
  return {
    pictures: stamps.length,
    reports: timings.reduce((sum, { reports }) => sum + reports.length, 0),
    medianDelayMs: Math.round(medianDelay * 1e5) / 100,
    worstDelayMs: Math.round(delays.at(-1)! * 1e5) / 100,
  };
}

function assertReports(
  found: readonly { readonly ntp: bigint; readonly rtp: number; readonly sample: number }[],
  recorded: WireVideo['pictures'],
  { reports }: WireVideo,
): void {
  // One captured packet may hold both a report and the last picture's end: whether it came before is then open.
  const due = reports.filter(({ packet }) => packet < recorded.at(-1)!.firstPacket);
  const possible = reports.filter(({ packet }) => packet <= recorded.at(-1)!.lastPacket);
  assert.ok(due.length > 0, 'a sender report came while it was recorded');
  assert.ok(found.length >= due.length, `${found.length} of ${due.length} sender reports are in the file`);
  assert.deepEqual(
    found.map(({ ntp, rtp }) => ({ ntp, rtp })),
    possible.slice(0, found.length).map(({ ntp, rtp }) => ({ ntp, rtp })),
    'sender reports as on the wire, each once',
  );
  for (const [i, { sample }] of found.entries()) {
    const { packet } = possible[i]!;
    assert.ok(recorded[sample]!.lastPacket >= packet, `report ${i} is in a picture that ended after it came`);
    const before = recorded[sample - 1];
    assert.ok(before === undefined || before.firstPacket <= packet, `report ${i} is in the first picture behind it`);
  }
}
