/**
 * An URL fit for messages and files: user info and the values of parameters called `password` and the like (which some
 * DVRs carry in path or query) are replaced by `***`. Accepts anything.
 */
export function maskUrl(text: string): string {
  return stripUserInfo(text).replace(
    /([?&;/_](?:password|passwd|passw|pass|pwd|pw)=)[^&?/;]*?(?=[&?/;]|_(?:channel|stream|user)=|$)/gi,
    '$1***',
  );
}

/** The text without user info. Where the authority makes no sense, everything up to the last `@` counts as user info. */
export function stripUserInfo(text: string): string {
  const match = /^([a-z][a-z\d+.-]*:\/\/)?([^/?#]*)(.*)$/is.exec(text);
  if (!match) return text;
  const [, prefix = '', authority = '', rest = ''] = match;
  const at = authority.lastIndexOf('@');
  if (at >= 0) return `${prefix}${authority.slice(at + 1)}${rest}`;
  // A password with `/` in it: `rtsp://user:p/w@host/`.
  if (prefix !== '' && /:/.test(authority) && !/^(?:\[[^\]]*\]|[^:]*):\d*$/.test(authority) && rest.includes('@')) {
    return `${prefix}${rest.slice(rest.lastIndexOf('@') + 1)}`;
  }
  return text;
}
