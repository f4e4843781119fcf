import type { WrongContentLength } from './answer-faults.js';
import { checkPlan, type FaultPlan, type Place } from './plan.js';

/** Faults by the names that a user types: the value that holds if none is given, and what a value means. */
const FAULTS: Readonly<Record<string, readonly [fallback: string, plan: (value: string) => FaultPlan]>> = {
  loss: ['0.01', (value) => ({ loss: number(value) })],
  reorder: ['0.01', (value) => ({ reorder: number(value) })],
  duplicate: ['0.01', (value) => ({ duplicate: number(value) })],
  corrupt: ['0.01', (value) => ({ corrupt: number(value) })],
  garble: ['100000', (value) => ({ garble: number(value) })],
  jitter: ['50', (value) => ({ jitterMs: number(value) })],
  split: ['1', (value) => ({ split: value === 'headers' ? value : number(value) })],
  'sps-flap': ['', flag({ flapParameters: true })],
  'timestamp-jump': ['20', (value) => ({ timestampJumpS: number(value) })],
  'clock-offset': ['3600', (value) => ({ clockOffsetS: number(value) })],
  'clock-drift': ['100', (value) => ({ clockDriftPpm: number(value) })],
  'clock-step': ['10', (value) => ({ clockStepS: number(value) })],
  'no-reports': ['', flag({ reports: 'missing' })],
  'wrong-reports': ['', flag({ reports: 'wrong' })],
  close: ['packet:100', (value) => ({ end: { how: 'close', at: place(value) } })],
  silence: ['packet:100', (value) => ({ end: { how: 'silence', at: place(value) } })],
  'endless-headers': ['1', (value) => ({ endlessHeaders: number(value) })],
  'content-length': ['long', (value) => ({ contentLength: value as WrongContentLength })],
  'no-udp': ['', flag({ noDatagrams: true })],
  foreign: ['0.01', (value) => ({ foreign: number(value) })],
  'wrong-source': ['192.0.2.1', (value) => ({ announcedSource: value })],
};

/** The names that {@link parseFaults} knows. */
export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/**
 * Reads faults as a user types them: `loss=0.02,close=within:2`.
 *
 * @throws RangeError for unknown names, values out of range, and faults that exclude each other
 */
export function parseFaults(text: string): FaultPlan {
  let plan: FaultPlan = {};
  for (const item of text.split(',')) {
    const [name = '', value] = item.trim().split(/=(.*)/s);
    const fault = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
    if (fault === undefined)
      throw new RangeError(`unknown fault ${JSON.stringify(name)}; there are ${FAULT_NAMES.join(', ')}`);
    let part: FaultPlan;
    try {
      part = fault[1](value ?? fault[0]);
      checkPlan(part);
    } catch (error) {
      throw new RangeError(`${item.trim()}: ${(error as Error).message}`);
    }
    plan = joinPlans(plan, part);
  }
  return plan;
}

/** Both plans' faults. @throws RangeError if they exclude each other */
export function joinPlans(a: FaultPlan, b: FaultPlan): FaultPlan {
  const both = Object.keys(a).filter((key) => Object.hasOwn(b, key));
  if (both.includes('end')) throw new RangeError('only one of close and silence can happen, and once');
  if (both.includes('reports')) throw new RangeError('reports cannot be both missing and wrong');
  if (both.length > 0) throw new RangeError(`the fault ${both.join(', ')} is given twice`);
  return { ...a, ...b };
}

function flag(plan: FaultPlan): (value: string) => FaultPlan {
  return (value) => {
    if (value !== '') throw new RangeError('takes no value');
    return plan;
  };
}

function number(text: string): number {
  if (!/^[+-]?\d+(\.\d+)?$/.test(text)) throw new RangeError(`${JSON.stringify(text)} is no number`);
  return Number(text);
}

function place(text: string): Place {
  const match = /^(before|within|after|packet|mid-packet):(\d+)$/.exec(text);
  if (match === null) {
    throw new RangeError('the place is before:N, within:N or after:N (an answer), packet:N or mid-packet:N');
  }
  return { where: match[1] as Place['where'], number: Number(match[2]) };
}
