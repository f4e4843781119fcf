import { createHash } from 'node:crypto';

/** A Digest algorithm that we can compute (RFC 7616 section 3.3). */
export interface DigestAlgorithm {
  readonly hash: 'md5' | 'sha256' | 'sha512-256';
  /** A `-sess` form: the first hash covers nonce and cnonce too. */
  readonly session: boolean;
  /** Higher is better; SHA-256 and SHA-512-256 count the same. */
  readonly strength: number;
}

const HASHES: ReadonlyMap<string, { hash: DigestAlgorithm['hash']; strength: number }> = new Map([
  ['MD5', { hash: 'md5', strength: 1 }],
  ['SHA-256', { hash: 'sha256', strength: 2 }],
  ['SHA-512-256', { hash: 'sha512-256', strength: 2 }],
]);

/**
 * Looks an algorithm up by the name of a challenge, without case; no name or an empty one means MD5 (RFC 7616 section 3.3).
 *
 * @returns undefined for one that we cannot compute
 */
export function digestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  const upper = (name ?? '').toUpperCase();
  const session = upper.endsWith('-SESS');
  const found = HASHES.get(upper === '' ? 'MD5' : session ? upper.slice(0, -5) : upper);
  return found && { ...found, session };
}

/** What a Digest response is computed from. Text is Latin-1: every character is one byte as it goes over the wire. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly method: string;
  /** The request URI byte for byte (Q30). */
  readonly uri: string;
  /** With `qop=auth`: 8 hexadecimal digits. */
  readonly nc?: string | undefined;
  /** With `qop=auth` and with the `-sess` algorithms. */
  readonly cnonce?: string | undefined;
}

/** The `response` of Digest in lower-case hexadecimal (RFC 7616 section 3.4.1, without `nc` RFC 2069 section 2.1.2). */
export function digestResponse(input: DigestInput): string {
  const { hash, session } = input.algorithm;
  const h = (text: string) => createHash(hash).update(text, 'latin1').digest('hex');
  let ha1 = h(`${input.username}:${input.realm}:${input.password}`);
  if (session) ha1 = h(`${ha1}:${input.nonce}:${input.cnonce ?? ''}`);
  const ha2 = h(`${input.method}:${input.uri}`);
  return input.nc === undefined
    ? h(`${ha1}:${input.nonce}:${ha2}`)
    : h(`${ha1}:${input.nonce}:${input.nc}:${input.cnonce ?? ''}:auth:${ha2}`);
}

/** UTF-8 text as the Latin-1 string that stands for its bytes, the form in which header fields are written (Q34). */
export function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
