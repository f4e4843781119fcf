import { CONTENT_LENGTHS, type WrongContentLength } from './answer-faults.js';

/** A place in a connection, counted from 1: an answer of the camera, or an interleaved frame as it leaves. */
export interface Place {
  /** `before`, `within`, `after`: the answer to that request. `packet`: before that frame; `mid-packet`: in its middle. */
  readonly where: 'before' | 'within' | 'after' | 'packet' | 'mid-packet';
  readonly number: number;
}

/** What goes wrong on each connection of a camera; nothing that is absent does. */
export interface FaultPlan {
  /** Repeats what is left to chance, an integer. Default 1. Every connection begins anew. */
  readonly seed?: number | undefined;
  /** Probabilities for each RTP packet, 0–1: left out, overtaken by up to three others, sent twice, up to four bytes changed. */
  readonly loss?: number | undefined;
  readonly reorder?: number | undefined;
  readonly duplicate?: number | undefined;
  readonly corrupt?: number | undefined;
  /** Every other SPS in the stream has a higher level. */
  readonly flapParameters?: boolean | undefined;
  /** RTP timestamps jump by so many seconds, forth or back, about every fortieth picture; above 0. */
  readonly timestampJumpS?: number | undefined;
  /** Each frame leaves up to so many ms late, those behind it with it. */
  readonly jitterMs?: number | undefined;
  /** Writes of 1 to so many bytes, or cuts within the headers of frames and messages. */
  readonly split?: number | 'headers' | undefined;
  /** One in so many bytes is changed, framing and answers included. */
  readonly garble?: number | undefined;
  /** The camera's clock is ahead by so many seconds. */
  readonly clockOffsetS?: number | undefined;
  /** The camera's clock is fast by so many millionths. */
  readonly clockDriftPpm?: number | undefined;
  /** The camera's clock steps by so many seconds, forth or back, at about every third sender report. */
  readonly clockStepS?: number | undefined;
  /** No sender reports, or such with one wrong field each; a goodbye is sent all the same. */
  readonly reports?: 'missing' | 'wrong' | undefined;
  /** The connection is closed, or stays open and nothing more comes. */
  readonly end?: { readonly how: 'close' | 'silence'; readonly at: Place } | undefined;
  /** The answer of this number has header fields without end. */
  readonly endlessHeaders?: number | undefined;
  /** Answers with a body announce a wrong length. */
  readonly contentLength?: WrongContentLength | undefined;
}

/** Largest time in s, length in bytes and number that make sense: beyond them, fields of the wire run over. */
const MAX_SECONDS = 1e8;
const MAX_COUNT = 2 ** 31 - 1;

/** Throws RangeError if something of a plan is out of its range. */
export function checkPlan(plan: FaultPlan): void {
  const { split, contentLength, end } = plan;
  for (const name of ['loss', 'reorder', 'duplicate', 'corrupt'] as const) check(name, plan[name], 0, 1);
  check('timestampJumpS', plan.timestampJumpS, 0.001, 10_000);
  check('jitterMs', plan.jitterMs, 0, 60_000);
  if (split !== 'headers') check('split', split, 1, MAX_COUNT, true);
  check('garble', plan.garble, 1, MAX_COUNT, true);
  check('seed', plan.seed, -MAX_COUNT, MAX_COUNT, true);
  check('clockOffsetS', plan.clockOffsetS, -MAX_SECONDS, MAX_SECONDS);
  check('clockDriftPpm', plan.clockDriftPpm, -1e6, 1e6);
  check('clockStepS', plan.clockStepS, -MAX_SECONDS, MAX_SECONDS);
  check('endlessHeaders', plan.endlessHeaders, 1, MAX_COUNT, true);
  check('end', end?.at.number, 1, MAX_COUNT, true);
  if (contentLength !== undefined && !CONTENT_LENGTHS.includes(contentLength)) {
    throw new RangeError(`contentLength ${contentLength} is none of ${CONTENT_LENGTHS.join(', ')}`);
  }
}

function check(name: string, value: number | undefined, least: number, most: number, whole = false): void {
  if (value === undefined || (value >= least && value <= most && (!whole || Number.isInteger(value)))) return;
  throw new RangeError(`${name} ${value} is not ${whole ? 'an integer' : 'a number'} from ${least} to ${most}`);
}
