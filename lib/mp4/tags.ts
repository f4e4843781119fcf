import { box, cstring, fullBox, u32 } from './box.js';

/** What lets the finder of a file know where it came from. */
export interface MovieTags {
  /** The camera's URL without credentials. */
  readonly url?: string | undefined;
  /** The camera's name, if it told one. */
  readonly name?: string | undefined;
  /** Name of the recording host. */
  readonly host?: string | undefined;
  /** Program and version that wrote the file. */
  readonly encoder?: string | undefined;
}

/** Data type of UTF-8 text in a metadata item. */
const TYPE_UTF8 = 1;
/** Longest tag in characters; the rest is cut off. */
const MAX_TAG = 1024;

/**
 * The user data box with iTunes-style metadata, which ffprobe, mediainfo and players show: title (the name, else the URL), comment
 * (the URL), description (the host), encoder. Freeform items would name things better, but some readers complain about them.
 */
export function userData({ url, name, host, encoder }: MovieTags): Buffer {
  const items: Buffer[] = [];
  const title = name ?? url;
  if (title !== undefined) items.push(item('\xa9nam', title));
  if (url !== undefined) items.push(item('\xa9cmt', url));
  if (host !== undefined) items.push(item('desc', `recorded on ${host}`));
  if (encoder !== undefined) items.push(item('\xa9too', encoder));
  const handler = fullBox('hdlr', 0, 0, u32(0), Buffer.from('mdirappl'), u32(0, 0), cstring(''));
  return box('udta', fullBox('meta', 0, 0, handler, box('ilst', ...items)));
}

function item(type: string, value: string): Buffer {
  return box(type, box('data', u32(TYPE_UTF8, 0), Buffer.from(value.slice(0, MAX_TAG), 'utf8')));
}
