import type { ReverseLookup } from '../recorder/output-name.js';

/** A name for a file is not worth waiting longer for. In ms. */
const LIMIT_MS = 2000;

/** The part of Node's resolver that is used here. */
export interface ReverseResolver {
  reverse(address: string): Promise<string[]>;
  /** Makes look-ups under way fail. */
  cancel(): void;
}

/** Most recordings are given a name, and need none. */
async function nodeResolver(): Promise<ReverseResolver> {
  const { Resolver } = await import('node:dns/promises');
  return new Resolver({ timeout: LIMIT_MS, tries: 1 });
}

/**
 * Looks addresses up by Node's resolver, which knows the hosts file too, for at most 2 s.
 *
 * @param given replaces it in tests
 */
export function reverseLookup(given?: ReverseResolver, limitMs = LIMIT_MS): ReverseLookup {
  return async (address) => {
    const resolver = given ?? (await nodeResolver());
    // Several servers may each take their time.
    const timer = setTimeout(() => resolver.cancel(), limitMs);
    try {
      return await resolver.reverse(address);
    } finally {
      clearTimeout(timer);
    }
  };
}
