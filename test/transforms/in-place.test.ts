import assert from 'node:assert/strict';
import { PassThrough, Readable, type Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { FrameInPlace, PacketInPlace } from '../../lib/in-place.js';
import type { Item } from '../../lib/items.js';
import {
  AacDepacketizer,
  H264Depacketizer,
  ReceiverReporter,
  RtcpSenderReportTap,
  RtpParser,
  TcpInterleaveDemux,
} from '../../transforms/index.js';
import { audio, presentation, rtp, SSRC, senderReport, video } from '../lib/rtp/packets.js';
import { frame } from '../lib/rtsp/framer-record.js';
import { faultCodes, only, pass } from './items.js';

/** How many items are made of what lies in place while `run` does its work. */
async function made(place: { toItem(): Item }, run: () => Promise<unknown>): Promise<number> {
  const count = mock.method(place, 'toItem');
  try {
    await run();
    return count.mock.callCount();
  } finally {
    count.mock.restore();
  }
}

/** Sees to what it pushes by itself. */
class OwnDemux extends TcpInterleaveDemux {
  override push(item: unknown): boolean {
    return super.push(item);
  }
}

/** Sees to its items by itself. */
class CountingParser extends RtpParser {
  items = 0;

  protected override handle(item: Item): void {
    if (item.kind === 'interleaved') this.items++;
    super.handle(item);
  }
}

const OPTIONS = { tolerant: true };

/** Two streams' packets and reports, and whatever else may stand in a frame. */
function session(packets: number): Buffer {
  const frames: Buffer[] = [];
  for (let seq = 0; seq < packets; seq++) {
    const payload = Buffer.alloc(1 + ((seq * 37) % 90), seq);
    frames.push(frame(0, rtp({ seq, timestamp: seq * 3000, marker: true, payload })));
    frames.push(frame(2, rtp({ seq, timestamp: seq * 1024, payloadType: 97, ssrc: 5, payload })));
    if (seq % 5 === 0) frames.push(frame(1, senderReport(SSRC, BigInt(seq), seq)), frame(0, senderReport(SSRC)));
    if (seq % 7 === 0) frames.push(frame(0, ''), frame(0, '80'), frame(0, '8060'), frame(7, rtp({})));
    if (seq % 11 === 0) frames.push(Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n'), Buffer.from('junk'));
  }
  return Buffer.concat(frames);
}

/** The bytes as chunks, behind what assigns the channels. */
function chunks(bytes: Buffer, cuts: readonly number[]): Item[] {
  const items: Item[] = [presentation([video(), audio()])];
  let start = 0;
  for (const end of [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b)) {
    const recv = BigInt(items.length) * 1_000_000n;
    items.push({ kind: 'chunk', data: Buffer.from(bytes.subarray(start, end)), recv, waited: items.length % 3 === 0 });
    start = end;
  }
  return items;
}

/** What the parser makes of it, with `between` the two stages, if anything. */
async function parsed(input: readonly Item[], parser: RtpParser, ...between: PassThrough[]) {
  return (await pass(input, new TcpInterleaveDemux(), ...between, parser)).items;
}

const pipe = () => new PassThrough({ objectMode: true });

describe('frames between TcpInterleaveDemux and RtpParser', () => {
  it('are what they would be as items, however the bytes are cut', async () => {
    const bytes = session(60);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 30 }), async (cuts) => {
        const input = chunks(bytes, cuts);
        const expected = await parsed(input, new RtpParser(OPTIONS), pipe());
        assert.deepEqual(await parsed(input, new RtpParser(OPTIONS)), expected);
      }),
      { numRuns: 30 },
    );
  });

  it('are made items only where something stands between, or a parser of one’s own', async () => {
    const input = chunks(session(200), [100, 9000, 18_000]);
    const through = (...stages: Transform[]) => made(FrameInPlace.prototype, () => pass(input, ...stages));
    const all = await through(new TcpInterleaveDemux(), pipe(), new RtpParser(OPTIONS));
    const direct = await through(new TcpInterleaveDemux(), new RtpParser(OPTIONS));
    assert.ok(direct < all / 10, `${direct} of ${all}`);
    const parser = new CountingParser(OPTIONS);
    assert.equal(await through(new TcpInterleaveDemux(), parser), all);
    assert.equal(parser.items, all);
    assert.equal(await through(new OwnDemux(), new RtpParser(OPTIONS)), all);
    const patched = new TcpInterleaveDemux();
    const push = mock.method(patched, 'push');
    assert.equal(await through(patched, new RtpParser(OPTIONS)), all);
    assert.equal(
      push.mock.calls.filter(({ arguments: [item] }) => (item as Item | null)?.kind === 'interleaved').length,
      all,
    );
  });

  it('are seen by a listener that comes later, and by the parser', async () => {
    const bytes = session(40);
    const half = bytes.indexOf('RTSP', bytes.length / 2);
    const demux = new TcpInterleaveDemux();
    const parser = new RtpParser(OPTIONS);
    const [found, heard, expected]: [Item[], Item[], Item[]] = [[], [], []];
    demux.pipe(parser).on('data', (item: Item) => found.push(item));
    const input = chunks(bytes, [half]);
    for (const item of input.slice(0, 2)) demux.write(item);
    await new Promise(setImmediate);
    demux.on('data', (item: Item) => heard.push(item));
    demux.end(input[2]);
    await new Promise((resolve) => parser.once('end', resolve));
    assert.deepEqual(found, await parsed(input, new RtpParser(OPTIONS)));
    expected.push(...(await pass(input, new TcpInterleaveDemux())).items.filter((item) => 'position' in item));
    assert.deepEqual(
      heard,
      expected.filter((item) => (item as { position: number }).position >= half),
    );
    assert.ok(heard.length > 0 && heard.length < expected.length);
  });

  it('end the stage behind all that came before, as items do', async () => {
    const good = Array.from({ length: 50 }, (_, seq) => frame(0, rtp({ seq })));
    const bytes = Buffer.concat([...good, frame(0, rtp({ seq: 7 })), frame(0, rtp({ seq: 50 }))]);
    const found: Item[] = [];
    const parser = new RtpParser();
    const failed = new Promise<Error>((resolve) => parser.once('error', resolve));
    const demux = new TcpInterleaveDemux();
    demux.pipe(parser).on('data', (item: Item) => found.push(item));
    for (const item of chunks(bytes, [300])) demux.write(item);
    assert.equal(((await failed) as Error & { code?: string }).code, 'rtp-out-of-order');
    assert.equal(only(found, 'rtp').length, 50);
  });
});

