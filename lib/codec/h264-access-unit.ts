import { subview } from '../buffer-view.js';
import type { PacketInfo, PacketInPlace } from '../in-place.js';
import type { AccessUnit, Fault, FaultCode, MediaDescription, NalUnit } from '../items.js';
import { isVcl, NAL, nalBytes, startsPicture } from './h264-nal.js';
import { ParameterSets } from './h264-parameters.js';
import { continuesPicture, NalAssembler } from './h264-rtp.js';
import { parameterSetsFromSdp } from './h264-sdp.js';
import { hasRecoveryPoint } from './h264-sei.js';

/** Largest access unit in bytes. */
const MAX_ACCESS_UNIT = 32 * 1024 * 1024;
/** Largest number of NAL units in an access unit. */
const MAX_NAL_UNITS = 4096;
/**
 * Access units at a stream's start that are held back after their marker until the next packet shows whether the camera
 * sets it on every slice (Q104).
 */
const MARKER_PROBATION = 8;

/** The access unit being collected. */
interface Open {
  nalUnits: NalUnit[];
  byteLength: number;
  timestamp: number;
  extendedTimestamp: number;
  recvFirst: bigint;
  recvLast: bigint;
  /** Receive time of the packet that brought the last NAL unit other than parameter sets and SEI. */
  recvLastSlice: bigint;
  /** Receive time of the packet that brought the first parameter set or SEI behind that. */
  recvHeld: bigint;
  waited: boolean;
  /** Packets were lost right before it, so that its first slices may be missing. */
  afterLoss: boolean;
  /** Its last packet had the marker, and it is held back only to see whether more follows. */
  ended: boolean;
}

/**
 * Collects one stream's NAL units into access units (RFC 6184 section 5.1, ISO/IEC 14496-10 section 7.4.1.2.3).
 *
 * A unit ends at the marker or when the timestamp changes, but never behind a parameter set or SEI (Q118). With loss, only
 * units that are damaged themselves are left out (Q113), each with a fault.
 */
export class AccessUnitAssembler {
  private readonly nals: NalAssembler;
  private readonly parameterSets = new ParameterSets();
  private readonly said = new Set<string>();
  private open: Open | undefined;
  /** Packets of this timestamp are passed over, up to the marker. */
  private skipping: number | undefined;
  private lost = 0;
  private parametersPending = true;
  /** Of the packet taken last. */
  private sequenceNumber: number | undefined;
  private position: number | undefined;
  private recv: bigint | undefined;
  private unitsSeen = 0;
  private markerOnEverySlice = false;
  /** Timestamp of the last unit that a marker has ended at once. */
  private endedByMarker: number | undefined;

  constructor(
    private readonly media: MediaDescription,
    private readonly emit: (item: AccessUnit | Fault) => void,
  ) {
    const { problems } = this.parameterSets.update(parameterSetsFromSdp(media));
    for (const problem of problems) this.fault('h264-parameters', `sprop-parameter-sets: ${problem}`);
    this.nals = new NalAssembler({
      nal: (nal) => this.append(nal),
      damaged: (code, message) => this.damage(code, message),
      oddity: (key, message) => this.oddity(key, message),
      orphan: () => this.orphan(),
    });
  }

  /** Takes the stream's next packet, whose payload lies in `data` from `start` up to `end`. Keeps the payload alone. */
  take(packet: PacketInfo, data: Buffer, start: number, end: number): void {
    this.sequenceNumber = packet.sequenceNumber;
    this.position = packet.position;
    this.recv = packet.recv;
    if (packet.lost > 0) this.loss(packet);
    if (this.open !== undefined && this.open.timestamp !== packet.timestamp) this.timestampChange();
    else if (this.open?.ended) this.afterMarker(subview(data, start, end));
    if (this.skipping !== undefined) {
      if (this.skipping === packet.timestamp) {
        if (packet.marker) this.skipping = undefined;
        return;
      }
      this.skipping = undefined;
    }
    const { open } = this;
    if (open === undefined) {
      // Too late for this picture, but not for the next ones.
      if (packet.timestamp === this.endedByMarker && continuesPicture(subview(data, start, end)))
        this.distrustMarkers();
      this.begin(packet);
    } else {
      // After parameter sets the latest timestamp counts (Q118).
      open.timestamp = packet.timestamp;
      open.extendedTimestamp = packet.extendedTimestamp;
      open.recvLast = packet.recv;
      open.waited ||= packet.waited;
    }
    this.nals.take(data, start, end);
    if (packet.marker) this.marker();
  }

