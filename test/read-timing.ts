import { sampleNalUnits } from './read-mp4.js';

/** Timing of one frame: NTP timestamp of its reception, RTP timestamp. */
interface FrameTiming {
  readonly recv: bigint;
  readonly rtp: number;
}

/** A sender report as it was put into a frame. */
interface ReportTiming extends FrameTiming {
  readonly ntp: bigint;
}

/** What a sample's timing SEI say, and the NAL units without them. */
export interface SampleTiming {
  readonly frames: readonly FrameTiming[];
  readonly reports: readonly ReportTiming[];
  readonly nalUnits: readonly Buffer[];
  /** Which of the sample's NAL units are timing SEI: `89H`, `o8B`, or the type's number. */
  readonly order: readonly string[];
}

const FRAME = /^\{"recv":(\d+),"rtp":(\d+)\}$/;
const REPORT = /^\{"recv":(\d+),"ntp":(\d+),"rtp":(\d+)\}$/;

/**
 * Reads the timing SEI of a sample by the specifications strawlab.org/89H and /o8B, sharing nothing with what writes them. Throws
 * if one has not exactly the form prescribed.
 */
export function readTiming(sample: Buffer): SampleTiming {
  const frames: FrameTiming[] = [];
  const reports: ReportTiming[] = [];
  const nalUnits: Buffer[] = [];
  const order: string[] = [];
  for (const nal of sampleNalUnits(sample)) {
    const name = timingName(nal);
    if (name === undefined) {
      nalUnits.push(nal);
      order.push(String(nal[0]! & 0x1f));
      continue;
    }
    order.push(name);
    const json = payload(nal).toString('latin1', 16);
    const match = (name === '89H' ? FRAME : REPORT).exec(json);
    if (match === null) throw new Error(`not the JSON of ${name}: ${json}`);
    const [recv, ...rest] = match.slice(1).map(BigInt);
    const rtp = Number(rest.at(-1));
    if (name === '89H') frames.push({ recv: recv!, rtp });
    else reports.push({ recv: recv!, ntp: rest[0]!, rtp });
  }
  return { frames, reports, nalUnits, order };
}

function timingName(nal: Buffer): '89H' | 'o8B' | undefined {
  if (nal[0] !== 6 || nal[1] !== 5) return undefined;
  const at = nal.indexOf('strawlab.org/', 0, 'latin1');
  if (at < 0) return undefined;
  const name = nal.toString('latin1', at + 13, at + 16);
  if (name !== '89H' && name !== 'o8B') throw new Error(`unknown timing SEI ${name}`);
  return name;
}

/** The payload of the SEI message, which has to be the only one and followed by the stop byte. */
function payload(nal: Buffer): Buffer {
  let offset = 2;
  let size = 0;
  while (nal[offset] === 255) {
    size += 255;
    offset++;
  }
  size += nal[offset++]!;
  if (offset + size + 1 !== nal.length || nal.at(-1) !== 0x80)
    throw new Error(`SEI of size ${size} in a NAL unit of ${nal.length}`);
  return nal.subarray(offset, offset + size);
}
