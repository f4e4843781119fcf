import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Item } from '../../lib/items.js';
import { RtpParser, TcpInterleaveDemux } from '../../transforms/index.js';
import { audio, presentation, rtp, SSRC, senderReport, video } from '../lib/rtp/packets.js';
import { frame } from '../lib/rtsp/framer-record.js';
import { only, pass } from './items.js';

/** Counts the items that it makes of frames. */
class CountingDemux extends TcpInterleaveDemux {
  items = 0;

  override push(item: unknown): boolean {
    if ((item as Item | null)?.kind === 'interleaved') this.items++;
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
    const demuxes = Array.from({ length: 3 }, () => new CountingDemux());
    const [direct, apart, own] = demuxes as [CountingDemux, CountingDemux, CountingDemux];
    const parser = new CountingParser(OPTIONS);
    await pass(input, direct, new RtpParser(OPTIONS));
    await pass(input, apart, pipe(), new RtpParser(OPTIONS));
    await pass(input, own, parser);
    assert.ok(direct.items < apart.items / 10, `${direct.items} of ${apart.items}`);
    assert.equal(own.items, apart.items);
    assert.equal(parser.items, apart.items);
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
