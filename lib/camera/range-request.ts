/**
 * Reads the `Range` of a PLAY request as normal play time (RFC 2326 sections 3.6, 12.29).
 *
 * @returns the start in seconds, `now` where the range says so or starts nowhere, undefined if it is no range in `npt`
 */
export function parseRangeStart(value: string): number | 'now' | undefined {
  const range = /^npt\s*=\s*([\d.:]*|now)\s*-\s*([\d.:]*)\s*(?:;.*)?$/i.exec(value);
  if (range === null) return undefined;
  const start = range[1]!.toLowerCase();
  const end = range[2]!;
  if (end !== '' && nptSeconds(end) === undefined) return undefined;
  return start === '' || start === 'now' ? 'now' : nptSeconds(start);
}

/** Seconds, or hours, minutes and seconds, both with a fraction. */
function nptSeconds(text: string): number | undefined {
  if (/^\d+(\.\d*)?$/.test(text)) return Number(text);
  const clock = /^(\d+):([0-5]?\d):([0-5]?\d(?:\.\d*)?)$/.exec(text);
  return clock === null ? undefined : Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
}
