import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RtpParser } from '../../transforms/rtp-parser.js';
import { TcpInterleaveDemux } from '../../transforms/tcp-interleave-demux.js';
import { RetinaRecordError } from '../errors.js';
import type { Item, RtpPacket } from '../items.js';
import { pcapSource } from '../pcap/source.js';
import { isRandomAccessPayload } from './random-access.js';
import type { CameraScript, ScriptMedia, ScriptPacket } from './script.js';

/** Distance of two loops where a medium has only one timestamp. */
const DEFAULT_FRAME_NS = 40e6;

/**
 * Makes a script of the RTSP session in a capture: payloads, marker bits and timestamps as captured, and sending times relative to each other. It starts at
 * the first picture at which decoding can start, and the cut-off rest of a last picture is left out, so that loops join; of the other
 * media it holds what was captured meanwhile.
 *
 * @param path a pcap or pcapng file
 * @param name for the SDP and for errors
 * @throws RetinaRecordError `camera-script` if it holds no RTP packets; what reading the capture throws
 */
export async function pcapScript(path: string, name: string): Promise<CameraScript> {
  const streams = await readStreams(path);
  const main = streams.find(isH264) ?? streams.find(([first]) => first!.media.type === 'video') ?? streams[0];
  if (main === undefined)
    throw new RetinaRecordError('camera-script', `${name} holds no RTP packets of an RTSP session`);
  const mainPackets = decodablePart(main);
  const startRecv = mainPackets[0]!.recv;
  const mainMedia = scriptMedia(mainPackets, startRecv);
  const durationNs = lengthNs(mainMedia);
  const media: ScriptMedia[] = [];
  for (const packets of streams) {
    const meanwhile = packets.filter(({ recv }) => recv >= startRecv);
    if (packets === main) media.push(mainMedia);
    else if (meanwhile.length > 0) media.push(endBefore(scriptMedia(meanwhile, startRecv), durationNs));
  }
  return { name, media: neverEarly(media.filter(({ packets }) => packets.length > 0)), durationNs };
}

/** The capture's packets by medium, in the order of the SDP. */
async function readStreams(path: string): Promise<RtpPacket[][]> {
  const streams: RtpPacket[][] = [];
  const collect = new Writable({
    objectMode: true,
    write(item: Item, _encoding, callback) {
      if (item.kind === 'rtp') {
        streams[item.media.index] ??= [];
        streams[item.media.index]!.push(item);
      }
      callback();
    },
  });
  // What is served does not have to be sound: a replay shows what the camera sent.
  const parser = new RtpParser({ tolerant: true, initialTimestamp: 'ignore', maxJumpSeconds: 0 });
  await pipeline(pcapSource(path), new TcpInterleaveDemux(), parser, collect);
  return streams.filter((packets) => packets !== undefined);
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

function scriptMedia(packets: readonly RtpPacket[], startRecv: bigint): ScriptMedia {
  const first = packets[0]!;
  const { type, payloadType, encodingName, clockRate, channels, fmtp, frameRate } = first.media;
  // Receive times tell how the media lie to each other, to the accuracy of the network.
  const startTicks = Math.round((Number(first.recv - startRecv) * clockRate) / 1e9);
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
  const times = [...new Set(packets.map(({ timestamp }) => timestamp))].sort((a, b) => a - b);
  const distances = times.slice(1).map((time, i) => time - times[i]!);
  distances.sort((a, b) => a - b);
  const usual = distances[distances.length >> 1] ?? (DEFAULT_FRAME_NS * clockRate) / 1e9;
  return Math.round(((times.at(-1)! - times[0]! + usual) * 1e9) / clockRate);
}

/** Leaves out packets whose time is the next loop's. */
function endBefore(media: ScriptMedia, durationNs: number): ScriptMedia {
  const limit = (durationNs * media.clockRate) / 1e9;
  return { ...media, packets: media.packets.filter(({ timestamp }) => timestamp < limit) };
}

/** Sends everything later by as much as a server was ahead of the timestamps, since a sender report shows what is sent early. */
function neverEarly(media: readonly ScriptMedia[]): ScriptMedia[] {
  let delayNs = 0;
  for (const { packets, clockRate } of media) {
    for (const { timestamp, offsetNs } of packets) {
      delayNs = Math.max(delayNs, Math.round((timestamp * 1e9) / clockRate) - offsetNs);
    }
  }
  return media.map((medium) => ({
    ...medium,
    packets: medium.packets.map((packet) => ({ ...packet, offsetNs: packet.offsetNs + delayNs })),
  }));
}
