import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { RetinaRecordError } from '../../lib/errors.js';
import type { Chunk, InterleavedFrame, Item, Presentation } from '../../lib/items.js';
import { pcapSource } from '../../lib/pcap/source.js';
import { linkStages } from '../../lib/recorder/link.js';
import { packageFile } from '../../lib/version.js';
import {
  Fmp4Muxer,
  H264Depacketizer,
  RtcpSenderReportTap,
  RtpParser,
  SeiInjector,
  TcpInterleaveDemux,
} from '../../transforms/index.js';
import { readMp4, sampleNalUnits } from '../read-mp4.js';
import { applyDamage, damage } from './damage.js';
import { type Target, target } from './target.js';

/** Frames of each fixture that are used: a few pictures. */
const FRAMES = 150;
const FIXTURES = ['demo', 'gst-slices-stapa-wrap', 'gst-bframes-sdponly-digest-wrap'];
/** What the stages may add to a picture: timing, tables and boxes. */
const MAX_ADDED = 4096;

interface Session {
  readonly presentation: Presentation;
  readonly frames: readonly Buffer[];
}

/** The first frames of a fixture, as they stand in the connection. */
async function load(name: string): Promise<Session> {
  const frames: Buffer[] = [];
  let presentation: Presentation | undefined;
  const path = fileURLToPath(packageFile(`fixtures/${name}.pcap`));
  for await (const item of pcapSource(path).compose(new TcpInterleaveDemux()) as AsyncIterable<Item>) {
    if (item.kind === 'presentation') presentation = item;
    if (item.kind === 'interleaved') frames.push(wireFrame(item));
    if (frames.length === FRAMES) break;
  }
  return { presentation: presentation!, frames };
}

function wireFrame({ channel, data }: InterleavedFrame): Buffer {
  return Buffer.concat([Buffer.of(0x24, channel, data.length >> 8, data.length & 0xff), data]);
}

const sessions = await Promise.all(FIXTURES.map(load));

/** Offsets in a frame of what decides its way: framing, RTP header, first bytes of the payload. */
const HEADER_BYTES = 4 + 12 + 3;

/** What happens to one frame of the connection. */
const change = fc.record({
  frame: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  what: fc.oneof(
    fc.record({ kind: fc.constantFrom('drop' as const, 'repeat' as const, 'swap' as const, 'message' as const) }),
    fc.record({ kind: fc.constant('header' as const), offset: fc.nat(HEADER_BYTES - 1), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('bytes' as const), damage }),
    // The payload alone, with a length that fits again: the damage gets past the framing.
    fc.record({ kind: fc.constant('payload' as const), damage }),
  ),
});

const input = fc.record({
  fixture: fc.nat(FIXTURES.length - 1),
  first: fc.nat(40),
  changes: fc.array(change, { maxLength: 12 }),
  chunkSizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 20_000 })), {
    minLength: 1,
    maxLength: 6,
  }),
  tolerant: fc.boolean(),
  fragmentDurationMs: fc.constantFrom(0, 100, 1000),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

function damagedWire(all: readonly Buffer[], { first, changes }: Input): Buffer {
  const frames = all.slice(first);
  for (const { frame, what } of changes) {
    const at = Math.floor(frame * frames.length);
    const old = frames[at];
    if (old === undefined) continue;
    if (what.kind === 'drop') frames.splice(at, 1);
    else if (what.kind === 'repeat') frames.splice(at, 0, old);
    else if (what.kind === 'swap') frames.splice(at, 2, ...frames.slice(at, at + 2).reverse());
    else if (what.kind === 'message') frames.splice(at, 0, Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n'));
    else if (what.kind === 'bytes') frames[at] = applyDamage(old, [what.damage]);
    else if (what.kind === 'payload') frames[at] = withPayload(old, applyDamage(old.subarray(16), [what.damage]));
    else if (what.kind === 'header') {
      frames[at] = Buffer.from(old);
      frames[at]![what.offset % old.length] = what.byte;
    }
  }
  return Buffer.concat(frames);
}

function withPayload(frame: Buffer, payload: Buffer): Buffer {
  const head = Buffer.from(frame.subarray(0, 16));
  if (head.length === 16) head.writeUInt16BE(Math.min(0xffff, 12 + payload.length), 2);
  return Buffer.concat([head, payload.subarray(0, 0xffff - 12)]);
}

function chunks(data: Buffer, sizes: readonly number[]): Chunk[] {
  const result: Chunk[] = [];
  for (let position = 0, i = 0; position < data.length; i++) {
    const piece = data.subarray(position, position + sizes[i % sizes.length]!);
    result.push({ kind: 'chunk', data: piece, recv: 1_700_000_000_000_000_000n + BigInt(i) * 1_000_000n, position });
    position += piece.length;
  }
  return result;
}

async function check(run: Input): Promise<void> {
  const { presentation, frames } = sessions[run.fixture]!;
  const wire = damagedWire(frames, run);
  const before = Buffer.from(wire);
  const output: Buffer[] = [];
  const errors: Error[] = [];
  let pictures = 0;
  const counted = new Writable({
    objectMode: true,
    write(data: Buffer, _encoding, callback) {
      output.push(Buffer.from(data));
      callback();
    },
  });
  const depacketizer = new H264Depacketizer();
  depacketizer.on('data', ({ kind }: Item) => {
    if (kind === 'accessUnit') pictures++;
  });
  const stages = [
    new TcpInterleaveDemux(),
    new RtpParser({ tolerant: run.tolerant }),
    new RtcpSenderReportTap(),
    depacketizer,
    new SeiInjector(),
    new Fmp4Muxer({ fragmentDurationMs: run.fragmentDurationMs }),
  ];
  // As a recording joins them: a failing stage ends what follows in order.
  linkStages(Readable.from([presentation, ...chunks(wire, run.chunkSizes)]), stages, counted, (error) =>
    errors.push(error),
  );
  await new Promise<void>((resolve) => counted.once('finish', resolve));
  for (const error of errors) if (!(error instanceof RetinaRecordError)) throw error;
  assert.ok(wire.equals(before), 'a stage wrote to its input');
  const mp4 = Buffer.concat(output);
  assert.ok(mp4.length <= wire.length + MAX_ADDED * (pictures + 1), `${mp4.length} bytes of ${wire.length}`);
  if (mp4.length === 0) return;
  const { samples } = readMp4(mp4);
  assert.ok(samples.length <= pictures);
  for (const { data, duration } of samples) {
    assert.ok(sampleNalUnits(data).length > 0 && duration >= 0);
  }
}

/** Damaged sessions through all six stages: they end, only as documented, and what comes out plays. */
export const chainTarget: Target = target('the six stages', input, check);
