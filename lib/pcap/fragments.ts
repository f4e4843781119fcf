import type { IpPacket } from './ip.js';

/** Packets whose fragments are kept at the same time; above that the oldest is given up. */
const MAX_PACKETS = 64;
/** Fragments of one packet; a whole one has at most 8192 (RFC 791 section 2.3), real ones have a few dozen. */
const MAX_FRAGMENTS = 1024;
/** Length of the longest IP payload in bytes. */
const MAX_LENGTH = 0xffff;

interface Partial {
  readonly fragments: { offset: number; data: Buffer }[];
  /** Length of the whole payload, once the last fragment is there. */
  length: number;
  protocol: number;
}

/**
 * Joins IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5). Where fragments overlap the packet is given up, as RFC 5722
 * asks; an exact repetition is none. Memory is bounded by 64 packets of 64 KiB.
 */
export class FragmentReassembler {
  /** Packets that were given up. */
  dropped = 0;
  private readonly partials = new Map<string, Partial>();

  /** Packets of which fragments are still missing. */
  get pending(): number {
    return this.partials.size;
  }

  /** Takes a packet; returns it if it is no fragment, the whole packet if this was the last one missing, else undefined. */
  push(packet: IpPacket): IpPacket | undefined {
    const { fragment, payload } = packet;
    if (fragment === undefined) return packet;
    const { source, destination } = packet;
    const key = `${source.toString('latin1')}${destination.toString('latin1')}${fragment.id}/${source.length === 4 ? packet.protocol : 6}`;
    const partial = this.partials.get(key) ?? this.begin(key, packet.protocol);
    if (!add(partial, fragment.offset, payload, fragment.more)) {
      this.partials.delete(key);
      this.dropped++;
      return undefined;
    }
    if (fragment.offset === 0) partial.protocol = packet.protocol;
    const whole = join(partial);
    if (whole === undefined) return undefined;
    this.partials.delete(key);
    return { source, destination, protocol: partial.protocol, payload: whole };
  }

  private begin(key: string, protocol: number): Partial {
    if (this.partials.size >= MAX_PACKETS) {
      for (const oldest of this.partials.keys()) {
        this.partials.delete(oldest);
        this.dropped++;
        break;
      }
    }
    const partial = { fragments: [], length: -1, protocol };
    this.partials.set(key, partial);
    return partial;
  }
}

/** Puts a fragment in its place; false if the packet cannot become whole. */
function add(partial: Partial, offset: number, data: Buffer, more: boolean): boolean {
  const { fragments } = partial;
  const end = offset + data.length;
  if (end > MAX_LENGTH || fragments.length >= MAX_FRAGMENTS) return false;
  if (!more) {
    if (partial.length >= 0 && partial.length !== end) return false;
    partial.length = end;
  }
  let at = fragments.length;
  while (at > 0 && fragments[at - 1]!.offset > offset) at--;
  const before = fragments[at - 1];
  if (before?.offset === offset && before.data.length === data.length) return true;
  if (before !== undefined && before.offset + before.data.length > offset) return false;
  const after = fragments[at];
  if (after !== undefined && end > after.offset) return false;
  // A copy: the view would keep the whole piece of the file alive.
  fragments.splice(at, 0, { offset, data: Buffer.from(data) });
  return true;
}

function join({ fragments, length }: Partial): Buffer | undefined {
  if (length < 0) return undefined;
  let next = 0;
  for (const { offset, data } of fragments) {
    if (offset !== next) return undefined;
    next += data.length;
  }
  return next === length ? Buffer.concat(fragments.map(({ data }) => data)) : undefined;
}
