import { RetinaRecordError } from '../errors.js';

/** A time of day. */
export interface TimeOfDay {
  /** 0–23. */
  readonly hour: number;
  /** 0–59. */
  readonly minute: number;
  /** 0–60. */
  readonly second: number;
  /** 0–999. */
  readonly millisecond: number;
}

/**
 * Reads `HH:MM[:SS[.fff]]`; hours, minutes and seconds may have one digit, blanks around them do not matter.
 *
 * @returns undefined if the text is no time of day
 */
export function parseTimeOfDay(text: string): TimeOfDay | undefined {
  const match = /^\s*(\d\d?)\s*:\s*(\d\d?)(?:\s*:\s*(\d\d?)(?:\.(\d+))?)?\s*$/.exec(text);
  if (match === null) return undefined;
  const [, hour, minute, second = '0', fraction = '0'] = match;
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second), millisecond };
  // 60 is a leap second.
  return time.hour < 24 && time.minute < 60 && time.second <= 60 ? time : undefined;
}

/**
 * The moment of today at which local clocks show a time. A time that they show twice, because they are set back, is the next of
 * the two; one that they skip, because they are set forward, is when they would have shown it.
 *
 * @param now which day it is, and what is over
 * @throws RetinaRecordError `usage` if it has passed already
 */
export function startMoment({ hour, minute, second, millisecond }: TimeOfDay, now: Date): Date {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate(), hour, minute, second, millisecond);
  if (first >= now) return first;
  const again = new Date(first.getTime() + setBackMs(first));
  if (again >= now && clockTime(again) === clockTime(first)) return again;
  throw new RetinaRecordError(
    'usage',
    `--start ${clockTime(first)} has passed already: it is ${clockTime(now)}, and today's time is meant`,
  );
}

/** Local time as `HH:MM:SS`, with thousandths where there are any. */
export function clockTime(moment: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  const thousandths = moment.getMilliseconds();
  return thousandths === 0 ? time : `${time}.${String(thousandths).padStart(3, '0')}`;
}

/** By how much clocks are set back within a few hours, 0 if they are not. */
function setBackMs(moment: Date): number {
  const later = new Date(moment.getTime() + 3 * 3_600_000);
  return Math.max(0, later.getTimezoneOffset() - moment.getTimezoneOffset()) * 60_000;
}
