import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Timeline, timestampDelta } from '../../../lib/rtp/timeline.js';
import { audio, Reception, video } from './packets.js';

const timeline = (zero?: number, maxJumpSeconds = 10, reorders = false) =>
  new Timeline(90_000, zero, maxJumpSeconds, reorders);

/** The extended values of timestamps, from a fresh timeline. */
function extend(timestamps: readonly number[], zero?: number): number[] {
  const line = timeline(zero, 0);
  return timestamps.map((timestamp) => line.advance(timestamp));
}

describe('Timeline', () => {
  it('Q100 32-bit wrap', () => {
    assert.deepEqual(extend([4_294_967_295, 5]), [0, 6]);
    assert.deepEqual(extend([218_250_000]), [0]);
    assert.deepEqual(extend([5, 4_294_967_295]), [0, -6]);
    assert.deepEqual(extend([100], 90), [10]);
    assert.deepEqual(extend([90], 100), [-10]);
  });

  it('Q100 elapsed time survives any number of wraps', () => {
    const steps = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), steps, (start, steps) => {
        let time = start;
        const exact = [0];
        const sent = [start];
        for (const step of steps) {
          time += step;
          exact.push(time - start);
          sent.push(((time % 2 ** 32) + 2 ** 32) % 2 ** 32);
        }
        assert.deepEqual(extend(sent), exact);
      }),
    );
  });

  it('tryAdvance moves where check allows it, and nowhere else', () => {
    const near = fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 40 });
    const far = fc.array(fc.constantFrom(0, 0, 3000, 3000, -3000, 899_999, 900_000, -900_000), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.nat(0xffff_ffff),
        fc.oneof(near, far),
        fc.boolean(),
        fc.boolean(),
        (start, steps, reorders, told) => {
          const [line, reference] = [
            timeline(told ? start : undefined, 10, reorders),
            timeline(told ? start : undefined, 10, reorders),
          ];
          let timestamp = start;
          for (const step of [0, ...steps]) {
            const next = (timestamp + step) >>> 0;
            const expected = reference.check(next) === undefined ? reference.advance(next) : undefined;
            assert.equal(line.tryAdvance(next), expected);
            if (expected !== undefined) timestamp = next;
            // As for audio that steps back (Q103), behind which the fast way is no way.
            assert.equal(line.clampStepBack((next - 7) >>> 0), reference.clampStepBack((next - 7) >>> 0));
          }
        },
      ),
    );
  });

  it('the difference of two timestamps has 32 bits and a sign', () => {
    assert.equal(timestampDelta(0, 0xffff_ffff), 1);
    assert.equal(timestampDelta(0xffff_ffff, 0), -1);
    assert.equal(timestampDelta(0x8000_0000, 0), -(2 ** 31));
    assert.equal(timestampDelta(0x7fff_ffff, 0), 2 ** 31 - 1);
  });

  it('Q95 a sender report slightly older than the media is placed without moving anything', () => {
    const line = timeline();
    assert.equal(line.place(99), undefined);
    line.advance(100);
    assert.equal(line.place(99), -1);
    assert.equal(line.place(100 + 5_000_000), 5_000_000);
    assert.equal(line.advance(101), 1);
  });

  it('Q101 limits of the jump', () => {
    const legal = (from: number, to: number, reorders = false) => {
      const line = timeline(undefined, 10, reorders);
      line.advance(from);
      return line.check(to) === undefined;
    };
    assert.equal(legal(100, 100), true);
    assert.equal(legal(100, 900_099), true);
    assert.equal(legal(100, 900_100), false);
    assert.equal(legal(100, 99), false);
    // A stream with B-frames steps back: there the absolute step counts.
    assert.equal(legal(100, 99, true), true);
    assert.equal(legal(1_000_000, 1_000_000 - 899_999, true), true);
    assert.equal(legal(1_000_000, 100_000, true), false);
    assert.equal(legal(100, 900_100, true), false);
  });

  it('Q101 a limit of 0 allows any step', () => {
    const line = timeline(undefined, 0);
    line.advance(0);
    for (const timestamp of [1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) assert.equal(line.check(timestamp), undefined);
  });

  it('Q101 clock rate and limit have to make sense together', () => {
    for (const [rate, seconds] of [
      [0, 10],
      [-1, 10],
      [Number.NaN, 10],
      [90_000, -1],
      [90_000, Number.NaN],
      [90_000, 23_861],
      [2 ** 31, 1],
    ] as const) {
      assert.throws(() => new Timeline(rate, undefined, seconds, false), {
        code: 'rtp-timestamp-limit',
        message: new RegExp(`${rate} Hz`),
      });
    }
    assert.doesNotThrow(() => new Timeline(90_000, undefined, 23_860, false));
    assert.doesNotThrow(() => new Timeline(2 ** 31 - 1, undefined, 1, false));
  });

  it('Q102 a new timeline knows nothing of the old one', () => {
    timeline().advance(3_000_000_000);
    assert.equal(timeline().advance(0), 0);
  });
});

