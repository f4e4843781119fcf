import { NAL, nalBytes, splitAnnexB } from '../codec/h264-nal.js';
import { RetinaRecordError } from '../errors.js';
import type { NalUnit } from '../items.js';
import { groupAccessUnits } from './access-units.js';
import { type H264PacketizerOptions, packetizeAccessUnit } from './h264-packetizer.js';
import { presentationOrder } from './picture-order.js';
import { isRandomAccessNal } from './random-access.js';
import type { CameraScript, ScriptPacket } from './script.js';

/** Choices of {@link annexBScript}. */
export interface AnnexBScriptOptions extends H264PacketizerOptions {
  /** Access units per second, above 0. Default 25: a byte stream does not reliably tell. */
  readonly frameRate?: number | undefined;
}

const CLOCK_RATE = 90_000;
const DYNAMIC_PAYLOAD_TYPE = 96;

/**
 * Makes a script of an H.264 byte stream (ISO/IEC 14496-10 annex B). It starts at the first IDR picture or recovery point, so that
 * every loop can be decoded from its first packet; without one, at the first picture. RTP times are presentation times: where
 * pictures are reordered, all are sent later by the depth of the reordering, so that none is sent before its time.
 *
 * @param name for the SDP and for errors
 * @throws RetinaRecordError `camera-script` if it is no byte stream, or has no picture or no parameter sets
 */
export function annexBScript(data: Buffer, name: string, options: AnnexBScriptOptions = {}): CameraScript {
  const { frameRate = 25 } = options;
  if (!(frameRate > 0 && frameRate <= 1000))
    throw new RangeError(`frameRate ${frameRate} is not above 0 and up to 1000`);
  const { nalUnits, forbiddenAt } = splitAnnexB(data);
  if (forbiddenAt !== undefined) {
    throw new RetinaRecordError('camera-script', `${name} is no H.264 byte stream`, { position: forbiddenAt });
  }
  // Types 0 and 24 to 31 mean other things in RTP (RFC 6184 table 1), and no decoder knows them.
  const units = groupAccessUnits(nalUnits.filter((nal) => nal.type > 0 && nal.type < 24));
  const sps = parameterSet(nalUnits, NAL.sps);
  const pps = parameterSet(nalUnits, NAL.pps);
  if (units.length === 0 || sps === undefined || pps === undefined || sps.length < 4) {
    throw new RetinaRecordError('camera-script', `${name} holds no H.264 picture with its parameter sets`);
  }
  const accessUnits = units.slice(
    Math.max(
      0,
      units.findIndex((unit) => unit.some((nal) => isRandomAccessNal(nalBytes(nal)))),
    ),
  );
  const order = presentationOrder(accessUnits, nalUnits);
  const delay = order.reduce((most, rank, i) => Math.max(most, rank - i), 0);
  const packets: ScriptPacket[] = [];
  accessUnits.forEach((unit, i) => {
    const timestamp = Math.round((order[i]! * CLOCK_RATE) / frameRate);
    const offsetNs = Math.round(((i + delay) * 1e9) / frameRate);
    for (const { payload, marker } of packetizeAccessUnit(unit.map(nalBytes), options)) {
      packets.push({ payload, marker, timestamp, sequence: packets.length, offsetNs });
    }
  });
  const media = {
    type: 'video',
    payloadType: DYNAMIC_PAYLOAD_TYPE,
    encodingName: 'H264',
    clockRate: CLOCK_RATE,
    fmtp: h264Fmtp(sps, pps),
    frameRate,
    packets,
  };
  return { name, media: [media], durationNs: Math.round((accessUnits.length * 1e9) / frameRate) };
}

/** The `a=fmtp` parameters of RFC 6184 section 8.2.1. */
function h264Fmtp(sps: Buffer, pps: Buffer): string {
  const profileLevelId = sps.toString('hex', 1, 4).toUpperCase();
  const sets = `${sps.toString('base64')},${pps.toString('base64')}`;
  return `packetization-mode=1;profile-level-id=${profileLevelId};sprop-parameter-sets=${sets}`;
}

function parameterSet(nalUnits: readonly NalUnit[], type: number): Buffer | undefined {
  const found = nalUnits.find((nal) => nal.type === type);
  return found && nalBytes(found);
}
