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
 * The user data box with iTunes-style metadata, which ffprobe, mediainfo and players show: title (the name, else the URL),
 * encoder, comment (the URL), and the host under its own name.
 */
export function userData({ url, name, host, encoder }: MovieTags): Buffer {
  const items: Buffer[] = [];
  const title = name ?? url;
  if (title !== undefined) items.push(box('\xa9nam', text(title)));
  if (encoder !== undefined) items.push(box('\xa9too', text(encoder)));
  if (url !== undefined) items.push(box('\xa9cmt', text(url)), freeform('camera_url', url));
  if (host !== undefined) items.push(freeform('recording_host', host));
  const handler = fullBox('hdlr', 0, 0, u32(0), Buffer.from('mdirappl'), u32(0, 0), cstring(''));
  return box('udta', fullBox('meta', 0, 0, handler, box('ilst', ...items)));
}

function text(value: string): Buffer {
  return box('data', u32(TYPE_UTF8, 0), Buffer.from(value.slice(0, MAX_TAG), 'utf8'));
}

function freeform(name: string, value: string): Buffer {
  return box(
    '----',
    fullBox('mean', 0, 0, Buffer.from('com.apple.iTunes')),
    fullBox('name', 0, 0, Buffer.from(name)),
    text(value),
  );
}
