import { isVcl, NAL, nalUnit } from '../codec/h264-nal.js';
import { SEI_USER_DATA_UNREGISTERED } from '../codec/h264-sei.js';
import type { AccessUnit, NalUnit } from '../items.js';

/** UUID of the SEI in every frame: receive time and RTP timestamp. Specification: strawlab.org/89H. */
const FRAME_TIMING_UUID = 'strawlab.org/89H';
/** UUID of the SEI that holds a sender report. Specification: strawlab.org/o8B. */
const SENDER_REPORT_UUID = 'strawlab.org/o8B';

const RBSP_STOP = 0x80;

/**
 * The SEI NAL unit with a frame's timing: `{"recv":R,"rtp":T}`.
 *
 * @param recv 64-bit NTP timestamp at which the frame's last packet was received
 * @param rtp the frame's 32-bit RTP timestamp
 */
export function frameTimingSei(recv: bigint, rtp: number): NalUnit {
  return userDataSei([FRAME_TIMING_UUID, '{"recv":', String(recv), ',"rtp":', String(rtp), '}']);
}

/**
 * The SEI NAL unit with a sender report: `{"recv":R,"ntp":N,"rtp":T}`.
 *
 * @param recv 64-bit NTP timestamp at which the report was received
 * @param ntp the report's 64-bit NTP timestamp
 * @param rtp the report's 32-bit RTP timestamp
 */
export function senderReportSei(recv: bigint, ntp: bigint, rtp: number): NalUnit {
  const times = ['{"recv":', String(recv), ',"ntp":', String(ntp), ',"rtp":', String(rtp), '}'];
  return userDataSei([SENDER_REPORT_UUID, ...times]);
}

/**
 * user_data_unregistered (ISO/IEC 14496-10 sections D.1.7, 7.3.2.3.1): payload type, size in ff-coding, UUID, payload, stop
 * byte. Both are ASCII without zeros, so that emulation prevention is never called for.
 *
 * @param texts the UUID and the pieces of the payload: to put them together as a string, and that into a Buffer, takes longer than this
 */
function userDataSei(texts: readonly string[]): NalUnit {
  let size = 0;
  for (const text of texts) size += text.length;
  const data = Buffer.allocUnsafe(4 + Math.floor(size / 255) + size);
  let at = 0;
  data[at++] = NAL.sei;
  data[at++] = SEI_USER_DATA_UNREGISTERED;
  let rest = size;
  for (; rest >= 255; rest -= 255) data[at++] = 255;
  data[at++] = rest;
  for (const text of texts) for (let i = 0; i < text.length; i++) data[at++] = text.charCodeAt(i);
  data[at] = RBSP_STOP;
  return nalUnit(data);
}

/**
 * The access unit with NAL units put where SEI may stand (section 7.4.1.2.3): behind AUD, parameter sets and the camera's own SEI,
 * ahead of the first slice or its prefix. The given unit is not changed.
 */
export function withSei(unit: AccessUnit, sei: readonly NalUnit[]): AccessUnit {
  const nalUnits: NalUnit[] = [];
  let isAhead = true;
  for (const nal of unit.nalUnits) {
    if (isAhead && (isVcl(nal.type) || nal.type === NAL.prefix)) {
      isAhead = false;
      for (const message of sei) nalUnits.push(message);
    }
    nalUnits.push(nal);
  }
  if (isAhead) nalUnits.push(...sei);
  return { ...unit, nalUnits };
}
