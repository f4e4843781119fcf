import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MARK_SIZE, markingClock, RealTimeClock, systemClock } from '../../../lib/time/clock.js';
import { FakeClocks } from './fake-clocks.js';

const LIMIT_NS = 100_000n;
const MS = 1_000_000;
const RATES = [25, 100, 1000, 10_000];

/** Reads the clock and returns by how many ns it is off; a call may take long, and any time within it is right. */
function errorOf(clock: RealTimeClock, clocks: FakeClocks): bigint {
  const before = clocks.unixNs;
  const read = clock.now();
  const after = clocks.unixNs;
  if (read < before) return before - read;
  return read > after ? read - after : 0n;
}

/** A sequence of pseudo-random numbers from 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

/** Calls `rate` times a second for `seconds`; `each` comes ahead of every call. Returns the largest error. */
function run(
  clocks: FakeClocks,
  clock: RealTimeClock,
  rate: number,
  seconds: number,
  each: (call: number) => void = () => {},
): bigint {
  const jitter = random(rate);
  const start = clocks.elapsed;
  let worst = 0n;
  for (let call = 0; call < rate * seconds; call++) {
    const due = start + ((call + 0.3 * jitter()) * 1e9) / rate;
    if (clocks.elapsed < due) clocks.elapsed = due;
    each(call);
    const error = errorOf(clock, clocks);
    if (error > worst) worst = error;
  }
  return worst;
}

