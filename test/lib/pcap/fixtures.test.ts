import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Item, Presentation } from '../../../lib/items.js';
import { pcapSource } from '../../../lib/pcap/source.js';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';
import { packageFile } from '../../../lib/version.js';

const FIXTURES = fileURLToPath(packageFile('fixtures/'));

interface GoldenStream {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly packets: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly timestamps: readonly number[];
  readonly senderReports: readonly { readonly ntp: string; readonly rtp: number }[];
}

/** What tshark tells of a stream, found by a walk over the packets that shares nothing with the RTP parser. */
function summarize(presentation: Presentation, packets: readonly { channel: number; data: Buffer }[]): GoldenStream[] {
  return presentation.media.flatMap(({ setup }) => {
    const rtp = packets.filter(({ channel }) => channel === setup?.rtpChannel).map(({ data }) => data);
    const reports = packets.filter(({ channel, data }) => channel === setup?.rtcpChannel && data[1] === 200);
    if (rtp.length === 0) return [];
    const timestamps = rtp.map((data) => data.readUInt32BE(4)).filter((time, i, all) => time !== all[i - 1]);
    return {
      ssrc: rtp[0]!.readUInt32BE(8),
      payloadType: rtp[0]![1]! & 0x7f,
      packets: rtp.length,
      firstSequence: rtp[0]!.readUInt16BE(2),
      lastSequence: rtp.at(-1)!.readUInt16BE(2),
      timestamps,
      senderReports: reports.map(({ data }) => ({ ntp: String(data.readBigUInt64BE(8)), rtp: data.readUInt32BE(16) })),
    };
  });
}

describe('pcapSource on the fixtures', () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.pcap'));
  assert.ok(names.length > 0);
  for (const name of names) {
    it(`${name} has the packets that tshark finds`, async () => {
      const golden = JSON.parse(readFileSync(`${FIXTURES}${name.replace(/pcap$/, 'json')}`, 'utf8'));
      const packets: { channel: number; data: Buffer }[] = [];
      const framer = new InterleaveFramer({
        frame: (channel, data, start, end) => packets.push({ channel, data: data.subarray(start, end) }),
        message: () => {},
        junk: (position) => assert.fail(`junk at ${position}`),
      });
      let presentation: Presentation | undefined;
      for await (const item of pcapSource(FIXTURES + name) as AsyncIterable<Item>) {
        assert.notEqual(item.kind, 'fault');
        if (item.kind === 'chunk') framer.push(item.data, item.position!);
        else if (item.kind === 'interleaved') packets.push(item);
        else if (item.kind === 'presentation') presentation = item;
      }
      const found = summarize(presentation!, packets);
      const expected = (golden.streams as GoldenStream[]).map(
        ({ ssrc, payloadType, packets, firstSequence, lastSequence, timestamps, senderReports }) => ({
          ...{ ssrc, payloadType, packets, firstSequence, lastSequence, timestamps, senderReports },
        }),
      );
      const byType = (a: GoldenStream, b: GoldenStream) => a.payloadType - b.payloadType;
      assert.deepEqual(found.toSorted(byType), expected.toSorted(byType));
    });
  }
});
