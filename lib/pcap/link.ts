import { ethernet, linuxSll, linuxSll2, vlanTag } from './layouts.js';

/** LINKTYPE_ values (https://www.tcpdump.org/linktypes.html) of the captures that can be read. */
export const LinkType = {
  null: 0,
  ethernet: 1,
  /** DLT_RAW of most systems, and of OpenBSD; some writers put it into the file. */
  rawDlt: 12,
  rawDltOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = new Set([0x8100, 0x88a8, 0x9100]);
/** VLAN tags that may be stacked. */
const MAX_TAGS = 4;
/** Address family in front of each packet of a BSD loopback interface. */
const LOOPBACK_HEADER = 4;

/** True if {@link decodeLink} knows the link type. */
export function isKnownLinkType(linkType: number): boolean {
  return Object.values<number>(LinkType).includes(linkType);
}

/** The IP packet inside a captured packet, with whatever trails it; undefined if it is none or the link type is unknown. */
export function decodeLink(linkType: number, data: Buffer): Buffer | undefined {
  switch (linkType) {
    case LinkType.ethernet:
      return data.length < ethernet.span ? undefined : network(ethernet.decode(data).etherType, data, ethernet.span);
    case LinkType.linuxSll:
      return data.length < linuxSll.span ? undefined : network(linuxSll.decode(data).protocol, data, linuxSll.span);
    case LinkType.linuxSll2:
      return data.length < linuxSll2.span ? undefined : network(linuxSll2.decode(data).protocol, data, linuxSll2.span);
    case LinkType.null:
    case LinkType.loop:
      // The family's value and byte order differ from system to system; the IP header says its version itself.
      return data.subarray(LOOPBACK_HEADER);
    case LinkType.rawDlt:
    case LinkType.rawDltOpenBsd:
    case LinkType.raw:
    case LinkType.ipv4:
    case LinkType.ipv6:
      return data;
    default:
      return undefined;
  }
}

function network(etherType: number, data: Buffer, offset: number): Buffer | undefined {
  for (let tags = 0; ETHERTYPE_VLAN.has(etherType); tags++) {
    if (tags === MAX_TAGS || data.length < offset + vlanTag.span) return undefined;
    etherType = vlanTag.decode(data, offset).etherType;
    offset += vlanTag.span;
  }
  return etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6 ? data.subarray(offset) : undefined;
}
