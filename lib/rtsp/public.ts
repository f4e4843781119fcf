/** The methods of a `Public` header (RFC 2326 section 12.28), in upper case. Blanks and empty parts are no fault. */
export function parsePublic(values: readonly string[]): ReadonlySet<string> {
  const methods = values.flatMap((value) => value.split(/[\s,]+/)).filter((method) => method !== '');
  return new Set(methods.map((method) => method.toUpperCase()));
}
