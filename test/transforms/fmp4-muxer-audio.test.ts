import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AudioFrame, Item } from '../../lib/items.js';
import { pcapSource } from '../../lib/pcap/source.js';
import { packageFile } from '../../lib/version.js';
import {
  AacDepacketizer,
  H264Depacketizer,
  RtcpSenderReportTap,
  RtpParser,
  SeiInjector,
  TcpInterleaveDemux,
} from '../../transforms/index.js';
import { through } from '../lib/codec/rtp-items.js';
import { mux } from '../lib/mp4/mux.js';
import { type Mp4Track, readMp4 } from '../read-mp4.js';

const FIXTURES = fileURLToPath(packageFile('fixtures/'));

/** The part of a golden result that is used here. */
interface GoldenStream {
  readonly kind: string;
  readonly firstIdrTimestamp: number;
  readonly copiedMd5: readonly string[];
  readonly senderReports: readonly { readonly ntp: string; readonly rtp: number }[];
}

/** The items of a capture behind all stages but the muxer. */
async function replay(name: string, audio: boolean): Promise<Item[]> {
  const stages = [
    new TcpInterleaveDemux(),
    new RtpParser(),
    new RtcpSenderReportTap(),
    new H264Depacketizer(),
    ...(audio ? [new AacDepacketizer()] : []),
    new SeiInjector(),
  ];
  return through(stages, (await pcapSource(`${FIXTURES}${name}.pcap`).toArray()) as Item[]);
}

const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex');

/** NTP time in ms of an RTP timestamp, by the first sender report. */
function wallClockMs({ senderReports }: GoldenStream, timestamp: number, clockRate: number): number {
  const [{ ntp, rtp }] = senderReports as [GoldenStream['senderReports'][0]];
  return Number((BigInt(ntp) * 1000n) >> 16n) / 2 ** 16 + (((timestamp - rtp) | 0) * 1000) / clockRate;
}

/** Where a track's first sample is shown, in ms. */
function startMs({ edits, samples, timescale }: Mp4Track): number {
  const [first, second] = edits;
  const at = (samples[0]!.cts * 1000) / timescale;
  return second === undefined ? at - ((first?.mediaTime ?? 0) * 1000) / timescale : at + first!.duration;
}

for (const name of ['gst-aac-basic', 'gortsplib-aac-tcp', 'vlc-aac-udp']) {
  const golden = JSON.parse(readFileSync(`${FIXTURES}${name}.json`, 'utf8')).streams as readonly GoldenStream[];
  const [video, audio] = ['video', 'audio'].map((kind) => golden.find((stream) => stream.kind === kind)!);

  describe(`${name} with its audio`, () => {
    it('every frame is in the file, as ffmpeg copies it, from the first picture on', async () => {
      const items = await replay(name, true);
      const { bytes, closed } = await mux(items);
      for (const file of [bytes, closed]) {
        const { samples } = readMp4(file!).tracks[1]!;
        const found = samples.map(({ data }) => md5(data));
        const first = audio!.copiedMd5.length - found.length;
        assert.deepEqual(found, audio!.copiedMd5.slice(first));
        const frames = items.filter((item): item is AudioFrame => item.kind === 'audioFrame').slice(first);
        for (const [i, { dts }] of samples.entries()) {
          const ticks = frames[i]!.extendedTimestamp - frames[0]!.extendedTimestamp;
          assert.ok(
            Math.abs(dts - samples[0]!.dts - ticks) <= 16,
            'a first frame of up to 1 ms before the picture is moved',
          );
        }
      }
    });

    it('the closed file is in sync as the servers’ sender reports say', async () => {
      const items = await replay(name, true);
      const { closed } = await mux(items);
      const [picture, sound] = readMp4(closed!).tracks;
      const first = md5(sound!.samples[0]!.data);
      const frame = items.find(
        (item): item is AudioFrame => item.kind === 'audioFrame' && md5(Buffer.concat(item.parts)) === first,
      )!;
      const expected =
        wallClockMs(audio!, frame.timestamp, frame.media.clockRate) -
        wallClockMs(video!, video!.firstIdrTimestamp, 90_000);
      assert.equal(startMs(picture!), 0);
      assert.ok(Math.abs(startMs(sound!) - expected) <= 1, `${startMs(sound!)} ms instead of ${expected} ms`);
    });

    it('the video is as it is without', async () => {
      const [both, alone] = [await mux(await replay(name, true)), await mux(await replay(name, false))];
      const samples = (file: Buffer) => readMp4(file).tracks[0]!.samples.map((sample) => ({ ...sample, offset: 0 }));
      assert.deepEqual(samples(both.bytes), samples(alone.bytes));
      assert.deepEqual(samples(both.closed!), samples(alone.closed!));
      assert.deepEqual([readMp4(both.bytes).tracks.length, readMp4(alone.bytes).tracks.length], [2, 1]);
    });
  });
}
