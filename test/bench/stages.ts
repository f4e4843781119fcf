import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Item } from '../../lib/items.js';
import {
  Fmp4Muxer,
  H264Depacketizer,
  RtcpSenderReportTap,
  RtpParser,
  SeiInjector,
  TcpInterleaveDemux,
} from '../../transforms/index.js';
import { CoreSpeed } from './core-speed.js';
import type { Synthetic } from './synthetic.js';

/** One pass of the bytes through all six stages. */
export interface StagesResult {
  readonly bytesPerSecond: number;
  readonly nsPerPacket: number;
  /** The longer of what {@link CoreSpeed} measured before and after it. */
  readonly coreMs: number;
}

/** Passes until the compiler has settled; by then some 400 000 packets have gone through. */
const WARM_UP = 20;

/** Sends synthetic camera data in memory through all six stages, `rounds` times after warming up; checks what comes out. */
export function benchStages(input: Synthetic, rounds: number): Promise<StagesResult[]> {
  return benchPasses(input, rounds, () => pass(input));
}

/** Runs `pass`, which takes so many seconds for all of the input, `rounds` times after warming up. */
export async function benchPasses(
  input: Synthetic,
  rounds: number,
  pass: () => Promise<number>,
): Promise<StagesResult[]> {
  for (let round = 0; round < WARM_UP; round++) await pass();
  const core = new CoreSpeed();
  const results: StagesResult[] = [];
  let before = core.measure();
  for (let round = 0; round < rounds; round++) {
    const seconds = await pass();
    const after = core.measure();
    results.push({
      bytesPerSecond: input.bytes / seconds,
      nsPerPacket: (seconds * 1e9) / input.packets,
      coreMs: Math.max(before, after),
    });
    before = after;
  }
  return results;
}

/** Hands out the presentation and the chunks of a session held in memory. */
export function chunkSource({ presentation, chunks }: Synthetic): Readable {
  const items: Item[] = [presentation, ...chunks];
  let next = 0;
  return new Readable({
    objectMode: true,
    read() {
      this.push(items[next++] ?? null);
    },
  });
}

async function pass(input: Synthetic): Promise<number> {
  const muxer = new Fmp4Muxer();
  let samples = 0;
  muxer.on('fragment', (event) => {
    samples += event.samples;
  });
  let bytes = 0;
  const sink = new Writable({
    write(data: Buffer, _encoding, callback) {
      bytes += data.length;
      callback();
    },
  });
  const start = performance.now();
  await pipeline(
    chunkSource(input),
    new TcpInterleaveDemux(),
    new RtpParser(),
    new RtcpSenderReportTap(),
    new H264Depacketizer(),
    new SeiInjector(),
    muxer,
    sink,
  );
  const seconds = (performance.now() - start) / 1000;
  if (samples !== input.frames || bytes === 0) {
    throw new Error(`the stages gave ${samples} of ${input.frames} frames`);
  }
  return seconds;
}
