import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Chunk } from '../../lib/items.js';
import { benchPasses, chunkSource, type StagesResult } from './stages.js';
import type { Synthetic } from './synthetic.js';

/**
 * The yardstick: six Transforms of which each does the least for its place, and nothing for faults, times, order or format. What
 * the machine gives them is what Node's streams cost here and now.
 */
export function benchBareStages(input: Synthetic, rounds: number): Promise<StagesResult[]> {
  return benchPasses(input, rounds, async () => {
    const sink = new Writable({ objectMode: true, write: (_item, _encoding, callback) => callback() });
    const start = performance.now();
    await pipeline([chunkSource(input), ...bareStages(), sink]);
    return (performance.now() - start) / 1000;
  });
}

interface Packet {
  readonly marker: boolean;
  readonly payload: Buffer;
}
interface Unit {
  readonly parts: readonly Buffer[];
  readonly size: number;
}

// biome-ignore lint/suspicious/noExplicitAny: each stage has a type of its own
function stage(handle: (this: Transform, item: any) => void): Transform {
  return new Transform({
    objectMode: true,
    transform(item, _encoding, callback) {
      handle.call(this, item);
      callback();
    },
  });
}

function bareStages(): Transform[] {
  let held: Buffer | undefined;
  const demux = stage(function (chunk: Chunk) {
    if (chunk.kind !== 'chunk') return;
    const data = held === undefined ? chunk.data : Buffer.concat([held, chunk.data]);
    let at = 0;
    for (let size = 0; at + 4 <= data.length; at += 4 + size) {
      size = data.readUInt16BE(at + 2);
      if (at + 4 + size > data.length) break;
      this.push({ channel: data[at + 1], data: data.subarray(at + 4, at + 4 + size), recv: chunk.recv });
    }
    held = at < data.length ? data.subarray(at) : undefined;
  });
  const parser = stage(function ({ data }: { data: Buffer }) {
    const [sequence, timestamp] = [data.readUInt16BE(2), data.readUInt32BE(4)];
    this.push({ sequence, timestamp, marker: data[1]! >= 0x80, payload: data.subarray(12) });
  });
  const tap = stage(function (packet: Packet) {
    this.push(packet);
  });
  let parts: Buffer[] = [];
  let size = 0;
  const depacketizer = stage(function ({ payload, marker }: Packet) {
    parts.push(payload.subarray(2));
    size += payload.length - 2;
    if (!marker) return;
    this.push({ parts, size });
    parts = [];
    size = 0;
  });
  const injector = stage(function (unit: Unit) {
    this.push({ ...unit, sei: Buffer.allocUnsafe(72) });
  });
  let units: Unit[] = [];
  let total = 0;
  const muxer = stage(function (unit: Unit) {
    units.push(unit);
    total += unit.size;
    if (units.length < 60) return;
    const data = Buffer.allocUnsafeSlow(total);
    let at = 0;
    for (const { parts: pieces } of units) {
      for (const part of pieces) {
        data.set(part, at);
        at += part.length;
      }
    }
    units = [];
    total = 0;
    this.push(data);
  });
  return [demux, parser, tap, depacketizer, injector, muxer];
}
