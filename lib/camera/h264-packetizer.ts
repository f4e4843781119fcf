import { NAL } from '../codec/h264-nal.js';

/** Choices of {@link packetizeAccessUnit}. */
export interface H264PacketizerOptions {
  /** Longest RTP payload in bytes, 4–65 519. Default 1400, which fits an Ethernet frame with every header. */
  readonly maxPayload?: number | undefined;
  /** Whether adjacent parameter sets share a STAP-A. Default true. */
  readonly aggregate?: boolean | undefined;
}

/** An RTP payload of an access unit and the marker bit that goes with it. */
export interface H264Payload {
  readonly payload: Buffer;
  /** True on the last payload of the access unit. */
  readonly marker: boolean;
}

const DEFAULT_MAX_PAYLOAD = 1400;
/** Payload types and flags of RFC 6184 sections 5.2 and 5.8. */
export const STAP_A = 24;
export const FU_A = 28;
export const FU_START = 0x80;
const FU_END = 0x40;

/**
 * Makes the RTP payloads of one access unit (RFC 6184, packetization-mode 1).
 *
 *     single NAL unit (5.6)   | NAL header | NAL payload … |
 *     STAP-A (5.7.1)          | F NRI 24   | size (16 bit) | NAL unit | size | NAL unit | …
 *     FU-A (5.8)              | F NRI 28   | S E 0 type    | part of the NAL payload … |
 *
 * A NAL unit that fits travels alone, as a view of the input; a longer one in FU-A of nearly equal length; adjacent
 * parameter sets that fit together in one STAP-A.
 *
 * @param nalUnits NAL units with header byte, without start codes, of types 1–23
 * @throws RangeError if `maxPayload` is out of range, a NAL unit is empty or of a type that RTP uses for itself
 */
export function packetizeAccessUnit(nalUnits: readonly Buffer[], options: H264PacketizerOptions = {}): H264Payload[] {
  const { maxPayload = DEFAULT_MAX_PAYLOAD, aggregate = true } = options;
  if (!(Number.isInteger(maxPayload) && maxPayload >= 4 && maxPayload <= 65519)) {
    throw new RangeError(`maxPayload ${maxPayload} is not an integer from 4 to 65519`);
  }
  const payloads: Buffer[] = [];
  for (let i = 0; i < nalUnits.length; ) {
    const run = aggregate ? parameterSetRun(nalUnits, i, maxPayload) : 1;
    if (run > 1) payloads.push(stapA(nalUnits.slice(i, i + run)));
    else packetizeNalUnit(payloads, nalUnits[i]!, maxPayload);
    i += run;
  }
  return payloads.map((payload, i) => ({ payload, marker: i === payloads.length - 1 }));
}

/** How many parameter sets from `from` on fit into one STAP-A. */
function parameterSetRun(nalUnits: readonly Buffer[], from: number, maxPayload: number): number {
  let size = 1;
  let count = 0;
  for (let i = from; i < nalUnits.length; i++) {
    const nal = nalUnits[i]!;
    const type = (nal[0] ?? 0) & 0x1f;
    size += 2 + nal.length;
    if ((type !== NAL.sps && type !== NAL.pps) || size > maxPayload) break;
    count++;
  }
  return Math.max(1, count);
}

function stapA(nalUnits: readonly Buffer[]): Buffer {
  const payload = Buffer.allocUnsafe(nalUnits.reduce((size, nal) => size + 2 + nal.length, 1));
  let header = 0;
  let offset = 1;
  for (const nal of nalUnits) {
    // F is set if it is set anywhere, NRI is the highest (RFC 6184 section 5.3).
    header = ((header | nal[0]!) & 0x80) | Math.max(header & 0x60, nal[0]! & 0x60);
    offset = payload.writeUInt16BE(nal.length, offset);
    offset += nal.copy(payload, offset);
  }
  payload[0] = header | STAP_A;
  return payload;
}

function packetizeNalUnit(payloads: Buffer[], nal: Buffer, maxPayload: number): void {
  const header = nal[0];
  const type = (header ?? 0) & 0x1f;
  if (header === undefined || type === 0 || type > 23) {
    throw new RangeError(header === undefined ? 'a NAL unit is empty' : `NAL unit type ${type} cannot travel in RTP`);
  }
  if (nal.length <= maxPayload) {
    payloads.push(nal);
    return;
  }
  const body = nal.length - 1;
  const count = Math.ceil(body / (maxPayload - 2));
  for (let i = 0; i < count; i++) {
    const start = 1 + Math.floor((body * i) / count);
    const end = 1 + Math.floor((body * (i + 1)) / count);
    const payload = Buffer.allocUnsafe(2 + end - start);
    payload[0] = (header & 0xe0) | FU_A;
    payload[1] = (i === 0 ? FU_START : 0) | (i === count - 1 ? FU_END : 0) | type;
    nal.copy(payload, 2, start, end);
    payloads.push(payload);
  }
}
