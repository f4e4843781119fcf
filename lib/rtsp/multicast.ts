import { isIP } from 'node:net';

/** Whether an address is one of a multicast group: 224.0.0.0/4 or ff00::/8 (RFC 5771, RFC 4291 section 2.7). */
export function isMulticastAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4: {
      const first = Number(address.split('.', 1)[0]);
      return first >= 224 && first <= 239;
    }
    case 6:
      return /^ff[0-9a-f]{2}:/i.test(address);
    default:
      return false;
  }
}

/**
 * The groups that an SDP's `c=` lines name (RFC 4566 section 5.7), each once: `c=IN IP4 239.1.2.3/127`. A server that names none
 * does not offer multicast.
 */
export function multicastGroups(sdp: Buffer): string[] {
  const lines = sdp.toString('latin1').matchAll(/^c=\s*IN\s+IP[46]\s+([0-9a-f.:]+)/gim);
  return [...new Set([...lines].map(([, address]) => address!).filter(isMulticastAddress))];
}
