import { subview } from '../buffer-view.js';
import { FRAME_HEADER, FURTHER_HEADERS, type PacketInPlace } from '../in-place.js';
import type { FaultCode, NalUnit } from '../items.js';
import { isVcl, splitAnnexB } from './h264-nal.js';
import { FragmentScan, hasStartCode } from './zero-scan.js';

/** RTP payload structures (RFC 6184 table 1). */
const STAP_A = 24;
const FU_A = 28;
const NAMES = new Map([
  [25, 'STAP-B'],
  [26, 'MTAP16'],
  [27, 'MTAP24'],
  [29, 'FU-B'],
]);

/** NAL unit headers as buffers, for units whose header came apart from their bytes. */
const HEADER_BYTES = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));

/** Receives what {@link NalAssembler} finds. */
export interface NalSink {
  nal(nal: NalUnit): void;
  /** Bytes of the access unit are missing or unusable; it has to be left out. */
  damaged(code: FaultCode, message: string): void;
  /** Accepted though not as the specification says; the sink says it once per `key`. */
  oddity(key: string, message: string): void;
  /** A tail of a fragmented NAL unit whose start was never seen. */
  orphan(): void;
}

/** Largest number of fragments of one NAL unit. */
const MAX_FRAGMENTS = 65536;
/** Largest fragmented NAL unit in bytes. */
const MAX_NAL_UNIT = 32 * 1024 * 1024;

/**
 * Turns RTP payloads into NAL units (RFC 6184 sections 5.6–5.8): single NAL units, STAP-A and FU-A. The interleaved modes'
 * STAP-B, MTAP and FU-B are refused. No payload is copied, except for a NAL unit that turns out to hold start codes.
 *
 *     FU indicator: |F|NRI|  28   |    FU header: |S|E|R|  Type   |    then the fragment
 */
export class NalAssembler {
  private fragments: Buffer[] | undefined;
  private readonly scan = new FragmentScan();
  private fragmentHeader = 0;
  private fragmentBytes = 0;

  constructor(private readonly sink: NalSink) {}

  /** True inside a fragmented NAL unit. */
  get isMidway(): boolean {
    return this.fragments !== undefined;
  }

  /** Forgets a NAL unit that is not complete. */
  reset(): void {
    this.fragments = undefined;
    this.scan.reset();
  }

  /** Takes one RTP payload, which lies in `data` from `start` up to `end`. */
  take(data: Buffer, start: number, end: number): void {
    if (start === end) {
      this.sink.damaged('h264-malformed', 'empty H.264 payload');
      return;
    }
    const header = data[start]!;
    const type = header & 0x1f;
    if (type === FU_A && header < 0x80) {
      this.fragment(data, start, end);
      return;
    }
    if (this.fragments !== undefined) {
      this.reset();
      this.sink.damaged('h264-malformed', 'a fragmented NAL unit was not ended before the next');
      return;
    }
    const payload = subview(data, start, end);
    if (header === 0 && startsWithStartCode(payload)) {
      this.split(payload); // Q117
    } else if (header >= 0x80) {
      this.sink.damaged('h264-malformed', 'forbidden_zero_bit is set');
    } else if (type >= 1 && type < STAP_A) {
      this.single(payload);
    } else if (type === STAP_A) {
      this.aggregate(payload);
    } else if (NAMES.has(type)) {
      this.sink.damaged('h264-unsupported', `${NAMES.get(type)} packets (interleaved mode) are not supported`);
    } else {
      this.sink.oddity(`type ${type}`, `packets of the undefined NAL unit type ${type}: dropped`);
    }
  }

  private single(data: Buffer): void {
    const type = data[0]! & 0x1f;
    // A unit of a STAP-A may be of any type, packets' own included.
    if (type >= 1 && type < STAP_A && isPlain(data)) this.emit(data[0]!, [data], data.length);
    else this.split(data);
  }

  /** STAP-A (section 5.7.1): units of a 16-bit size and that many bytes. */
  private aggregate(payload: Buffer): void {
    let offset = 1;
    let problem: string | undefined;
    while (offset < payload.length && problem === undefined) {
      const size = offset + 2 > payload.length ? undefined : payload.readUInt16BE(offset);
      offset += 2;
      if (size === undefined) problem = 'stray byte at the end of a STAP-A';
      else if (size === 0 && isZero(payload, offset))
        return; // padding (Q114)
      else if (size === 0) problem = 'unit of size 0 in a STAP-A';
      else if (offset + size > payload.length) problem = `unit of ${size} bytes beyond the end of a STAP-A`;
      else this.single(payload.subarray(offset, offset + size));
      offset += size ?? 0;
    }
    if (problem !== undefined) this.sink.damaged('h264-malformed', problem);
  }