/** Packets of access units, with losses, bad and new parameter sets, markers on slices, and reports, and sound. */
function pictures(units: number): Buffer {
  const frames: Buffer[] = [];
  let seq = 0;
  for (let unit = 0; unit < units; unit++) {
    const sets = unit % 3 === 0 ? [`6742${unit.toString(16).padStart(2, '0')}`, '68ee3c80'] : [];
    const payloads = [...sets, '41aabb', '7c81cc', '7c01dd', '7c41ee', '410180'];
    for (const [i, payload] of payloads.entries()) {
      seq++;
      if (unit % 9 === 8 && i === 2) continue;
      const marker = i === payloads.length - 1 || (unit % 13 === 5 && payload === '7c41ee');
      frames.push(frame(0, rtp({ seq, timestamp: unit * 3000, payload, marker })));
    }
    frames.push(frame(2, rtp({ seq: unit, timestamp: unit * 1024, payloadType: 97, ssrc: 5, marker: true })));
    if (unit % 2 === 0) frames.push(frame(1, senderReport(SSRC, BigInt(unit), unit)));
  }
  return Buffer.concat(frames);
}

/** A packet as nearly all are, in the middle of a large picture, and what may be another way about it. */
interface Fragment {
  readonly kind: keyof typeof PAYLOADS | 'report' | 'sound' | 'empty';
  /** Sequence numbers that are passed over; -1: the one before comes again. */
  readonly gap: number;
  readonly isNewPicture: boolean;
  readonly marker: boolean;
  readonly head: 'plain' | 'extension' | 'padding' | 'other SSRC' | 'other payload type';
}

const PAYLOADS = {
  start: '7c81aa',
  middle: '7c01bb00',
  end: '7c41cc',
  'other type': '7c05dd',
  short: '7c01',
  shortest: '7c',
  slice: '412e',
};

const fragment: fc.Arbitrary<Fragment> = fc.record({
  kind: fc.oneof(
    { weight: 24, arbitrary: fc.constant('middle' as const) },
    { weight: 3, arbitrary: fc.constantFrom('start' as const, 'end' as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Fragment['kind']>(
        'other type',
        'short',
        'shortest',
        'slice',
        'report',
        'sound',
        'empty',
      ),
    },
  ),
  gap: fc.oneof({ weight: 40, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1, 40_000)),
  isNewPicture: fc.oneof({ weight: 10, arbitrary: fc.constant(false) }, fc.constant(true)),
  marker: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true)),
  head: fc.oneof(
    { weight: 40, arbitrary: fc.constant('plain' as const) },
    fc.constantFrom<Fragment['head']>('extension', 'padding', 'other SSRC', 'other payload type'),
  ),
});

