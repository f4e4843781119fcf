import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item, MediaDescription, RtpPacket, SenderReport } from '../../lib/items.js';
import { ReceiverReporter } from '../../transforms/receiver-reporter.js';
import { audio, presentation, RECV, SSRC, video } from '../lib/rtp/packets.js';
import { pass } from './items.js';

const S = 1_000_000_000n;

function packet(media: MediaDescription, sequenceNumber: number, seconds: number, ssrc = SSRC): RtpPacket {
  return {
    kind: 'rtp',
    media,
    sequenceNumber,
    timestamp: (seconds * media.clockRate) >>> 0,
    extendedTimestamp: seconds * media.clockRate,
    marker: true,
    payloadType: media.payloadType,
    ssrc,
    payload: Buffer.of(1),
    lost: 0,
    position: 0,
    recv: RECV + (BigInt(Math.round(seconds * 1000)) * S) / 1000n,
    waited: false,
  };
}

function sender(media: MediaDescription, seconds: number): SenderReport {
  const counts = { rtpTimestamp: 0, packetCount: 0, octetCount: 0, position: 0 };
  const recv = RECV + BigInt(seconds) * S;
  return { kind: 'senderReport', media, ssrc: SSRC, ntpTimestamp: 0x0123_4567_89ab_cdefn, ...counts, recv };
}

/** What a reporter with known numbers says of these items, as hex with the stream's index. */
async function reports(items: readonly Item[]): Promise<[number, string][]> {
  const found: [number, string][] = [];
  const stage = new ReceiverReporter({ random: (bytes) => Buffer.alloc(bytes, 0xaa) });
  stage.on('report', (data: Buffer, media: MediaDescription) => found.push([media.index, data.toString('hex')]));
  const { items: passed, error } = await pass(items, stage);
  assert.equal(error, undefined);
  assert.deepEqual(passed, items);
  return found;
}

test('Q82 the first report comes 5 s after the first packet, and tells of its stream', async () => {
  const media = video();
  const items = [0, 1, 2, 3, 4.999].map((seconds, i) => packet(media, 100 + i, seconds));
  assert.deepEqual(await reports(items), []);
  const found = await reports([...items, packet(media, 105, 5)]);
  assert.equal(found.length, 1);
  const [index, hex] = found[0]!;
  assert.equal(index, 0);
  assert.equal(hex.slice(0, 24), '81c90007aaaaaaaa0d25614e');
  assert.equal(hex.slice(24, 48), '000000000000006900000000');
  // Our name is random and nobody's.
  const name = Buffer.from(Buffer.alloc(12, 0xaa).toString('base64')).toString('hex');
  assert.equal(hex.slice(64), `81ca0006aaaaaaaa0110${name}0000`);
});

test('Q82 then every 5 s, for each stream by itself, whatever other packets come', async () => {
  const [first, second] = [video(), audio()];
  const items: Item[] = [presentation([first, second])];
  for (let tenths = 0; tenths <= 200; tenths++) {
    items.push(packet(first, tenths, tenths / 10));
    if (tenths >= 20) items.push(packet(second, tenths, tenths / 10, 77));
  }
  assert.deepEqual(
    (await reports(items)).map(([index]) => index),
    [0, 1, 0, 1, 0, 1, 0],
  );
});

test('Q82 loss and the last sender report are in it', async () => {
  const media = video();
  const lossy = [0, 1, 2, 3].map((seconds) => packet(media, 2 * seconds, seconds));
  const [[, hex]] = (await reports([...lossy, sender(media, 4), packet(media, 8, 5)])) as [[number, string]];
  // 4 of 9 are missing: 4 × 256 / 9 = 113; one second since the report.
  assert.equal(hex.slice(24, 64), '710000040000000800000000' + '456789ab00010000');
});

test('a new SSRC begins anew, and one that is ours by chance is avoided', async () => {
  const media = video();
  const items = [packet(media, 1, 0), packet(media, 9000, 1, 5), packet(media, 9001, 5, 5)];
  assert.equal((await reports(items))[0]![1].slice(8, 40), 'aaaaaaaa00000005000000000000' + '2329');
  const own = [packet(media, 1, 0, 0xaaaaaaaa), packet(media, 2, 5, 0xaaaaaaaa)];
  assert.equal((await reports(own))[0]![1].slice(8, 24), 'aaaaaaabaaaaaaaa');
});

test('a clock that is set back or ahead, or a pause, brings no flood and no end of reports', async () => {
  const media = video();
  const at = (seconds: number, seq: number) => packet(media, seq, seconds);
  const ahead = [at(0, 0), at(3600, 1), at(3601, 2), at(3604.9, 3), at(3605, 4)];
  assert.equal((await reports(ahead)).length, 2);
  const items = [at(3600, 0), at(0, 1), at(4.9, 2), at(5, 3)];
  assert.equal((await reports(items)).length, 1);
});

test('reports of different recordings have different names and numbers', async () => {
  const media = video();
  const items = [packet(media, 1, 0), packet(media, 2, 5)];
  const random = async (): Promise<Buffer> => {
    const found: Buffer[] = [];
    const stage = new ReceiverReporter();
    stage.on('report', (data: Buffer) => found.push(data));
    await pass(items, stage);
    return found[0]!;
  };
  const [one, other] = [await random(), await random()];
  assert.notEqual(one.readUInt32BE(4), other.readUInt32BE(4));
  assert.notDeepEqual(one.subarray(40), other.subarray(40));
});
