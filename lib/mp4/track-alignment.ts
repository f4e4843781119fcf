import type { TrackClock } from './track-clock.js';

/**
 * Largest difference in ns that is believed between two ways to know how two streams lie to each other. Arrival errs by what a server
 * sends in one burst at the start, a group of pictures at most, and by the encoders' delays: seconds. More means that one stream's
 * RTP time, or its sender reports' clock, is not what it says.
 */
const MAX_DIFFERENCE_NS = 10_000_000_000n;

/**
 * How much later the zero of one stream's timeline is than that of another, in ns: 0 if both are RTP-Info's, else by arrival. What
 * is known when the first fragment is written.
 *
 * @param clock, reference at least one frame of each has come
 */
export function estimatedSkew(clock: TrackClock, reference: TrackClock): bigint {
  const byArrival = clock.arrivedAt! - reference.arrivedAt!;
  return clock.countsFromRtpInfo && reference.countsFromRtpInfo && isPlausible(byArrival, 0n) ? 0n : byArrival;
}

/**
 * The same by both streams' sender reports.
 *
 * @returns the estimate where one stream has none, or they are too far from it to be right
 */
export function reportedSkew(clock: TrackClock, reference: TrackClock, estimate: bigint): bigint {
  const { reportedAt } = clock;
  if (reportedAt === undefined || reference.reportedAt === undefined) return estimate;
  const skew = reportedAt - reference.reportedAt;
  return isPlausible(skew, estimate) ? skew : estimate;
}

function isPlausible(a: bigint, b: bigint): boolean {
  const difference = a - b;
  return difference <= MAX_DIFFERENCE_NS && difference >= -MAX_DIFFERENCE_NS;
}