const PLAIN_START: Fragment = { kind: 'start', gap: 0, isNewPicture: false, marker: false, head: 'plain' };

/** A unit that is held back behind its marker, a report that waits behind it, more slices of its picture, the second of them spoilt. */
const HELD: Fragment[] = [
  { ...PLAIN_START, kind: 'end', marker: true },
  { ...PLAIN_START, isNewPicture: true },
  { ...PLAIN_START, kind: 'end', marker: true },
  { ...PLAIN_START, kind: 'report' },
  { ...PLAIN_START, kind: 'slice' },
  { ...PLAIN_START, kind: 'shortest' },
];

function wire(fragments: readonly Fragment[]): Buffer {
  let seq = 65_530;
  let timestamp = 0;
  const frames: Buffer[] = [];
  for (const { kind, gap, isNewPicture, marker, head } of fragments) {
    if (kind === 'report') frames.push(frame(1, senderReport(SSRC, BigInt(seq), timestamp)));
    else if (kind === 'sound') frames.push(frame(2, rtp({ seq, timestamp, payloadType: 97, ssrc: 5, marker })));
    else if (kind === 'empty') frames.push(frame(0, ''));
    else {
      seq += 1 + gap;
      if (isNewPicture) timestamp += 3000;
      const payload = Buffer.from(PAYLOADS[kind] + (head === 'padding' ? '01' : ''), 'hex');
      const ssrc = head === 'other SSRC' ? 9 : SSRC;
      const payloadType = head === 'other payload type' ? 98 : 96;
      let packet = rtp({ seq, timestamp, marker, payload, ssrc, payloadType });
      if (head === 'padding') packet[0]! |= 0x20;
      if (head === 'extension') {
        packet[0]! |= 0x10;
        packet = Buffer.concat([packet.subarray(0, 12), Buffer.from('bede000101020304', 'hex'), payload]);
      }
      frames.push(frame(0, packet));
    }
  }
  return Buffer.concat(frames);
}

/** What comes of items at a sink that waits a turn of the event loop at every `slowness`-th. */
async function passSlowly(input: readonly Item[], stages: readonly Transform[], slowness: number): Promise<Item[]> {
  const items: Item[] = [];
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(item: Item, _encoding, callback) {
      items.push(item);
      if (items.length % slowness === 0) setImmediate(callback);
      else callback();
    },
  });
  await pipeline([Readable.from(input), ...stages, sink]);
  return items;
}

