/**
 * Parses an `ssrc` parameter: up to 8 hexadecimal digits (RFC 2326 section 12.39), padded with blanks or not at all by
 * Hikvision and Dahua; 0 means that the server does not know it (H264DVR) (Q66, Q75).
 *
 * @returns the unsigned 32-bit value; `undefined` for 0; `null` for what is no such number, decimal ones of 9 and 10 digits too
 */
export function parseSsrc(value: string): number | null | undefined {
  const text = value.trim().replace(/^0x/i, '');
  if (!/^[\da-f]{1,8}$/i.test(text)) return null;
  const ssrc = Number.parseInt(text, 16);
  return ssrc === 0 ? undefined : ssrc;
}
