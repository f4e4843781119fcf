import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MediaDescription } from '../../../lib/items.js';
import { estimatedSkew, reportedSkew } from '../../../lib/mp4/track-alignment.js';
import { nsToTicks, TrackClock, ticksToNs } from '../../../lib/mp4/track-clock.js';
import { unixNsToNtp } from '../../../lib/time/ntp.js';
import { aac } from '../codec/audio-items.js';
import { video } from '../codec/rtp-items.js';

const S = 1_000_000_000n;
const NOW = 1_708_200_874n * S;

/** A clock that frames came to: time in ticks, timestamp beyond it, seconds at which it came. */
function clock(media: MediaDescription, zero: number, ...frames: [t: number, seconds: number][]): TrackClock {
  const made = new TrackClock(media);
  for (const [t, seconds] of frames) {
    made.frame({
      timestamp: (t + zero) >>> 0,
      extendedTimestamp: t,
      recvFirst: NOW + BigInt(Math.round(seconds * 1e9)),
    });
  }
  return made;
}

/** What a sender report says that was made so many seconds after {@link NOW}. */
const report = (seconds: number, rtpTimestamp: number) => ({
  ntpTimestamp: unixNsToNtp(NOW + BigInt(Math.round(seconds * 1e9))),
  rtpTimestamp: rtpTimestamp >>> 0,
});

/** Equal to a microsecond. */
function assertNear(actual: bigint | undefined, expected: bigint): void {
  const difference = actual! - expected;
  assert.ok(difference < 1000n && difference > -1000n, `${actual} instead of ${expected}`);
}

describe('TrackClock', () => {
  it('ticks and nanoseconds', () => {
    assert.equal(ticksToNs(90_000, 90_000), S);
    assert.equal(ticksToNs(-45_000, 90_000), -S / 2n);
    assert.equal(ticksToNs(2 ** 50, 1), BigInt(2 ** 50) * S);
    assert.equal(nsToTicks(ticksToNs(12_345_678_901, 44_100), 44_100), 12_345_678_901);
    assert.equal(nsToTicks(-S / 3n, 48_000), -16_000);
  });

  it('arrival: by the frame least delayed; the first group of pictures comes in a burst', () => {
    const burst = clock(video(), 0, [0, 2], [45_000, 2], [90_000, 2], [180_000, 2.01], [270_000, 3]);
    assert.equal(burst.arrivedAt, NOW);
  });

  it('arrival: not behind a step of RTP time, which may be wrong itself', () => {
    const jump = clock(video(), 0, [0, 0.1], [3600, 0.1], [450_000, 0.2], [453_600, 0.24]);
    assertNear(jump.arrivedAt, NOW + S / 10n - 40_000_000n);
  });

  it('arrival: the first seconds count, not clocks that drift apart later', () => {
    const drifting = clock(
      video(),
      0,
      ...Array.from({ length: 400 }, (_, i): [number, number] => [i * 3600, i * 0.039]),
    );
    assertNear(drifting.arrivedAt, NOW - 255_000_000n);
  });

  it('Q95 a report is placed by the signed difference to the frame before it, across a wrap', () => {
    const wrapping = clock(video(), 0xffff_ff00, [0, 0], [3600, 0.04]);
    wrapping.report(report(10, 0xffff_ff00 + 1800));
    assertNear(wrapping.reportedAt, NOW + 10n * S - 20_000_000n);
  });

  it('gortsplib: reports that contradict each other, nanoseconds being in the place of the fraction, are not believed', () => {
    const wrong = clock(video(), 0, [0, 0]);
    for (let n = 0; n < 6; n++) {
      const at = NOW + BigInt(n) * 10n * S + BigInt(n) * 137_000_000n;
      const ntpTimestamp = ((unixNsToNtp(at) >> 32n) << 32n) | (at % S);
      wrong.report({ ntpTimestamp, rtpTimestamp: Number((at - NOW) * 90n) / 1e6 });
    }
    assert.equal(wrong.reportedAt, undefined);
  });

  it('a clock that is set in between is believed: the report nearest to the start still is right', () => {
    const set = clock(video(), 0, [0, 0]);
    for (let n = 0; n < 5; n++) set.report(report(10 * n + (n < 3 ? 0 : 3600), n * 900_000));
    assertNear(set.reportedAt, NOW);
  });

  it('a report from before the first frame counts, the newest of them', () => {
    const early = new TrackClock(video());
    early.report(report(5, 90_000));
    early.report(report(7, 180_000));
    assert.equal(early.reportedAt, undefined);
    early.frame({ timestamp: 189_000, extendedTimestamp: 0, recvFirst: NOW });
    assertNear(early.reportedAt, NOW + 7n * S + S / 10n);
  });

  it('the report nearest to the first frame counts, however often the timestamp has wrapped since', () => {
    const long = clock(video(), 0, [0, 0]);
    long.report(report(1, 90_000));
    for (const t of [0x6000_0000, 0xc000_0000, 0x1_0000_0000]) {
      long.frame({ timestamp: t >>> 0, extendedTimestamp: t, recvFirst: NOW });
    }
    long.report(report((0x1_0000_0000 + 10) / 90_000, 10));
    assertNear(long.reportedAt, NOW);
  });

  it('Q98 what is no time of day is left alone: 0, a counter from 1900, Unix time taken for NTP', () => {
    for (const ntpTimestamp of [0n, 1000n << 32n, 1_708_200_874n << 32n]) {
      const made = clock(video(), 0, [0, 0]);
      made.report({ ntpTimestamp, rtpTimestamp: 0 });
      assert.equal(made.reportedAt, undefined);
    }
  });

  it('counts from RTP-Info only if its rtptime is where the timeline’s zero is', () => {
    const cases: [rtptime: number | undefined, zero: number, t: number, expected: boolean][] = [
      [1000, 1000, 0, true],
      [1000, 1000, 90_000, true],
      [1000, 1000, -500, true],
      [0xffff_fff0, 0xffff_fff0, 100, true],
      [1000, 1500, 0, false], // --initial-timestamp ignore: zero is the first packet
      [undefined, 0, 0, false],
    ];
    for (const [rtptime, zero, t, expected] of cases) {
      const made = clock({ ...video(), rtpInfo: { rtptime } }, zero, [t, 0]);
      assert.equal(made.countsFromRtpInfo, expected, `${rtptime} ${zero} ${t}`);
    }
  });
});