describe('timestamps off the timeline', () => {
  it('Q101 a jump is an error that says delta, seconds, and both values', () => {
    for (const [timestamp, text] of [
      [900_100, /by 900000 ticks \(10\.000 s\), from 100 to 900100; at most 10 s forward are allowed, --allow-loss/],
      [99, /by -1 ticks \(-0\.000 s\)/],
    ] as const) {
      assert.throws(() => new Reception().receive({ seq: 1, timestamp: 100 }).receive({ seq: 2, timestamp }), {
        code: 'rtp-timestamp-jump',
        message: text,
      });
    }
    assert.deepEqual(
      new Reception().receive({ seq: 1, timestamp: 100 }).receive({ seq: 2, timestamp: 900_099 }).times,
      [0, 899_999],
    );
    const five = new Reception({ maxJumpSeconds: 5 }).receive({ seq: 1 });
    assert.throws(() => five.receive({ seq: 2, timestamp: 450_000 }), /at most 5 s/);
  });

  it('Q101 tolerant: a single stray frame is dropped, Wyze and Intelbras', () => {
    const reception = new Reception({ tolerant: true });
    const stamps = [0, 3000, 3_380_000_000, 3_380_000_000, 6000, 9000];
    stamps.forEach((timestamp, seq) => {
      reception.receive({ seq, timestamp });
    });
    assert.deepEqual(reception.times, [0, 3000, 6000, 9000]);
    assert.deepEqual(reception.lost, [0, 0, 2, 0]);
    assert.deepEqual(reception.codes, ['rtp-timestamp', 'rtp-loss']);
  });

  it('Q101 tolerant: a stream that goes on elsewhere is joined when three frames agree', () => {
    const reception = new Reception({ tolerant: true });
    const stamps = [0, 3000, 3_380_000_000, 3_380_003_000, 3_380_006_000, 3_380_009_000];
    stamps.forEach((timestamp, seq) => {
      reception.receive({ seq, timestamp });
    });
    assert.deepEqual(reception.times, [0, 3000, 6000, 9000]);
    assert.deepEqual(reception.lost, [0, 0, 2, 0]);
    assert.deepEqual(reception.codes, ['rtp-timestamp', 'rtp-timestamp', 'rtp-timestamp', 'rtp-loss']);
  });

  it('Q101 tolerant: stray frames that do not agree with each other are all dropped', () => {
    const reception = new Reception({ tolerant: true }).receive({ seq: 0, timestamp: 0 });
    for (let seq = 1; seq < 20; seq++) reception.receive({ seq, timestamp: seq * 200_000_000 });
    assert.deepEqual(reception.receive({ seq: 20, timestamp: 3000 }).times, [0, 3000]);
  });

  it('Q73 an rtptime far from the first packet: given up with a fault by default, else an error, Eufy E210', () => {
    const given = new Reception({ zero: 0 })
      .receive({ seq: 1, timestamp: 3_000_000_000 })
      .receive({ seq: 2, timestamp: 3_000_003_000 });
    assert.deepEqual(given.times, [0, 3000]);
    assert.deepEqual(given.codes, ['rtp-timestamp']);
    assert.match(given.faults[0]!.message, /rtptime is ignored/);
    for (const tolerant of [false, true]) {
      const required = new Reception({ zero: 0, zeroRequired: true, tolerant });
      assert.throws(() => required.receive({ timestamp: 3_000_000_000 }), {
        code: 'rtp-timestamp-jump',
        message: /--initial-timestamp ignore/,
      });
    }
    assert.deepEqual(
      new Reception({ zero: 1000, zeroRequired: true }).receive({ timestamp: 900_999 }).times,
      [899_999],
    );
    assert.throws(() => new Reception({ zero: 1000, zeroRequired: true }).receive({ timestamp: 901_000 }));
    assert.throws(() => new Reception({ zero: 1000, zeroRequired: true }).receive({ timestamp: 999 }));
  });
});

describe('Q103 small steps back', () => {
  const sound = audio();
  const packet = (seq: number, timestamp: number) => ({ seq, timestamp, payloadType: 97 });

  it('Q103 audio that steps back by less than a frame moves on by a tick, with one warning', () => {
    const reception = new Reception({}, sound);
    [0, 1024, 1000, 1000, 2048, 2040, 3072].forEach((timestamp, seq) => {
      reception.receive(packet(seq, timestamp));
    });
    assert.deepEqual(reception.times, [0, 1024, 1025, 1025, 2048, 2049, 3072]);
    assert.deepEqual(reception.codes, ['rtp-timestamp']);
    assert.deepEqual(
      reception.packets.map(({ timestamp }) => timestamp),
      [0, 1024, 1000, 1000, 2048, 2040, 3072],
    );
  });

  it('Q103 audio time never goes back, however often it steps back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1023, max: 1024 }), { maxLength: 40 }), (steps) => {
        const reception = new Reception({ tolerant: true }, sound).receive(packet(0, 0)).receive(packet(1, 1024));
        let timestamp = 1024;
        steps.forEach((step, i) => {
          timestamp += step;
          reception.receive(packet(i + 2, timestamp));
        });
        const { times } = reception;
        assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]!));
      }),
    );
  });

  it('Q103 a step back by a frame or more is a jump, for audio too', () => {
    const reception = new Reception({}, sound).receive(packet(0, 0)).receive(packet(1, 1024));
    assert.throws(() => reception.receive(packet(2, 0)), { code: 'rtp-timestamp-jump' });
    assert.throws(() => new Reception({}, sound).receive(packet(0, 100)).receive(packet(1, 99)), {
      code: 'rtp-timestamp-jump',
    });
  });

  it('Q103 B-frames step back where the SPS allows it, and only there', () => {
    const stamps = [0, 10_800, 5400, 3600, 9000];
    const receive = (reorders: boolean) => {
      const reception = new Reception({ reorders }, video());
      stamps.forEach((timestamp, seq) => {
        reception.receive({ seq, timestamp });
      });
      return reception;
    };
    assert.deepEqual(receive(true).times, stamps);
    assert.deepEqual(receive(true).faults, []);
    assert.throws(() => receive(false), { code: 'rtp-timestamp-jump', message: /-5400 ticks/ });
  });
});
