import { type Challenge, parseChallenges, quote, unescapeQuoted } from './challenge.js';
import { type DigestAlgorithm, digestAlgorithm, digestResponse, utf8Bytes } from './digest.js';

/** Used verbatim as UTF-8, never percent-decoded (Q34). */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * What {@link Authenticator.challenged} makes of a 401: send the request again; the credentials are wrong; the answer
 * has no challenge at all; none of its challenges is one that we can answer.
 */
export type ChallengeOutcome = 'retry' | 'rejected' | 'no-challenge' | 'unsupported';

interface ActiveDigest {
  readonly scheme: 'digest';
  readonly challenge: Challenge;
  readonly algorithm: DigestAlgorithm;
  readonly nonce: string;
  /** Uses of the nonce so far. */
  count: number;
}

type Active = ActiveDigest | { readonly scheme: 'basic' };

/**
 * The client's side of Digest (RFC 7616, RFC 2069) and Basic (RFC 7617) for one server. Of several challenges the
 * strongest one that we can answer wins: SHA-512-256 and SHA-256, then MD5, then Basic; the first of equals (Q25).
 */
export class Authenticator {
  private active: Active | undefined;
  /** Out of reach for whoever prints a session. */
  readonly #credentials: Credentials;
  private triedWith: { fresh: boolean; basic: boolean } = { fresh: false, basic: false };

  /** @param random gives n random bytes, for the client nonce */
  constructor(
    credentials: Credentials,
    private readonly random: (bytes: number) => Buffer,
  ) {
    this.#credentials = credentials;
  }

  /** What is in use, such as `Digest SHA-256` or `Basic`; undefined before the first challenge. */
  get scheme(): string | undefined {
    if (this.active === undefined) return undefined;
    if (this.active.scheme === 'basic') return 'Basic';
    return `Digest ${this.active.challenge.params.get('algorithm') || 'MD5'}`;
  }

  /** The value of `Authorization` for a request, undefined before the first challenge. Counts as a use of the nonce. */
  authorization(method: string, uri: string): string | undefined {
    if (this.active === undefined) return undefined;
    if (this.active.scheme === 'digest') return this.digest(this.active, method, uri);
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
  }

  /** Has to be called before a request is sent for the first time: each request gets the attempts of its own. */
  beginRequest(): void {
    this.triedWith = { fresh: false, basic: false };
  }

  /**
   * Takes the `WWW-Authenticate` values of a 401.
   *
   * A first challenge and one with a new nonce (or `stale=true`) are answered once per request (Q31). After a rejected
   * Digest, Basic is tried once if it is offered: a Hikvision set to Basic still lists Digest first (Q32).
   */
  challenged(values: readonly string[]): ChallengeOutcome {
    const challenges = parseChallenges(values);
    if (challenges.length === 0) return 'no-challenge';
    const best = strongest(challenges);
    if (best === undefined) return 'unsupported';
    if (this.active === undefined) {
      this.active = best;
      return 'retry';
    }
    const tried = this.triedWith;
    if (this.active.scheme === 'digest' && best.scheme === 'digest' && !tried.fresh) {
      const stale = best.challenge.params.get('stale')?.toLowerCase() === 'true';
      if (stale || best.nonce !== this.active.nonce) {
        tried.fresh = true;
        this.active = best;
        return 'retry';
      }
    }
    if (this.active.scheme === 'digest' && !tried.basic && challenges.some((c) => c.scheme === 'basic')) {
      tried.basic = true;
      this.active = { scheme: 'basic' };
      return 'retry';
    }
    if (this.active.scheme === 'basic' && !tried.basic && best.scheme === 'digest') {
      // Basic served an earlier request, and the server has changed its mind.
      tried.basic = true;
      this.active = best;
      return 'retry';
    }
    return 'rejected';
  }

  private digest(active: ActiveDigest, method: string, uri: string): string {
    const { challenge, algorithm, nonce } = active;
    const { params } = challenge;
    const username = utf8Bytes(this.#credentials.username);
    const realm = params.get('realm') ?? '';
    const nc = hasQop(challenge) ? (++active.count).toString(16).padStart(8, '0') : undefined;
    const cnonce = nc !== undefined || algorithm.session ? this.random(8).toString('hex') : undefined;
    const response = digestResponse({
      algorithm,
      username,
      password: utf8Bytes(this.#credentials.password),
      realm: unescapeQuoted(realm),
      nonce: unescapeQuoted(nonce),
      method,
      uri,
      nc,
      cnonce,
    });
    const fields = [
      `username=${quote(username)}`,
      `realm="${realm}"`,
      `nonce="${nonce}"`,
      `uri="${uri}"`,
      `response="${response}"`,
    ];
    const algorithmName = params.get('algorithm');
    if (algorithmName) fields.push(`algorithm=${algorithmName}`);
    if (nc !== undefined) fields.push('qop=auth', `nc=${nc}`);
    if (cnonce !== undefined) fields.push(`cnonce="${cnonce}"`);
    const opaque = params.get('opaque');
    if (opaque) fields.push(`opaque="${opaque}"`);
    return `Digest ${fields.join(', ')}`;
  }
}

function strongest(challenges: readonly Challenge[]): Active | undefined {
  let best: { strength: number; active: Active } | undefined;
  for (const challenge of challenges) {
    const candidate = usable(challenge);
    if (candidate && candidate.strength > (best?.strength ?? -1)) best = candidate;
  }
  return best?.active;
}

function usable(challenge: Challenge): { strength: number; active: Active } | undefined {
  if (challenge.scheme === 'basic') return { strength: 0, active: { scheme: 'basic' } };
  if (challenge.scheme !== 'digest') return undefined;
  const nonce = challenge.params.get('nonce');
  const algorithm = digestAlgorithm(challenge.params.get('algorithm'));
  if (nonce === undefined || algorithm === undefined) return undefined;
  if (challenge.params.get('qop') && !hasQop(challenge)) return undefined; // `auth-int` alone
  return { strength: algorithm.strength, active: { scheme: 'digest', challenge, algorithm, nonce, count: 0 } };
}

function hasQop(challenge: Challenge): boolean {
  const offered = (challenge.params.get('qop') ?? '').toLowerCase().split(/[\s,]+/);
  return offered.includes('auth');
}
