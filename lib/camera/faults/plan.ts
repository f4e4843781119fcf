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
  /** Each packet leaves up to so many ms late, those behind it with it. */
  readonly jitterMs?: number | undefined;
  /** On the RTSP connection: writes of 1 to so many bytes, or cuts within the headers of frames and messages. */
  readonly split?: number | 'headers' | undefined;
  /** One in so many bytes of the RTSP connection is changed, framing and answers included. */
  readonly garble?: number | undefined;
  /** The camera's clock is ahead by so many seconds. */
  readonly clockOffsetS?: number | undefined;
  /** The camera's clock is fast by so many millionths. */
  readonly clockDriftPpm?: number | undefined;
  /** The camera's clock steps by so many seconds, forth or back, at about every third sender report. */
  readonly clockStepS?: number | undefined;
  /** No sender reports, or such with one wrong field each; a goodbye is sent all the same. */
  readonly reports?: 'missing' | 'wrong' | undefined;
  /**
   * The RTSP connection is closed, or stays open and nothing more comes. Media over UDP outlive a connection that is closed, and fall
   * silent with one that does.
   */
  readonly end?: { readonly how: 'close' | 'silence'; readonly at: Place } | undefined;
  /** The answer of this number has header fields without end. */
  readonly endlessHeaders?: number | undefined;
  /** Answers with a body announce a wrong length. */
  readonly contentLength?: WrongContentLength | undefined;
  /** No datagram leaves, as if a firewall dropped them all. */
  readonly noDatagrams?: boolean | undefined;
  /** Probability for each packet over UDP, 0–1, that a forged one from somebody else arrives ahead of it. */
  readonly foreign?: number | undefined;
  /** What the answer to a SETUP over UDP says of where the media come from; empty for nothing behind the `=`. */
  readonly announcedSource?: string | undefined;
}

/** How often faults hit packets, over UDP and TCP alike. */
export interface FaultCounts {
  /** Left out by `loss`. */
  packetsLost: number;
  /** Overtaken, because of `reorder`, by at least one other of their stream. */
  packetsReordered: number;
  /** Sent twice because of `duplicate`. */
  packetsDuplicated: number;
  /** Changed by `corrupt`. */
  packetsCorrupted: number;
  /** Forged ones sent because of `foreign`. */
  packetsForged: number;
  /** Datagrams kept back by `no-udp`. */
  datagramsWithheld: number;
}

/** Nothing has happened yet. */
export function noFaults(): FaultCounts {
  return {
    packetsLost: 0,
    packetsReordered: 0,
    packetsDuplicated: 0,
    packetsCorrupted: 0,
    packetsForged: 0,
    datagramsWithheld: 0,
  };
}

/** Largest time in s, length in bytes and number that make sense: beyond them, fields of the wire run over. */
const MAX_SECONDS = 1e8;
const MAX_COUNT = 2 ** 31 - 1;

/** Throws RangeError if something of a plan is out of its range. */
export function checkPlan(plan: FaultPlan): void {
  const { split, contentLength, end, announcedSource = '' } = plan;
  for (const name of ['loss', 'reorder', 'duplicate', 'corrupt', 'foreign'] as const) check(name, plan[name], 0, 1);
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
  if (!/^[\w.:-]{0,255}$/.test(announcedSource)) {
    throw new RangeError(`announcedSource ${JSON.stringify(announcedSource)} is neither an address nor a host name`);
  }
}

function check(name: string, value: number | undefined, least: number, most: number, whole = false): void {
  if (value === undefined || (value >= least && value <= most && (!whole || Number.isInteger(value)))) return;
  throw new RangeError(`${name} ${value} is not ${whole ? 'an integer' : 'a number'} from ${least} to ${most}`);
}
