import { isIP } from 'node:net';

/** Bytes of a camera's name in a file name: as long as a DNS label may be (RFC 1035 section 2.3.4). */
const MAX_NAME_BYTES = 63;

/** Finds the names of an address by reverse DNS; rejects if there are none. */
export type ReverseLookup = (address: string) => Promise<readonly string[]>;

/**
 * The name of a recording that was given none: `movie%Y%m%d_%H%M%S_CAMERA.mp4`.
 *
 * @param start when it begins, told in local time
 * @param camera as {@link cameraName} gives it
 */
export function generatedName(start: Date, camera: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const year = String(start.getFullYear()).padStart(4, '0');
  const date = `${year}${two(start.getMonth() + 1)}${two(start.getDate())}`;
  const time = `${two(start.getHours())}${two(start.getMinutes())}${two(start.getSeconds())}`;
  return `movie${date}_${time}_${camera}.mp4`;
}

/**
 * What to call a camera in a file name: the first label of its host name, for an address that of its reverse DNS name, else the
 * address itself as `ipv4-192-168-1-5` or `ipv6-fe80--1`. Whatever a server answers, what comes out is safe; see {@link safeName}.
 *
 * @param host name or address, IPv6 without brackets
 */
export async function cameraName(host: string, lookUp: ReverseLookup): Promise<string> {
  const version = isIP(host);
  if (version === 0) return safeName(firstLabel(host)) || 'camera';
  const names = await lookUp(host).catch(() => []);
  // A server without a name for it may answer with the question, or with the address.
  const told = names.find((name) => isIP(name) === 0 && !/\.(?:in-addr|ip6)\.arpa\.?$/i.test(name));
  return safeName(firstLabel(told ?? '')) || safeName(`ipv${version}-${host.replace(/[.:]/g, '-')}`);
}

function firstLabel(name: string): string {
  return name.split('.', 1)[0]!;
}

/**
 * Makes any text a part of a file name on every system: letters, digits, `-` and `_`, at most 63 bytes of UTF-8, not beginning or
 * ending in `-`; empty if nothing is left.
 */
function safeName(text: string): string {
  const plain = text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}_-]/gu, '-')
    .replace(/^-+|-+$/g, '');
  let name = '';
  let bytes = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NAME_BYTES) break;
    name += character;
  }
  return name.replace(/-+$/, '');
}