describe('RealTimeClock', () => {
  for (const rate of RATES) {
    it(`is right to 0.1 ms at ${rate} calls a second`, () => {
      const clocks = new FakeClocks();
      assert.ok(run(clocks, new RealTimeClock(clocks), rate, 3) < LIMIT_NS);
    });

    for (const step of [5 * MS, -5 * MS, 1000 * MS, -1000 * MS, 3_600_000 * MS, -3_600_000 * MS]) {
      it(`is right at the first call after a step of ${step / MS} ms, ${rate} calls a second`, () => {
        const clocks = new FakeClocks();
        const worst = run(clocks, new RealTimeClock(clocks), rate, 2, (call) => {
          if (call === rate) clocks.step(step);
        });
        assert.ok(worst < LIMIT_NS, `${worst} ns`);
      });
    }

    for (const ppm of [500, -500]) {
      it(`follows a clock that is slewed by ${ppm} ppm, ${rate} calls a second`, () => {
        const clocks = new FakeClocks();
        const worst = run(clocks, new RealTimeClock(clocks), rate, 3, (call) => {
          if (call === rate) clocks.slew(ppm);
          if (call === 2 * rate) clocks.slew(-ppm);
        });
        assert.ok(worst < LIMIT_NS, `${worst} ns`);
      });
    }

    for (const holdUp of [0.4 * MS, 1.2 * MS, 7.7 * MS, 60 * MS]) {
      it(`is right when the process is held up for ${holdUp / MS} ms between readings, ${rate} calls a second`, () => {
        const clocks = new FakeClocks();
        const chance = random(7);
        clocks.onRead = () => {
          if (chance() < 0.00005) clocks.elapsed += holdUp;
        };
        const worst = run(clocks, new RealTimeClock(clocks), rate, 2);
        assert.ok(worst < LIMIT_NS, `${worst} ns`);
      });
    }
  }

  it('is right when the process is held up at each of the readings around an edge', () => {
    for (let at = 0; at < 40; at++) {
      const clocks = new FakeClocks();
      const clock = new RealTimeClock(clocks);
      clocks.onRead = (read) => {
        if (read === at) clocks.elapsed += 2.6 * MS;
      };
      const error = errorOf(clock, clocks);
      assert.ok(error < LIMIT_NS, `held up at reading ${at}: ${error} ns`);
    }
  });

  it('is right when the process is held up right at the edges that it waits for', () => {
    for (const edges of [1, 2, 3]) {
      const clocks = new FakeClocks();
      const clock = new RealTimeClock(clocks);
      let left = edges;
      clocks.onRead = () => {
        if (left === 0 || clocks.wallNs % MS < 0.9998 * MS) return;
        left--;
        clocks.elapsed += 0.9 * MS;
      };
      const error = errorOf(clock, clocks);
      assert.equal(left, 0);
      assert.ok(error < LIMIT_NS, `${edges} edges: ${error} ns`);
    }
  });

  it('is right when a sleep ends far too late', () => {
    const clocks = new FakeClocks();
    clocks.oversleep = 3.3 * MS;
    assert.ok(run(clocks, new RealTimeClock(clocks), 25, 3) < LIMIT_NS);
  });

  for (const rate of RATES) {
    it(`waits for edges seldom and mostly asleep at ${rate} calls a second`, () => {
      const clocks = new FakeClocks();
      const clock = new RealTimeClock(clocks);
      clock.now();
      clocks.reads = 0;
      run(clocks, clock, rate, 10);
      // A call reads two or three times; what is beyond was spent waiting for edges.
      const waitingReads = (clocks.reads - 2 * rate * 10) / 10;
      assert.ok(waitingReads < 20_000, `${waitingReads} readings a second`);
      assert.ok(clocks.sleeps < 80, `${clocks.sleeps} sleeps in 10 s`);
      if (rate === 25) assert.ok(clocks.sleeps > 0);
    });
  }

  describe('where the system slews both clocks alike', () => {
    const alike = (clocks: FakeClocks): RealTimeClock => {
      const { wallMs, monotonicSeconds, sleep } = clocks;
      return new RealTimeClock({ wallMs, monotonicSeconds, sleep, maxSlew: 2e-6 });
    };

    for (const rate of RATES) {
      it(`waits for an edge but once at ${rate} calls a second`, () => {
        const clocks = new FakeClocks();
        const clock = alike(clocks);
        clock.now();
        clocks.reads = 0;
        clocks.sleeps = 0;
        assert.ok(run(clocks, clock, rate, 10) < LIMIT_NS);
        assert.ok(clocks.reads < 2.1 * rate * 10, `${clocks.reads / rate / 10} readings a call`);
        assert.equal(clocks.sleeps, 0);
      });

      it(`is right at the first call after a step of 5 ms, ${rate} calls a second`, () => {
        const clocks = new FakeClocks();
        const worst = run(clocks, alike(clocks), rate, 2, (call) => {
          if (call === rate) clocks.step(5 * MS);
        });
        assert.ok(worst < LIMIT_NS, `${worst} ns`);
      });
    }

    it('finds a step of less than a millisecond within half a second', () => {
      for (const step of [0.3 * MS, -0.3 * MS, 0.8 * MS]) {
        const clocks = new FakeClocks();
        const clock = alike(clocks);
        run(clocks, clock, 60, 1);
        clocks.step(step);
        run(clocks, clock, 60, 0.5);
        const worst = run(clocks, clock, 60, 2);
        assert.ok(worst < LIMIT_NS, `${worst} ns after a step of ${step} ns`);
      }
    });
  });

  describe('marks', () => {
    const steady = (clocks: FakeClocks): RealTimeClock => {
      const { wallMs, monotonicSeconds, sleep } = clocks;
      return new RealTimeClock({ wallMs, monotonicSeconds, sleep, maxSlew: 2e-6 });
    };

    /** Marks 30 moments in a second, the clock stepped after `stepped` of them, and tells by how much each time is wrong. */
    function errors(clocks: FakeClocks, step: number, stepped: number): number[] {
      const clock = steady(clocks);
      const marks = new Float64Array(30 * MARK_SIZE);
      const before: bigint[] = [];
      const after: bigint[] = [];
      clock.now();
      for (let i = 0; i < 30; i++) {
        if (i === stepped) clocks.step(step);
        clocks.elapsed += 33.37 * MS;
        before.push(clocks.unixNs);
        clock.mark(marks, i * MARK_SIZE);
        after.push(clocks.unixNs);
      }
      clock.now();
      return before.map((from, i) => {
        const time = clock.timeOf(marks, i * MARK_SIZE);
        return Number(time < from ? from - time : time > after[i]! ? time - after[i]! : 0n);
      });
    }

    it('tell afterwards what time it was', () => {
      assert.ok(Math.max(...errors(new FakeClocks(), 0, 0)) < Number(LIMIT_NS));
    });

    it('tell it to the millisecond from before a step', () => {
      for (const step of [2 * MS, -2 * MS, 9 * MS, -9 * MS, 3_600_000 * MS, -3_600_000 * MS]) {
        const wrong = errors(new FakeClocks(), step, 12);
        assert.ok(Math.max(...wrong.slice(0, 12)) <= MS / 2, `${step}: ${wrong.slice(0, 12)}`);
        assert.ok(Math.max(...wrong.slice(12)) < Number(LIMIT_NS), `${wrong.slice(12)}`);
      }
    });

    it('are the time of their first reading, if the process is held up behind it', () => {
      const clocks = new FakeClocks();
      const clock = steady(clocks);
      clock.now();
      const marks = new Float64Array(MARK_SIZE);
      const first = clocks.reads;
      let marked = 0n;
      clocks.onRead = (read) => {
        if (read === first) marked = clocks.unixNs;
        if (read === first + 1) clocks.elapsed += 60 * MS;
      };
      clock.mark(marks, 0);
      clock.now();
      const late = clock.timeOf(marks, 0) - marked;
      assert.ok(late > -LIMIT_NS && late < LIMIT_NS, `${late} ns`);
    });

    it('are offered by a clock that is slewed with the other alone', () => {
      const clocks = new FakeClocks();
      const clock = steady(clocks);
      assert.equal(markingClock(clock), clock);
      assert.equal(markingClock(new RealTimeClock(clocks)), undefined);
      assert.equal(markingClock({ now: () => 0n }), undefined);
    });
  });

  it('does without sleeping', () => {
    const { wallMs, monotonicSeconds, ...rest } = new FakeClocks();
    assert.equal(typeof rest.sleep, 'function');
    const clocks = new FakeClocks();
    const clock = new RealTimeClock({ wallMs: clocks.wallMs, monotonicSeconds: clocks.monotonicSeconds });
    assert.ok(run(clocks, clock, 25, 3) < LIMIT_NS);
    assert.equal(clocks.sleeps, 0);
    assert.ok(wallMs() > 0 && monotonicSeconds() > 0);
  });

  it('does not hang when the wall clock stands still', () => {
    let monotonic = 0;
    const monotonicSeconds = (): number => {
      monotonic += 100;
      return monotonic / 1e9;
    };
    const clock = new RealTimeClock({ wallMs: () => 5000, monotonicSeconds });
    const read = clock.now();
    assert.ok(read >= 5_000_000_000n && read < 5_001_000_000n);
  });

  it('agrees with the system’s clock', () => {
    for (let i = 0; i < 200; i++) {
      const before = Date.now();
      const read = systemClock.now();
      const after = Date.now();
      assert.ok(read >= BigInt(before) * 1_000_000n - LIMIT_NS, `${read} is before ${before} ms`);
      assert.ok(read < BigInt(after + 1) * 1_000_000n + LIMIT_NS, `${read} is after ${after} ms`);
    }
  });
});
