/** One challenge of `WWW-Authenticate`, or the credentials of `Authorization` (RFC 7235 section 2.1). */
export interface Challenge {
  /** Scheme in lower case: `digest`, `basic`, … */
  readonly scheme: string;
  /** Parameters by lower-case name, unquoted but with their escapes, as they must be echoed. */
  readonly params: ReadonlyMap<string, string>;
  /** What follows the scheme where it is not a parameter list (`Basic dXNlcjpwYXNz`). */
  readonly token?: string | undefined;
}

/**
 * Parses the values of `WWW-Authenticate` or `Authorization` (RFC 7235 section 4.1).
 *
 *     Digest realm="r", nonce="n",stale=FALSE , Basic realm="x"
 *     └scheme └parameter …                      └a second challenge
 *
 * Lenient (Q29): values with or without quotes, any or no blank around commas and `=`, commas left out, schemes and names
 * in any case, the first of two parameters with one name counts. Never throws: what makes no sense is skipped.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.flatMap((value) => parseValue(value));
}

interface OpenChallenge {
  scheme: string;
  params: Map<string, string>;
  token?: string;
}

const SEPARATORS = /[\s,]*/y;
const BLANKS = /\s*/y;
const NAME = /[^\s,="]+/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)(?:"|$)/y;
const BARE = /[^\s,]*/y;
const TOKEN68 = /[\w\-.~+/]+=*(?=\s*(?:,|$))/y;

function parseValue(value: string): Challenge[] {
  const challenges: OpenChallenge[] = [];
  let current: OpenChallenge | undefined;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(SEPARATORS);
    if (at >= value.length) return challenges;
    const name = take(NAME)?.[0];
    if (name === undefined) {
      at++;
      continue;
    }
    if (take(EQUALS)) {
      const text = take(QUOTED)?.[1] ?? take(BARE)?.[0] ?? '';
      const key = name.toLowerCase();
      if (current !== undefined && !current.params.has(key)) current.params.set(key, text);
      continue;
    }
    // A word without `=` opens a challenge if something of its own follows; else it is a parameter without a value.
    if (current !== undefined && !/\s/.test(value[at] ?? ',')) continue;
    current = { scheme: name.toLowerCase(), params: new Map() };
    challenges.push(current);
    take(BLANKS);
    const token = take(TOKEN68)?.[0];
    if (token !== undefined) current.token = token;
  }
}

/**
 * Undoes the escapes of a quoted string (RFC 7230 section 3.2.6). A backslash before anything but `"` and `\` stays: there
 * are cameras with a plain backslash in their realm.
 */
export function unescapeQuoted(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}

/** Writes a quoted string. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