describe('track alignment', () => {
  const withInfo = (media: MediaDescription): MediaDescription => ({ ...media, rtpInfo: { rtptime: 500 } });

  it('Q69 without RTP-Info, or with one stream’s alone: by arrival', () => {
    for (const media of [video(), withInfo(video())]) {
      assert.equal(estimatedSkew(clock(aac(), 9, [0, 0.25]), clock(media, 500, [0, 0.1])), 150_000_000n);
    }
  });

  it('with both streams’ RTP-Info: their zeros are one moment, whenever they arrived', () => {
    const [audio, picture] = [clock(withInfo(aac()), 500, [0, 0.25]), clock(withInfo(video()), 500, [0, 2])];
    assert.equal(estimatedSkew(audio, picture), 0n);
  });

  it('Q73 RTP-Info that is more than 10 s off the arrival is wrong', () => {
    const picture = () => clock(withInfo(video()), 500, [0, 0]);
    assert.equal(estimatedSkew(clock(withInfo(aac()), 500, [0, 9.9]), picture()), 0n);
    assert.equal(estimatedSkew(clock(withInfo(aac()), 500, [0, -9.9]), picture()), 0n);
    assert.equal(estimatedSkew(clock(withInfo(aac()), 500, [0, 10.1]), picture()), (S * 101n) / 10n);
    assert.equal(estimatedSkew(clock(withInfo(aac()), 500, [0, -10.1]), picture()), (-S * 101n) / 10n);
  });

  it('sender reports of both streams correct the estimate, those of one do not', () => {
    const [audio, picture] = [clock(aac(), 0, [0, 0]), clock(video(), 0, [0, 0])];
    audio.report(report(3, 48_000));
    assert.equal(reportedSkew(audio, picture, 7n), 7n);
    picture.report(report(2.25, 45_000));
    assertNear(reportedSkew(audio, picture, 7n), 250_000_000n);
  });

  it('Q98 reports that are more than 10 s off the estimate are of different clocks', () => {
    for (const [seconds, believed] of [
      [9.9, true],
      [-9.9, true],
      [10.1, false],
      [-86_400 * 365, false],
    ] as const) {
      const [audio, picture] = [clock(aac(), 0, [0, 0]), clock(video(), 0, [0, 0])];
      audio.report(report(seconds, 0));
      picture.report(report(0, 0));
      const skew = reportedSkew(audio, picture, 0n);
      if (believed) assertNear(skew, BigInt(Math.round(seconds * 1e9)));
      else assert.equal(skew, 0n);
    }
  });
});
