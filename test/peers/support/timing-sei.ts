import type { VideoSample } from './mp4-samples.js';

/** The timing that a sample carries. */
export interface SampleTiming {
  /** `strawlab.org/89H`: receive time as 64-bit NTP timestamp, and RTP timestamp. */
  readonly frames: readonly { readonly recv: bigint; readonly rtp: number }[];
  /** `strawlab.org/o8B`: sender reports. */
  readonly reports: readonly { readonly recv: bigint; readonly ntp: bigint; readonly rtp: number }[];
}

const SEI = 6;
const FIRST_SLICE = 1;
const LAST_SLICE = 5;
const USER_DATA_UNREGISTERED = 5;
const NTP_TO_UNIX_S = 2_208_988_800;

/**
 * Reads the timing SEI of a sample, by their specification alone and not by the code that writes them.
 *
 * @throws Error if one stands behind a slice, has other fields, or does not end as it should
 */
export function sampleTiming({ nalUnits }: VideoSample): SampleTiming {
  const frames: { recv: bigint; rtp: number }[] = [];
  const reports: { recv: bigint; ntp: bigint; rtp: number }[] = [];
  let slices = 0;
  for (const unit of nalUnits) {
    const type = unit[0]! & 0x1f;
    if (type >= FIRST_SLICE && type <= LAST_SLICE) slices++;
    if (!isTimingSei(unit)) continue;
    if (slices > 0) throw new Error('a timing SEI behind a slice');
    const { uuid, json } = readUserData(unit);
    const match = /^\{"recv":(\d+)(?:,"ntp":(\d+))?,"rtp":(\d+)\}$/.exec(json);
    if (match === null) throw new Error(`timing SEI of unknown form: ${json}`);
    const [, recv, ntp, rtp] = match as unknown as [string, string, string | undefined, string];
    const common = { recv: BigInt(recv), rtp: Number(rtp) };
    if (uuid === 'strawlab.org/89H' && ntp === undefined) frames.push(common);
    else if (uuid === 'strawlab.org/o8B' && ntp !== undefined) reports.push({ ...common, ntp: BigInt(ntp) });
    else throw new Error(`timing SEI ${uuid} with ${json}`);
  }
  return { frames, reports };
}

/** Whether a NAL unit is a SEI that the recorder put in. */
export function isTimingSei(unit: Buffer): boolean {
  return (unit[0]! & 0x1f) === SEI && unit.includes('strawlab.org/');
}

/** Unix time in seconds of a 64-bit NTP timestamp. */
export function unixSeconds(ntpTimestamp: bigint): number {
  return Number(ntpTimestamp >> 32n) - NTP_TO_UNIX_S + Number(ntpTimestamp & 0xffffffffn) / 2 ** 32;
}

/** ITU-T H.264 7.3.2.3.1 and D.1.7. Digits and ASCII letters hold no emulation prevention bytes. */
function readUserData(unit: Buffer): { uuid: string; json: string } {
  if (unit[1] !== USER_DATA_UNREGISTERED) throw new Error(`timing SEI of payload type ${unit[1]}`);
  let at = 2;
  let size = 0;
  while (unit[at] === 0xff) {
    size += 255;
    at++;
  }
  size += unit[at++]!;
  const trailing = unit.subarray(at + size);
  if (trailing.length !== 1 || trailing[0] !== 0x80) throw new Error('timing SEI without its stop byte at the end');
  return { uuid: unit.toString('latin1', at, at + 16), json: unit.toString('latin1', at + 16, at + size) };
}
