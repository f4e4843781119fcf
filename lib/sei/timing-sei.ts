import { isVcl, NAL, nalUnit } from '../codec/h264-nal.js';
import { SEI_USER_DATA_UNREGISTERED } from '../codec/h264-sei.js';
import type { AccessUnit, NalUnit } from '../items.js';

/** UUID of the SEI in every frame: receive time and RTP timestamp. Specification: strawlab.org/89H. */
const FRAME_TIMING_UUID = Buffer.from('strawlab.org/89H', 'latin1');
/** UUID of the SEI that holds a sender report. Specification: strawlab.org/o8B. */
const SENDER_REPORT_UUID = Buffer.from('strawlab.org/o8B', 'latin1');

const RBSP_STOP = 0x80;

/**
 * The SEI NAL unit with a frame's timing: `{"recv":R,"rtp":T}`.
 *
 * @param recv 64-bit NTP timestamp at which the frame's last packet was received
 * @param rtp the frame's 32-bit RTP timestamp
 */
export function frameTimingSei(recv: bigint, rtp: number): NalUnit {
  return userDataSei(FRAME_TIMING_UUID, `{"recv":${recv},"rtp":${rtp}}`);
}

/**
 * The SEI NAL unit with a sender report: `{"recv":R,"ntp":N,"rtp":T}`.
 *
 * @param recv 64-bit NTP timestamp at which the report was received
 * @param ntp the report's 64-bit NTP timestamp
 * @param rtp the report's 32-bit RTP timestamp
 */
export function senderReportSei(recv: bigint, ntp: bigint, rtp: number): NalUnit {
  return userDataSei(SENDER_REPORT_UUID, `{"recv":${recv},"ntp":${ntp},"rtp":${rtp}}`);
}

/**
 * user_data_unregistered (ISO/IEC 14496-10 sections D.1.7, 7.3.2.3.1): payload type, size in ff-coding, UUID, payload, stop
 * byte. Both are ASCII without zeros, so that emulation prevention is never called for.
 */
function userDataSei(uuid: Buffer, json: string): NalUnit {
  const size = uuid.length + json.length;
  const sizeBytes = Math.floor(size / 255) + 1;
  const data = Buffer.allocUnsafe(2 + sizeBytes + size + 1);
  data[0] = NAL.sei;
  data[1] = SEI_USER_DATA_UNREGISTERED;
  data.fill(0xff, 2, 1 + sizeBytes);
  data[1 + sizeBytes] = size % 255;
  uuid.copy(data, 2 + sizeBytes);
  data.write(json, 2 + sizeBytes + uuid.length, 'latin1');
  data[data.length - 1] = RBSP_STOP;
  return nalUnit(data);
}

/**
 * The access unit with NAL units put where SEI may stand (section 7.4.1.2.3): behind AUD, parameter sets and the camera's own SEI,
 * ahead of the first slice or its prefix. The given unit is not changed.
 */
export function withSei(unit: AccessUnit, sei: readonly NalUnit[]): AccessUnit {
  const { nalUnits } = unit;
  let at = nalUnits.findIndex(({ type }) => isVcl(type) || type === NAL.prefix);
  if (at < 0) at = nalUnits.length;
  return { ...unit, nalUnits: [...nalUnits.slice(0, at), ...sei, ...nalUnits.slice(at)] };
}