  /** Takes a packet, and those of the further ones that bring nothing but more of the same NAL unit: `packet` goes on to the last of them. */
  takeInPlace(packet: PacketInPlace): void {
    this.take(packet, packet.data, packet.start, packet.end);
    if (packet.further > 0 && this.open !== undefined) this.nals.takeFragments(packet);
  }

  /** Whether a unit is held back that seems to be complete. */
  get isHolding(): boolean {
    return this.open?.ended === true;
  }

  /** Emits a unit that is held back. */
  release(): void {
    if (this.open?.ended) this.close();
  }

  /** The end of the stream: what is incomplete is dropped (Q119). */
  end(): void {
    this.release();
    this.open = undefined;
    this.nals.reset();
  }

  private begin({ timestamp, extendedTimestamp, recv, waited, lost }: PacketInfo): void {
    this.open = {
      nalUnits: [],
      byteLength: 0,
      timestamp,
      extendedTimestamp,
      recvFirst: recv,
      recvLast: recv,
      recvLastSlice: recv,
      recvHeld: recv,
      waited,
      afterLoss: lost > 0,
      ended: false,
    };
  }

  private loss({ lost }: PacketInfo): void {
    // A unit that is only held back came before the loss.
    if (!this.markerOnEverySlice) this.release();
    this.lost += lost;
    if (this.open === undefined) return;
    // What is missing belongs to the open unit, or to the next, or to both.
    this.damage('h264-damaged', `${lost} RTP packet${lost === 1 ? '' : 's'} lost within or behind it`);
  }

  private timestampChange(): void {
    const open = this.open!;
    if (this.nals.isMidway) {
      this.damage('h264-malformed', 'the timestamp changed within a fragmented NAL unit');
      return;
    }
    const last = open.nalUnits.at(-1);
    if (last !== undefined && !isHeld(last.type)) {
      this.close();
      return;
    }
    const slice = open.nalUnits.findLastIndex(({ type }) => isVcl(type));
    if (slice >= 0) this.closeBehind(slice);
  }

  /** Parameter sets and SEI behind the last slice belong to the next unit. */
  private closeBehind(slice: number): void {
    const open = this.open!;
    const rest = open.nalUnits.splice(slice + 1);
    const { recvLast, recvHeld } = open;
    open.recvLast = open.recvLastSlice;
    this.close();
    const byteLength = rest.reduce((sum, nal) => sum + nal.byteLength, 0);
    this.open = { ...open, nalUnits: rest, byteLength, recvFirst: recvHeld, recvLast, afterLoss: false, ended: false };
  }

  /** More packets of the same timestamp behind a marker: slices of the same picture, or another unit (Q104). */
  private afterMarker(payload: Buffer): void {
    if (!continuesPicture(payload)) {
      this.close();
      return;
    }
    this.distrustMarkers();
    this.open!.ended = false;
  }

  private distrustMarkers(): void {
    this.markerOnEverySlice = true;
    this.oddity('marker', 'the marker is set within pictures: units end when the timestamp changes');
  }

  private marker(): void {
    if (this.nals.isMidway) {
      this.damage('h264-malformed', 'marker within a fragmented NAL unit');
      this.skipping = undefined;
      return;
    }
    const last = this.open?.nalUnits.at(-1);
    if (last === undefined) {
      // Nothing usable came; what follows begins a new unit.
      this.open = undefined;
      this.skipping = undefined;
    } else if (!isHeld(last.type)) {
      if (this.markerOnEverySlice || this.unitsSeen < MARKER_PROBATION) this.open!.ended = true;
      else {
        this.endedByMarker = this.open!.timestamp;
        this.close();
      }
    }
  }

