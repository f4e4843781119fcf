/** How a `Content-Length` is wrong. */
export const CONTENT_LENGTHS = ['short', 'long', 'huge', 'nonsense'] as const;
export type WrongContentLength = (typeof CONTENT_LENGTHS)[number];

/** By how many bytes `short` and `long` are. */
const OFF_BY = 20;
/** Above what fits into 32 bits. */
const HUGE = '4294967299';
const BLANK_LINE = '\r\n\r\n';

/** A header field of 1 KiB, of which an endless head has any number. */
export const FILLER_FIELD = Buffer.from(`X-Filler: ${'.'.repeat(1012)}\r\n`);

/** The answer with a wrong `Content-Length`; one without that field stays as it is. */
export function withContentLength(answer: Buffer, how: WrongContentLength): Buffer {
  const bodyAt = answer.indexOf(BLANK_LINE) + BLANK_LINE.length;
  const head = answer.toString('latin1', 0, bodyAt);
  const wrong = head.replace(/^(Content-Length: )(\d+)/im, (_, name: string, value: string) => {
    const length = Number(value);
    const values = { short: Math.max(0, length - OFF_BY), long: length + OFF_BY, huge: HUGE, nonsense: 'many' };
    return name + values[how];
  });
  return Buffer.concat([Buffer.from(wrong, 'latin1'), answer.subarray(bodyAt)]);
}

/** The answer's head without the blank line that would end it. */
export function withoutEnd(answer: Buffer): Buffer {
  return answer.subarray(0, answer.indexOf(BLANK_LINE) + 2);
}
