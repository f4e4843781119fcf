import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RtcpSenderReportTap } from '../../transforms/rtcp-sender-report-tap.js';
import { RtpParser } from '../../transforms/rtp-parser.js';
import { TcpInterleaveDemux } from '../../transforms/tcp-interleave-demux.js';
import { RetinaRecordError } from '../errors.js';
import type { Item, MediaDescription, RtpPacket, SenderReport } from '../items.js';
import { pcapSource } from '../pcap/source.js';
import { type CapturedStream, distanceNs } from './media-alignment.js';
import { isRandomAccessPayload } from './random-access.js';
import type { CameraScript, ScriptMedia, ScriptPacket } from './script.js';

/** Distance of two loops where a medium has only one timestamp. */
const DEFAULT_FRAME_NS = 40e6;

/**
 * Makes a script of the RTSP session in a capture: payloads, marker bits and timestamps as captured, and sending times relative to each
 * other. It starts at the first picture at which decoding can start, and the cut-off rest of a last picture is left out, so that loops
 * join; of the other media it holds what belongs to the time of these pictures, by sender reports where both media have them.
 *
 * @param path a pcap or pcapng file
 * @param name for the SDP and for errors
 * @throws RetinaRecordError `camera-script` if it holds no RTP packets; what reading the capture throws
 */
export async function pcapScript(path: string, name: string): Promise<CameraScript> {
  const streams = await readStreams(path);
  const main =
    streams.find((stream) => isH264(stream.packets)) ??
    streams.find(({ packets: [first] }) => first!.media.type === 'video') ??
    streams[0];
  if (main === undefined)
    throw new RetinaRecordError('camera-script', `${name} holds no RTP packets of an RTSP session`);
  const mainPackets = decodablePart(main.packets);
  const start = mainPackets[0]!;
  const mainMedia = scriptMedia(mainPackets, start.recv, 0);
  const durationNs = lengthNs(mainMedia);
  const media = streams.map((stream) => {
    if (stream === main) return mainMedia;
    const first = stream.packets[0]!;
    const distance = distanceNs({ stream: main, packet: start }, { stream, packet: first });
    const startTicks = Math.round((distance * first.media.clockRate) / 1e9);
    return within(scriptMedia(stream.packets, start.recv, startTicks), durationNs);
  });
  return {
    name,
    media: inTime(
      media.filter(({ packets }) => packets.length > 0),
      durationNs,
    ),
    durationNs,
  };
}

/** The capture's media, in the order of the SDP; of one that begins anew in the middle, the longest part. */
async function readStreams(path: string): Promise<CapturedStream[]> {
  const streams = new Map<MediaDescription, { packets: RtpPacket[]; report: SenderReport | undefined }>();
  const collect = new Writable({
    objectMode: true,
    write(item: Item, _encoding, callback) {
      if (item.kind === 'rtp' || item.kind === 'senderReport') {
        let stream = streams.get(item.media);
        if (stream === undefined) {
          stream = { packets: [], report: undefined };
          streams.set(item.media, stream);
        }
        if (item.kind === 'rtp') stream.packets.push(item);
        else stream.report ??= item;
      }
      callback();
    },
  });
  // What is served does not have to be sound: a replay shows what the camera sent.
  const parser = new RtpParser({
    tolerant: true,
    initialTimestamp: 'ignore',
    maxJumpSeconds: 0,
    staleSessions: 'drop',
  });
  await pipeline(pcapSource(path), new TcpInterleaveDemux(), parser, new RtcpSenderReportTap(), collect);
  const longest: CapturedStream[] = [];
  for (const [{ index }, stream] of streams) {
    if (stream.packets.length > (longest[index]?.packets.length ?? 0)) longest[index] = stream;
  }
  return longest.filter((stream) => stream !== undefined);
}

function isH264([first]: readonly RtpPacket[]): boolean {
  return first?.media.encodingName === 'h264';
}

/** From the first packet of a picture at which decoding can start, to the last whole picture; all where there is no such. */
function decodablePart(packets: readonly RtpPacket[]): readonly RtpPacket[] {
  if (!isH264(packets)) return packets;
  let start = Math.max(
    0,
    packets.findIndex(({ payload }) => isRandomAccessPayload(payload)),
  );
  while (start > 0 && packets[start - 1]!.timestamp === packets[start]!.timestamp) start--;
  const end = packets.findLastIndex(({ marker }) => marker) + 1;
  return packets.slice(start, end > start ? end : packets.length);
}

/** @param startTicks timestamp that the first packet gets */
function scriptMedia(packets: readonly RtpPacket[], startRecv: bigint, startTicks: number): ScriptMedia {
  const first = packets[0]!;
  const { type, payloadType, encodingName, clockRate, channels, fmtp, frameRate } = first.media;
  let sequence = -1;
  let offsetNs = 0;
  const scripted = packets.map(({ payload, marker, extendedTimestamp, lost, recv }): ScriptPacket => {
    sequence += sequence < 0 ? 1 : 1 + lost;
    offsetNs = Math.max(offsetNs, Number(recv - startRecv));
    return { payload, marker, timestamp: startTicks + extendedTimestamp - first.extendedTimestamp, sequence, offsetNs };
  });
  const name = encodingName.toUpperCase();
  return { type, payloadType, encodingName: name, clockRate, channels, fmtp, frameRate, packets: scripted };
}

/** From the first to the last timestamp, and the usual distance of two more. */
function lengthNs({ packets, clockRate }: ScriptMedia): number {
  const times = packets.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
  const usual = usualStep(packets) ?? (DEFAULT_FRAME_NS * clockRate) / 1e9;
  return Math.round(((times.at(-1)! - times[0]! + usual) * 1e9) / clockRate);
}

/** The median distance of two timestamps, in ticks; undefined where there is only one. */
function usualStep(packets: readonly ScriptPacket[]): number | undefined {
  const times = [...new Set(packets.map(({ timestamp }) => timestamp))].sort((a, b) => a - b);
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1];
}

/**
 * The packets of one loop's time: from the first one that lies in it for the most part, to the last one that has sounded out when the
 * next loop's first one begins.
 */
function within(media: ScriptMedia, durationNs: number): ScriptMedia {
  const step = usualStep(media.packets) ?? 0;
  const start = media.packets.findIndex(({ timestamp }) => timestamp >= -step / 2);
  const first = media.packets[start];
  if (first === undefined) return { ...media, packets: [] };
  const lastTime = (durationNs * media.clockRate) / 1e9 + first.timestamp - step;
  const packets = media.packets
    .slice(start)
    .filter(({ timestamp }) => timestamp <= lastTime)
    .map((packet) => ({ ...packet, sequence: packet.sequence - first.sequence }));
  return { ...media, packets };
}

/**
 * Sends everything later by as much as a server was ahead of the timestamps, since a sender report shows what is sent early; and
 * nothing later than the next loop begins, which would have to wait for it.
 */
function inTime(media: readonly ScriptMedia[], durationNs: number): ScriptMedia[] {
  let delayNs = 0;
  for (const { packets, clockRate } of media) {
    for (const { timestamp, offsetNs } of packets) {
      delayNs = Math.max(delayNs, Math.round((timestamp * 1e9) / clockRate) - offsetNs);
    }
  }
  const latestNs = durationNs + delayNs + Math.min(...media.map(({ packets }) => packets[0]!.offsetNs));
  return media.map((medium) => ({
    ...medium,
    packets: medium.packets.map((packet) => ({ ...packet, offsetNs: Math.min(packet.offsetNs + delayNs, latestNs) })),
  }));
}