  private append(nal: NalUnit): void {
    const { open } = this;
    if (open === undefined) return;
    if (open.afterLoss && isVcl(nal.type)) {
      open.afterLoss = false;
      if (!startsPicture(nal)) {
        this.damage('h264-damaged', 'the first slices of a picture are missing');
        return;
      }
    }
    if (!isHeld(nal.type)) open.recvLastSlice = this.recv!;
    else if (!isHeld(open.nalUnits.at(-1)?.type ?? NAL.sei)) open.recvHeld = this.recv!;
    open.nalUnits.push(nal);
    open.byteLength += nal.byteLength;
    if (open.byteLength > MAX_ACCESS_UNIT || open.nalUnits.length > MAX_NAL_UNITS) {
      this.damage(
        'h264-malformed',
        `an access unit is larger than the caps of ${MAX_ACCESS_UNIT} bytes and ${MAX_NAL_UNITS} NAL units`,
      );
    }
  }

  /** A fragment whose start did not come: after loss and at the stream's begin its unit is passed over. */
  private orphan(): void {
    if (this.open?.afterLoss) this.damage('h264-damaged', 'its first fragments are missing');
    else if (this.unitsSeen === 0) this.abandon();
    else this.damage('h264-malformed', 'a fragment of a NAL unit whose start did not come');
  }

  /** Leaves the open unit out, and what else comes of it: one fault, however much is wrong with its last packet. */
  private damage(code: FaultCode, reason: string): void {
    if (this.open === undefined) return;
    this.fault(code, `access unit of RTP time ${this.open.timestamp} left out: ${reason}`);
    this.abandon();
  }

  private abandon(): void {
    this.skipping = this.open?.timestamp;
    this.open = undefined;
    this.nals.reset();
  }

  private close(): void {
    const { nalUnits, timestamp, extendedTimestamp, recvFirst, recvLast, waited } = this.open!;
    this.open = undefined;
    this.unitsSeen++;
    const { sets, randomAccess, disposable } = survey(nalUnits);
    if (sets.length > 0) this.updateParameters(sets);
    const parameters = this.parameterSets.current;
    const parametersChanged = parameters !== undefined && this.parametersPending;
    if (parametersChanged) this.parametersPending = false;
    const { media, lost } = this;
    this.lost = 0;
    this.emit({
      kind: 'accessUnit',
      media,
      nalUnits,
      timestamp,
      extendedTimestamp,
      randomAccess,
      disposable,
      parameters,
      parametersChanged,
      lost,
      recvFirst,
      recvLast,
      waited,
    });
  }

  private updateParameters(sets: readonly NalUnit[]): void {
    const { changed, problems } = this.parameterSets.update(sets.map(nalBytes));
    if (changed) this.parametersPending = true;
    for (const problem of problems) this.fault('h264-parameters', problem);
  }

  private oddity(key: string, message: string): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.fault('h264-oddity', `${message} (said once)`);
  }

  private fault(code: FaultCode, message: string): void {
    const { media, sequenceNumber, position, recv } = this;
    this.emit({ kind: 'fault', code, message, media, sequenceNumber, position, recv });
  }
}

/** Types that cannot end an access unit: SEI and parameter sets. */
function isHeld(type: number): boolean {
  return type === NAL.sei || type === NAL.sps || type === NAL.pps;
}

interface Survey {
  readonly sets: readonly NalUnit[];
  readonly randomAccess: AccessUnit['randomAccess'];
  readonly disposable: boolean;
}

const NO_SETS: readonly NalUnit[] = [];

/** IDR if there are IDR slices and no others (Q121); disposable if no slice is referred to. */
function survey(nalUnits: readonly NalUnit[]): Survey {
  let sets: NalUnit[] | undefined;
  let idr = false;
  let other = false;
  let referred = false;
  let recovery = false;
  for (const nal of nalUnits) {
    const { type } = nal;
    if (isVcl(type)) {
      if (type === NAL.idr) idr = true;
      else other = true;
      if (nal.refIdc !== 0) referred = true;
    } else if (type === NAL.sei) {
      recovery ||= hasRecoveryPoint(nal);
    } else if (type === NAL.sps || type === NAL.pps) {
      sets ??= [];
      sets.push(nal);
    }
  }
  const hasSlice = idr || other;
  const randomAccess = idr && !other ? 'idr' : recovery && hasSlice ? 'recovery' : 'none';
  return { sets: sets ?? NO_SETS, randomAccess, disposable: hasSlice && !referred };
}
