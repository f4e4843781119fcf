/** The `Session` header of a response (RFC 2326 section 12.37). */
export interface SessionHeader {
  /** The bare id, as it has to be sent back (Q59). */
  readonly id: string;
  /** Seconds after which a silent session ends. Default 60. */
  readonly timeoutSeconds: number;
  /** The timeout was zero or no number, and the default stands in. */
  readonly badTimeout: boolean;
}

/** Default of the timeout parameter in seconds (RFC 2326 section 12.37). */
export const DEFAULT_SESSION_TIMEOUT_S = 60;
/** A timeout above a day would only mean a typo; it is cut to this. */
const MAX_SESSION_TIMEOUT_S = 86_400;

/**
 * Parses `id[;timeout=n]` with blanks anywhere and with other parameters (Q58).
 *
 * @returns undefined if the value holds no id
 */
export function parseSessionHeader(value: string): SessionHeader | undefined {
  const [id = '', ...params] = value.split(';').map((part) => part.trim());
  if (id === '') return undefined;
  for (const param of params) {
    const match = /^timeout\s*=\s*"?(.*?)"?$/i.exec(param);
    if (!match) continue;
    const seconds = /^\d{1,9}$/.test(match[1]!) ? Number(match[1]) : 0;
    if (seconds === 0) return { id, timeoutSeconds: DEFAULT_SESSION_TIMEOUT_S, badTimeout: true };
    return { id, timeoutSeconds: Math.min(seconds, MAX_SESSION_TIMEOUT_S), badTimeout: false };
  }
  return { id, timeoutSeconds: DEFAULT_SESSION_TIMEOUT_S, badTimeout: false };
}
