import { isIP } from 'node:net';

const IPV4_MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/**
 * The bytes of an address in text: 4 for IPv4 and for IPv4 mapped into IPv6, else 16 (RFC 4291 section 2.2). A zone (`%eth0`)
 * is dropped. Undefined if it is no address.
 */
export function parseIpAddress(text: string): Buffer | undefined {
  const bare = text.replace(/%.*$/s, '');
  const version = isIP(bare);
  if (version === 0) return undefined;
  if (version === 4) return dotted(bare);
  const tail = /\d+\.\d+\.\d+\.\d+$/.exec(bare)?.[0];
  const embedded = tail === undefined ? undefined : dotted(tail);
  const groups =
    embedded === undefined ? bare : bare.slice(0, -tail!.length) + embedded.toString('hex').replace(/^.{4}/, '$&:');
  const [before = [], after = []] = groups.split('::').map((side) => side.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const bytes = Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
  return bytes.subarray(0, 12).equals(IPV4_MAPPED) ? bytes.subarray(12) : bytes;
}

function dotted(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}
