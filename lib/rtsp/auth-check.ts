import { timingSafeEqual } from 'node:crypto';
import type { Credentials } from './auth.js';
import { parseChallenges, quote, unescapeQuoted } from './challenge.js';
import { digestAlgorithm, digestResponse, utf8Bytes } from './digest.js';

/** What a server demands of its clients. */
export interface AuthPolicy extends Credentials {
  readonly scheme: 'basic' | 'digest';
  readonly realm: string;
  /** Digest only: `MD5`, `SHA-256`, `SHA-512-256` or one of these with `-sess`. Default: none named, which means MD5. */
  readonly algorithm?: string | undefined;
  /** Digest only: offer `qop="auth"` and insist on it. Default false, the usual camera's form (Q26). */
  readonly qop?: boolean | undefined;
}

/** The value of `WWW-Authenticate` (RFC 7616 section 3.3, RFC 7617 section 2). `stale`: the nonce alone was wrong. */
export function makeChallenge(policy: AuthPolicy, nonce: string, stale = false): string {
  const realm = quote(utf8Bytes(policy.realm));
  if (policy.scheme === 'basic') return `Basic realm=${realm}`;
  const fields = [`realm=${realm}`, `nonce=${quote(nonce)}`];
  if (policy.algorithm !== undefined) fields.push(`algorithm=${policy.algorithm}`);
  if (policy.qop) fields.push('qop="auth"');
  if (stale) fields.push('stale=true');
  return `Digest ${fields.join(', ')}`;
}

/**
 * Checks the value of `Authorization` of a request: the scheme, the user, the realm, the nonce, that `uri` is the request's own,
 * and the response. Compares in constant time.
 *
 * @param authorization the header's value as Latin-1, undefined if the request has none
 */
export function verify(
  policy: AuthPolicy,
  nonce: string,
  request: { readonly method: string; readonly uri: string; readonly authorization: string | undefined },
): boolean {
  const given = parseChallenges(request.authorization === undefined ? [] : [request.authorization])[0];
  if (given === undefined || given.scheme !== policy.scheme) return false;
  if (policy.scheme === 'basic') {
    return equal(
      Buffer.from(given.token ?? '', 'base64').toString('latin1'),
      utf8Bytes(`${policy.username}:${policy.password}`),
    );
  }
  const field = (name: string) => {
    const value = given.params.get(name);
    return value === undefined ? undefined : unescapeQuoted(value);
  };
  const algorithm = digestAlgorithm(policy.algorithm);
  if (algorithm === undefined) return false;
  const username = utf8Bytes(policy.username);
  const realm = utf8Bytes(policy.realm);
  if (field('username') !== username || field('realm') !== realm) return false;
  if (field('nonce') !== nonce || field('uri') !== request.uri) return false;
  const named = field('algorithm');
  if (named !== undefined && named.toUpperCase() !== (policy.algorithm ?? 'MD5').toUpperCase()) return false;
  const nc = field('nc');
  const cnonce = field('cnonce');
  if (policy.qop && (field('qop')?.toLowerCase() !== 'auth' || !/^[\da-f]{8}$/i.test(nc ?? '') || !cnonce))
    return false;
  const expected = digestResponse({
    algorithm,
    username,
    password: utf8Bytes(policy.password),
    realm,
    nonce,
    method: request.method,
    uri: request.uri,
    nc: policy.qop ? nc : undefined,
    cnonce,
  });
  return equal((field('response') ?? '').toLowerCase(), expected);
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}
