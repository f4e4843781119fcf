import { isVcl, NAL, nalUnit } from '../codec/h264-nal.js';
import { SEI_USER_DATA_UNREGISTERED } from '../codec/h264-sei.js';
import type { AccessUnit, NalUnit } from '../items.js';
import { allocateSmall } from '../small-memory.js';
import { type NtpTime, splitNtp } from '../time/ntp.js';
import { putDecimal, putNtpTime } from './decimal.js';

/** UUID and first key of the SEI in every frame: receive time and RTP timestamp. Specification: strawlab.org/89H. */
const FRAME_TIMING = Buffer.from('strawlab.org/89H{"recv":', 'latin1');
/** UUID and first key of the SEI that holds a sender report. Specification: strawlab.org/o8B. */
const SENDER_REPORT = Buffer.from('strawlab.org/o8B{"recv":', 'latin1');
const NTP_KEY = Buffer.from(',"ntp":', 'latin1');
const RTP_KEY = Buffer.from(',"rtp":', 'latin1');
const CLOSING_BRACE = 0x7d;

const RBSP_STOP = 0x80;

/** Where a payload begins: behind NAL unit header, payload type and size. */
const PAYLOAD = 3;
/** Long enough for a sender report of the longest numbers. */
const draft = Buffer.alloc(128);

/**
 * The SEI NAL unit with a frame's timing: `{"recv":R,"rtp":T}`.
 *
 * @param recv NTP timestamp at which the frame's last packet was received
 * @param rtp the frame's 32-bit RTP timestamp
 */
export function frameTimingSei(recv: NtpTime, rtp: number): NalUnit {
  const at = putNtpTime(draft, put(FRAME_TIMING, PAYLOAD), recv);
  return userDataSei(putDecimal(draft, put(RTP_KEY, at), rtp >>> 0));
}

/**
 * The SEI NAL unit with a sender report: `{"recv":R,"ntp":N,"rtp":T}`.
 *
 * @param recv NTP timestamp at which the report was received
 * @param ntp the report's 64-bit NTP timestamp
 * @param rtp the report's 32-bit RTP timestamp
 */
export function senderReportSei(recv: NtpTime, ntp: bigint, rtp: number): NalUnit {
  let at = putNtpTime(draft, put(SENDER_REPORT, PAYLOAD), recv);
  at = putNtpTime(draft, put(NTP_KEY, at), splitNtp(ntp));
  return userDataSei(putDecimal(draft, put(RTP_KEY, at), rtp >>> 0));
}

/** Puts text into the draft, and returns the offset behind it. */
function put(text: Buffer, at: number): number {
  for (let i = 0; i < text.length; i++) draft[at + i] = text[i]!;
  return at + text.length;
}

/**
 * user_data_unregistered (ISO/IEC 14496-10 sections D.1.7, 7.3.2.3.1) of the draft up to `at`: payload type, size, UUID, payload, stop
 * byte. Shorter than 255 bytes, so that the size is one byte, and ASCII without zeros, so that emulation prevention is never called for.
 */
function userDataSei(at: number): NalUnit {
  draft[at++] = CLOSING_BRACE;
  draft[0] = NAL.sei;
  draft[1] = SEI_USER_DATA_UNREGISTERED;
  draft[2] = at - PAYLOAD;
  draft[at++] = RBSP_STOP;
  const data = allocateSmall(at);
  for (let i = 0; i < at; i++) data[i] = draft[i]!;
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
