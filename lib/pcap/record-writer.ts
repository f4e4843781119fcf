import { type ByteOrder, fileHeader, recordHeader } from './layouts.js';
import { LinkType } from './link.js';

/** How a classic capture is written. The defaults are what this program writes. */
export interface CaptureStyle {
  /** LINKTYPE_ value. Default 101: packets begin with the IP header. */
  readonly linkType?: number | undefined;
  /** Default `little`. */
  readonly order?: ByteOrder | undefined;
  /** Unit of the fraction of a second. Default `ns`. */
  readonly unit?: 'us' | 'ns' | undefined;
}

const MAGIC = { us: 0xa1b2c3d4, ns: 0xa1b23c4d };
/** What readers take as "not limited". */
const SNAP_LENGTH = 262144;

/** The header that a classic capture begins with (draft-ietf-opsawg-pcap section 4). */
export function serializeFileHeader({
  linkType = LinkType.raw,
  order = 'little',
  unit = 'ns',
}: CaptureStyle = {}): Buffer {
  const layout = fileHeader[order];
  const bytes = Buffer.alloc(layout.span);
  const fields = { versionMajor: 2, versionMinor: 4, thisZone: 0, accuracy: 0, snapLength: SNAP_LENGTH, linkType };
  layout.encode({ magic: MAGIC[unit], ...fields }, bytes);
  return bytes;
}

/**
 * The header of a packet's record (draft-ietf-opsawg-pcap section 5).
 *
 * @param timestamp Unix time in ns, up to the year 2106
 * @param length of the packet in bytes; its bytes follow the header
 */
export function serializeRecordHeader(
  timestamp: bigint,
  length: number,
  { order = 'little', unit = 'ns' }: CaptureStyle = {},
): Buffer {
  const layout = recordHeader[order];
  const bytes = Buffer.alloc(layout.span);
  const seconds = Number(timestamp / 1_000_000_000n);
  const fraction = Math.floor(Number(timestamp % 1_000_000_000n) / (unit === 'ns' ? 1 : 1000));
  layout.encode({ seconds, fraction, capturedLength: length, originalLength: length }, bytes);
  return bytes;
}
