import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Chunk, Item, RtpPacket } from '../../lib/items.js';
import { pcapSource } from '../../lib/pcap/source.js';
import { packageFile } from '../../lib/version.js';
import { RtcpSenderReportTap, RtpParser, TcpInterleaveDemux } from '../../transforms/index.js';
import { faultCodes, only, pass } from './items.js';

const FIXTURES = fileURLToPath(packageFile('fixtures/'));

/** What tshark tells of a stream. */
interface GoldenStream {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly packets: number;
  readonly payloadBytes: number;
  readonly markers: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly timestamps: readonly number[];
  readonly senderReports: readonly { readonly ntp: string; readonly rtp: number }[];
}

const stages = () => [new TcpInterleaveDemux(), new RtpParser(), new RtcpSenderReportTap()];

async function source(name: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of pcapSource(`${FIXTURES}${name}.pcap`) as AsyncIterable<Item>) items.push(item);
  return items;
}

function summarize(items: readonly Item[], golden: GoldenStream): GoldenStream {
  const packets = only(items, 'rtp').filter(({ ssrc }) => ssrc === golden.ssrc);
  const reports = only(items, 'senderReport').filter(({ ssrc }) => ssrc === golden.ssrc);
  return {
    ssrc: golden.ssrc,
    payloadType: packets[0]!.payloadType,
    packets: packets.length,
    payloadBytes: packets.reduce((sum, { payload }) => sum + payload.length, 0),
    markers: packets.filter(({ marker }) => marker).length,
    firstSequence: packets[0]!.sequenceNumber,
    lastSequence: packets.at(-1)!.sequenceNumber,
    timestamps: packets.map(({ timestamp }) => timestamp).filter((time, i, all) => time !== all[i - 1]),
    senderReports: reports.map(({ ntpTimestamp, rtpTimestamp }) => ({ ntp: String(ntpTimestamp), rtp: rtpTimestamp })),
  };
}

/** Sequence numbers without hole and extended time in step with the 32-bit one, both from RTP-Info on. */
function checkContinuity(packets: readonly RtpPacket[], hasOtherStreams: boolean): void {
  const { rtpInfo } = packets[0]!.media;
  let sequence = rtpInfo?.seq;
  let timestamp = hasOtherStreams ? rtpInfo?.rtptime : undefined;
  let extended = 0;
  for (const packet of packets) {
    assert.equal(packet.lost, sequence === undefined ? 0 : packet.sequenceNumber - sequence);
    extended += timestamp === undefined ? 0 : (packet.timestamp - timestamp) | 0;
    assert.equal(packet.extendedTimestamp, extended);
    sequence = (packet.sequenceNumber + 1) & 0xffff;
    timestamp = packet.timestamp;
  }
}

/** The same bytes in chunks that end elsewhere; all get the time of the first, so that results can be compared. */
function recut(items: readonly Item[], sizes: readonly number[]): Item[] {
  const result: Item[] = [];
  let n = 0;
  for (const item of items) {
    if (item.kind !== 'chunk') {
      result.push(item);
      continue;
    }
    for (let at = 0; at < item.data.length; ) {
      const size = sizes[n++ % sizes.length]!;
      const position = item.position === undefined ? undefined : item.position + at;
      result.push({ ...item, data: item.data.subarray(at, at + size), position } satisfies Chunk);
      at += size;
    }
  }
  return result;
}

/** Chunks at the same time, so that only the cuts make a difference. */
function atOneTime(items: readonly Item[]): Item[] {
  return items.map((item) => (item.kind === 'chunk' ? { ...item, recv: 1n } : item));
}

const names = readdirSync(FIXTURES).flatMap((name) => (name.endsWith('.pcap') ? [name.slice(0, -5)] : []));
assert.ok(names.length > 0);

for (const name of names) {
  describe(`${name} through demultiplexer, RTP parser and sender report tap`, () => {
    it('gives the packets and sender reports that tshark finds', async () => {
      const { streams } = JSON.parse(readFileSync(`${FIXTURES}${name}.json`, 'utf8')) as { streams: GoldenStream[] };
      const { items, error } = await pass(await source(name), ...stages());
      assert.equal(error, undefined);
      // gst-rtsp-server's RTP-Info is one packet behind for AAC, which is no fault (Q74).
      assert.deepEqual(faultCodes(items), []);
      for (const golden of streams) {
        const found = summarize(items, golden);
        const expected = Object.fromEntries(Object.entries(golden).filter(([key]) => key in found));
        assert.deepEqual(found, expected);
        checkContinuity(
          only(items, 'rtp').filter(({ ssrc }) => ssrc === golden.ssrc),
          streams.length > 1,
        );
      }
      assert.equal(
        only(items, 'rtp').length,
        streams.reduce((sum, { packets }) => sum + packets, 0),
      );
    });

    it('Q11 gives the same however the chunks are cut', async () => {
      const input = atOneTime(await source(name));
      const expected = await pass(input, ...stages());
      const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 })), {
        minLength: 1,
        maxLength: 20,
      });
      await fc.assert(
        fc.asyncProperty(sizes, async (sizes) => {
          assert.deepEqual(await pass(recut(input, sizes), ...stages()), expected);
        }),
        { numRuns: 4 },
      );
    });
  });
}
