import { Readable, type Transform, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { AccessUnit, Item } from '../../lib/items.js';
import { pcapSource } from '../../lib/pcap/source.js';
import { packageFile } from '../../lib/version.js';
import {
  AacDepacketizer,
  Fmp4Muxer,
  G711Depacketizer,
  H264Depacketizer,
  ReceiverReporter,
  RtcpSenderReportTap,
  RtpParser,
  RtpReorder,
  SeiInjector,
  TcpInterleaveDemux,
  tee,
} from '../../transforms/index.js';
import { aac, g711, receiveAac } from '../lib/codec/audio-items.js';
import { rtpPackets } from '../lib/codec/rtp-items.js';
import { audio, interleaved, presentation, RECV, rtp, senderReport, video } from '../lib/rtp/packets.js';
import { stageContract } from './contract.js';
import { chunk, only } from './items.js';

const DEMO = fileURLToPath(packageFile('fixtures/demo.pcap'));

async function items(source: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of source) all.push(item);
  return all;
}

function through(input: readonly Item[], stage: Transform): Promise<Item[]> {
  return items(Readable.from(input).pipe(stage));
}

// What each stage gets in a real session.
const chunks = await items(pcapSource(DEMO) as AsyncIterable<Item>);
const frames = await through(chunks, new TcpInterleaveDemux());
const packets = await through(frames, new RtpParser());
const reports = await through(packets, new RtcpSenderReportTap());
const units = await through(reports, new H264Depacketizer());
const timed = await through(units, new SeiInjector());

/** Where the n-th RTP packet with a marker is. */
function nthMarker(all: readonly Item[], n: number): number {
  return all.findIndex((item) => item.kind === 'rtp' && item.marker && --n === 0);
}

const media = video();
const packet = { media: audio(), position: 1, recv: RECV };
/** One item of each kind, none of H.264. */
const strangers: readonly Item[] = [
  chunk('2400000161'),
  presentation([media]),
  interleaved(0, rtp({})),
  only(frames, 'rtsp')[0] ?? ({ kind: 'rtsp', message: {}, position: 0, recv: RECV } as unknown as Item),
  {
    ...packet,
    kind: 'rtp',
    sequenceNumber: 1,
    timestamp: 2,
    extendedTimestamp: 3,
    marker: true,
    payloadType: 97,
    ssrc: 4,
    payload: Buffer.of(5),
    lost: 0,
    waited: false,
  },
  { ...packet, kind: 'rtcp', data: senderReport(4), waited: false },
  { ...packet, kind: 'senderReport', ssrc: 4, ntpTimestamp: 5n, rtpTimestamp: 6, packetCount: 7, octetCount: 8 },
  { kind: 'bye', media, ssrcs: [4], recv: RECV },
  only(timed, 'accessUnit')[0]!,
  receiveAac([{ p: '0010 0018 "abc"', m: true }]).frames[0]!,
  { kind: 'fault', code: 'junk', message: 'junk' },
  { kind: 'something of tomorrow' } as unknown as Item,
];
const without = (...kinds: Item['kind'][]) => strangers.filter(({ kind }) => !kinds.includes(kind));

stageContract({
  name: 'TcpInterleaveDemux',
  make: () => new TcpInterleaveDemux(),
  // The last chunk is cut short, so that the end has something to say.
  known: [...chunks, chunk('2400 0005 61')],
  unknown: without('chunk'),
  flushes: true,
  endless: () => chunk('24000001612400000162'),
});

stageContract({
  name: 'RtpParser',
  make: () => new RtpParser(),
  known: frames,
  unknown: without('interleaved'),
  flushes: false,
});

/** As UDP might have delivered it: every tenth packet out of order, every fifteenth twice, and the last but one never. */
function shuffled(all: readonly Item[]): Item[] {
  const channel = 0;
  const out: Item[] = [];
  let count = 0;
  for (const item of all) {
    const isRtp = item.kind === 'interleaved' && item.channel === channel;
    if (isRtp && ++count % 10 === 0) out.splice(-1, 0, item);
    else out.push(item);
    if (isRtp && count % 15 === 0) out.push(item);
  }
  const last = out.findLastIndex((item) => item.kind === 'interleaved' && item.channel === channel);
  const before = out.slice(0, last).findLastIndex((item) => item.kind === 'interleaved' && item.channel === channel);
  return out.toSpliced(before, 1);
}

stageContract({
  name: 'RtpReorder',
  make: () => new RtpReorder(),
  known: shuffled(frames),
  unknown: without('interleaved', 'presentation'),
  flushes: true,
});

stageContract({
  name: 'ReceiverReporter',
  make: () => new ReceiverReporter(),
  known: reports,
  unknown: strangers,
  flushes: false,
});

stageContract({
  name: 'RtcpSenderReportTap',
  make: () => new RtcpSenderReportTap(),
  known: packets,
  unknown: without('rtcp'),
  flushes: false,
});

stageContract({
  name: 'H264Depacketizer',
  make: () => new H264Depacketizer(),
  // Two access units: at first the last one is held back, since more slices might follow its marker.
  known: reports.slice(0, nthMarker(reports, 2) + 1),
  unknown: strangers,
  flushes: true,
});

const lastFrame = { p: '0010 0018 "xyz"', t: 1024 * 40 };

stageContract({
  name: 'AacDepacketizer',
  make: () => new AacDepacketizer(),
  // Frames in fragments; the last one is whole but for the marker, so that it is held back.
  known: rtpPackets(aac(), [
    ...Array.from({ length: 40 }, (_, i) => ({ p: '0010 0030 "abc"', t: 1024 * (i >> 1), m: i % 2 === 1 })),
    lastFrame,
  ]),
  unknown: [...without('rtp'), ...rtpPackets(g711('pcma'), [{ p: 'd5' }])],
  flushes: true,
});

stageContract({
  name: 'G711Depacketizer',
  make: () => new G711Depacketizer(),
  known: rtpPackets(
    g711('pcmu'),
    Array.from({ length: 40 }, (_, i) => ({ p: 'ffd5', t: 2 * i })),
  ),
  unknown: strangers,
  flushes: false,
});

stageContract({
  name: 'SeiInjector',
  make: () => new SeiInjector(),
  known: units,
  unknown: without('accessUnit'),
  flushes: false,
});

const pictures = only(timed, 'accessUnit');

stageContract({
  name: 'Fmp4Muxer',
  make: () => new Fmp4Muxer({ fragmentDurationMs: 0 }),
  known: timed,
  unknown: without('accessUnit', 'audioFrame'),
  endsItems: true,
  flushes: true,
  endless(n: number): AccessUnit {
    const unit = pictures[n % pictures.length]!;
    const round = Math.floor(n / pictures.length);
    return { ...unit, extendedTimestamp: unit.extendedTimestamp + round * pictures.length * 3600 };
  },
});

stageContract({
  name: 'tee',
  make: () =>
    tee(
      new Writable({
        objectMode: true,
        write(_item, _encoding, callback) {
          callback();
        },
      }),
    ),
  known: units,
  unknown: strangers,
  flushes: false,
});
