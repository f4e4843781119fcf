/** What a request's URL names: the whole presentation, or one of its streams. */
export interface Resource {
  /** The presentation's URL without query, user name and trailing slash. */
  readonly base: string;
  /** Index of the medium; undefined for the presentation. */
  readonly stream: number | undefined;
}

/**
 * Finds out what a request's URL names (RFC 2326 section 3.2). Scheme and host do not matter, a query and a slash at the end are
 * dropped; a control attribute that a client appended to a query is understood.
 *
 * @param path the presentation's path, starting with `/`
 * @returns undefined if it names nothing that the camera has
 */
export function parseResource(uri: string, path: string): Resource | undefined {
  const stream = /\/stream=(\d{1,3})\/?$/.exec(uri);
  const presentation = stream === null ? uri : uri.slice(0, stream.index);
  const parts = /^(rtspu?:\/\/)(?:[^/?#]*@)?([^/?#@]+)(\/[^?#]*)?(?:[?#].*)?$/i.exec(presentation);
  if (parts === null || trimSlashes(parts[3] ?? '') !== trimSlashes(path)) return undefined;
  return {
    base: `${parts[1]}${parts[2]}${trimSlashes(path)}`,
    stream: stream === null ? undefined : Number(stream[1]),
  };
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