  /** FU-A (section 5.8). */
  private fragment(data: Buffer, start: number, end: number): void {
    if (end - start < 2) {
      this.reset();
      this.sink.damaged('h264-malformed', 'FU-A of 1 byte');
      return;
    }
    const fuHeader = data[start + 1]!;
    const isStart = (fuHeader & 0x80) !== 0;
    const isEnd = (fuHeader & 0x40) !== 0;
    const header = (data[start]! & 0xe0) | (fuHeader & 0x1f);
    if (isStart) {
      if (this.fragments !== undefined) {
        this.reset();
        this.sink.damaged('h264-malformed', 'a fragmented NAL unit was not ended before the next');
        return;
      }
      if (isEnd) this.sink.oddity('fu-start-end', 'a NAL unit in a single fragment');
      this.fragments = [HEADER_BYTES[header]!];
      this.fragmentHeader = header;
      this.fragmentBytes = 1;
    } else if (this.fragments === undefined) {
      this.sink.orphan();
      return;
    } else if (header !== this.fragmentHeader) {
      this.sink.oddity('fu-header', 'the NAL unit type changes within a fragmented NAL unit: the first counts'); // Q110
    }
    this.append(end - start > 2 ? subview(data, start + 2, end) : undefined);
    if (isEnd) this.complete();
  }

  /**
   * Takes those of the packets behind this one that are fragments of the NAL unit begun, but not its last: nearly all of a large picture.
   * The last of them is the one to be looked at then.
   */
  takeFragments(packet: PacketInPlace): void {
    const { fragments, fragmentHeader } = this;
    if (fragments === undefined) return;
    const { data, lastMarker, further } = packet;
    const before = fragments.length;
    // One with the marker is not like the others.
    const most = Math.min(lastMarker ? further - 1 : further, MAX_FRAGMENTS - before);
    let taken = 0;
    let at = packet.rest;
    let frame = at;
    while (taken < most) {
      const payload = at + FURTHER_HEADERS;
      const end = at + FRAME_HEADER + ((data[at + 2]! << 8) | data[at + 3]!);
      const isFragment =
        end - payload > 2 &&
        (data[payload]! & 0x9f) === FU_A &&
        (data[payload + 1]! & 0xc0) === 0 &&
        ((data[payload]! & 0xe0) | (data[payload + 1]! & 0x1f)) === fragmentHeader &&
        this.fragmentBytes + end - payload - 2 <= MAX_NAL_UNIT;
      if (!isFragment) break;
      const part = subview(data, payload + 2, end);
      if (taken === 0) this.scan.add(part, before);
      fragments.push(part);
      this.fragmentBytes += part.length;
      taken++;
      frame = at;
      at = end;
    }
    if (taken === 0) return;
    this.scan.extend(fragments.at(-1)!);
    packet.skip(taken, frame, at);
  }

  private append(part: Buffer | undefined): void {
    if (part === undefined) return;
    const fragments = this.fragments!;
    if (fragments.length >= MAX_FRAGMENTS || this.fragmentBytes + part.length > MAX_NAL_UNIT) {
      this.reset();
      const caps = `${MAX_FRAGMENTS} fragments and ${MAX_NAL_UNIT} bytes`;
      this.sink.damaged('h264-malformed', `a NAL unit is larger than the caps of ${caps}`);
      return;
    }
    this.scan.add(part, fragments.length);
    fragments.push(part);
    this.fragmentBytes += part.length;
  }

  private complete(): void {
    const fragments = this.fragments;
    if (fragments === undefined) return;
    this.fragments = undefined;
    const needsSplitting = this.scan.finish(fragments);
    const type = this.fragmentHeader & 0x1f;
    if (type === 0 || type >= STAP_A || needsSplitting) this.split(Buffer.concat(fragments, this.fragmentBytes));
    else this.emit(this.fragmentHeader, fragments, this.fragmentBytes);
  }

  /** For data that holds a zero pair other than an emulation prevention's, or ends in zero (Q115–Q117, Q124). */
  private split(data: Buffer): void {
    const { nalUnits, forbiddenAt } = splitAnnexB(data);
    if (forbiddenAt !== undefined) {
      this.sink.damaged('h264-malformed', `forbidden byte sequence in a NAL unit, at its byte ${forbiddenAt}`);
    }
    for (const { type, parts, byteLength } of nalUnits) {
      if (type >= 1 && type < STAP_A) this.emit(parts[0]![0]!, parts, byteLength);
      else this.sink.oddity(`type ${type}`, `NAL units of the undefined type ${type}: dropped`);
    }
  }

  private emit(header: number, parts: readonly Buffer[], byteLength: number): void {
    if (header >= 0x80) this.sink.damaged('h264-malformed', 'forbidden_zero_bit is set');
    else this.sink.nal({ type: header & 0x1f, refIdc: header >> 5, parts, byteLength });
  }
}

/** Whether a NAL unit may be taken as it is: no start code or forbidden sequence within, no zero at its end. */
function isPlain(data: Buffer): boolean {
  return data[data.length - 1] !== 0 && !hasStartCode(data);
}

function startsWithStartCode(data: Buffer): boolean {
  return data[1] === 0 && (data[2] === 1 || (data[2] === 0 && data[3] === 1));
}

function isZero(data: Buffer, from: number): boolean {
  for (let i = from; i < data.length; i++) if (data[i] !== 0) return false;
  return true;
}

/** Whether a payload begins with a slice that is not its picture's first (Q104). */
export function continuesPicture(payload: Buffer): boolean {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === STAP_A) return payload.length > 3 && continuesPicture(payload.subarray(3));
  if (type !== FU_A) return isVcl(type) && (payload[1] ?? 0) < 0x80;
  const fuHeader = payload[1] ?? 0;
  return (fuHeader & 0x80) !== 0 && isVcl(fuHeader & 0x1f) && (payload[2] ?? 0) < 0x80;
}