describe('packets behind RtpParser', () => {
  /** The stages of a recording as far as packets go, and the reports that are sent. */
  function stages(): { chain: Transform[]; reports: string[] } {
    const reports: string[] = [];
    const reporter = new ReceiverReporter({ intervalMs: 1, random: (count) => Buffer.alloc(count, 7) });
    reporter.on('report', (data: Buffer) => reports.push(data.toString('hex')));
    const depacketizers = [new H264Depacketizer(), new AacDepacketizer()];
    const parsing = [new TcpInterleaveDemux(), new RtpParser(OPTIONS), new RtcpSenderReportTap()];
    return { chain: [...parsing, reporter, ...depacketizers], reports };
  }

  it('are what they would be as items, however the bytes are cut and whatever waits', async () => {
    const all = [pictures(40), session(60)];
    const cuts = fc.array(fc.nat(100_000), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...all), cuts, fc.integer({ min: 1, max: 30 }), async (bytes, at, slowness) => {
        const input = chunks(bytes, at);
        const [direct, apart] = [stages(), stages()];
        const between = apart.chain.flatMap((stage) => [stage, pipe()]);
        const expected = await passSlowly(input, between, 1000);
        assert.deepEqual(await passSlowly(input, direct.chain, slowness), expected);
        assert.deepEqual(direct.reports, apart.reports);
        if (bytes === all[0]) assert.ok(only(expected, 'accessUnit').length > 20 && faultCodes(expected).length > 10);
      }),
      { numRuns: 60 },
    );
  });

  it('are what they would be as items, whatever stands among the fragments of a picture', async () => {
    const cuts = fc.array(fc.nat(100_000), { maxLength: 3 });
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(fragment, { minLength: 1, maxLength: 80 }), cuts, async (fragments, at) => {
        const input = chunks(wire([PLAIN_START, ...fragments, { ...PLAIN_START, kind: 'end', marker: true }]), at);
        const [direct, apart] = [stages(), stages()];
        const between = apart.chain.flatMap((stage) => [stage, pipe()]);
        const expected = await passSlowly(input, between, 1000);
        assert.deepEqual(await passSlowly(input, direct.chain, 1000), expected);
        assert.deepEqual(direct.reports, apart.reports);
        for (const code of faultCodes(expected)) codes.add(code);
      }),
      { numRuns: 300, examples: [[HELD, []]] },
    );
    for (const code of ['rtp-loss', 'rtp-ssrc', 'rtp-payload-type', 'h264-damaged', 'h264-malformed', 'h264-oddity']) {
      assert.ok(codes.has(code), code);
    }
  });

  it('of another stream wait behind a unit that is held back no longer than as items', async () => {
    const held = frame(0, rtp({ payload: '65b800', marker: true }));
    const others = Array.from({ length: 65 }, (_, seq) => frame(2, rtp({ seq, payloadType: 97, ssrc: 5 })));
    const bytes = Buffer.concat([
      held,
      ...others,
      frame(3, senderReport(5)),
      frame(2, rtp({ seq: 65, payloadType: 97 })),
    ]);
    // What comes first opens the way.
    const first = Buffer.concat([frame(3, senderReport(5)), frame(3, senderReport(5))]);
    const input = chunks(Buffer.concat([first, bytes]), [first.length]);
    const parsing = () => [new TcpInterleaveDemux(), new RtpParser(OPTIONS), new RtcpSenderReportTap()];
    const apart = [...parsing(), pipe(), new H264Depacketizer()];
    const { items } = await pass(input, ...parsing(), new H264Depacketizer());
    assert.deepEqual(items, (await pass(input, ...apart)).items);
    assert.equal(only(items, 'rtp').length, 66);
  });

  it('go elsewhere as soon as a stage in front is piped there, in the middle of a chunk', async () => {
    const units = Array.from({ length: 30 }, (_, unit) =>
      ['7c8588', '7c05bb', '7c05cc', '7c45dd'].map((payload, i) =>
        frame(0, rtp({ seq: 4 * unit + i, timestamp: unit * 3000, payload, marker: i === 3 })),
      ),
    ).flat();
    const input = chunks(Buffer.concat(units), [20]);
    for (const at of [0, 1, 2]) {
      const [demux, parser, tap] = [new TcpInterleaveDemux(), new RtpParser(OPTIONS), new RtcpSenderReportTap()];
      const depacketizer = new H264Depacketizer();
      demux.pipe(parser).pipe(tap).pipe(depacketizer);
      const from = [demux, parser, tap][at]!;
      const elsewhere: Item[] = [];
      let pictures = 0;
      depacketizer.on('data', (item: Item) => {
        if (item.kind !== 'accessUnit' || ++pictures !== 12) return;
        from.unpipe();
        from.pipe(pipe()).on('data', (other: Item) => elsewhere.push(other));
      });
      for (const item of input) {
        demux.write(item);
        await new Promise(setImmediate);
      }
      assert.deepEqual([pictures, elsewhere.length], [12, 18 * 4], `stage ${at}`);
    }
  });

  it('come on together as long as they continue the one before', async () => {
    const middle = Array.from({ length: 59 }, (): Fragment => ({ ...PLAIN_START, kind: 'middle' }));
    const input = chunks(wire([PLAIN_START, ...middle, { ...PLAIN_START, kind: 'end', marker: true }]), []);
    const receive = mock.method(
      H264Depacketizer.prototype as unknown as { receive(packet: PacketInPlace): void },
      'receive',
    );
    const { items } = await pass(input, new TcpInterleaveDemux(), new RtpParser(OPTIONS), new H264Depacketizer());
    receive.mock.restore();
    assert.equal(only(items, 'accessUnit')[0]?.nalUnits[0]?.parts.length, 62);
    // By the ordinary way until it is open.
    assert.ok(receive.mock.callCount() <= 2, `${receive.mock.callCount()} times`);
  });

  it('are made items only where something stands between, or a stage that somebody has changed', async () => {
    const input = chunks(pictures(100), [100, 2000]);
    const through = (...behind: Transform[]) =>
      made(PacketInPlace.prototype, () => pass(input, new TcpInterleaveDemux(), new RtpParser(OPTIONS), ...behind));
    const all = await through(pipe(), new H264Depacketizer());
    const few = all / 4;
    assert.ok((await through(new H264Depacketizer())) < few);
    assert.ok((await through(new RtcpSenderReportTap(), new ReceiverReporter(), new H264Depacketizer())) < few);
    for (const Changed of [RtcpSenderReportTap, ReceiverReporter, H264Depacketizer]) {
      const { mock: patch } = mock.method(Changed.prototype as unknown as { handle(item: Item): void }, 'handle');
      assert.equal(await through(new Changed()), all);
      assert.equal(patch.calls.filter((call) => call.arguments[0].kind === 'rtp').length, all);
      patch.restore();
    }
  });
});
