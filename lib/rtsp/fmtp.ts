/**
 * The parameters of an `a=fmtp` value without its payload type (RFC 4566 section 6), by lower-case name.
 *
 * Lenient (Q53): `;` with or without blanks, empty parts (Reolink ends in `;`), parts without `=` skipped, split at the first
 * `=` only because of base64 padding. The first of two parameters with one name counts.
 */
export function parseFmtp(fmtp: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const part of fmtp.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    if (name !== '' && !params.has(name)) params.set(name, part.slice(equals + 1).trim());
  }
  return params;
}
