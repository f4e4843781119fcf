import { type MarkingClock, RealTimeClock } from '../../../lib/time/clock.js';
import type { FakeTime } from './fake-timers.js';

/** What one reading takes, in ns. */
const READING = 100;

/** A clock that marks readings, on the time of a test; its own time goes on a little with each. */
export function markingTime(time: FakeTime): MarkingClock {
  const origin = time.now();
  let readings = 0;
  const elapsed = (): number => Number(time.now() - origin) + READING * readings++;
  return new RealTimeClock({
    wallMs: () => Number(origin / 1_000_000n) + Math.floor(elapsed() / 1e6),
    monotonicSeconds: () => elapsed() / 1e9,
    maxSlew: 1e-6,
  });
}
