import { AacReceiver } from '../../../lib/codec/aac-rtp.js';
import { audioConfig } from '../../../lib/codec/audio-config.js';
import type { AudioFrame, Fault, MediaDescription, RtpPacket } from '../../../lib/items.js';
import { type PacketSpec, rtpPackets } from './rtp-items.js';

/** Parameters of AAC-hbr as they should be: AAC LC, 48 kHz, mono. */
export const HBR =
  'streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1188';

/** A stream of AAC at 48 kHz. */
export function aac(overrides: Partial<MediaDescription> = {}): MediaDescription {
  return {
    index: 1,
    type: 'audio',
    encodingName: 'mpeg4-generic',
    payloadType: 97,
    clockRate: 48_000,
    fmtp: HBR,
    control: 'rtsp://camera/1',
    setup: { rtpChannel: 2, rtcpChannel: 3 },
    ...overrides,
  };
}

/** A stream of G.711 at 8 kHz. */
export function g711(encodingName: string, overrides: Partial<MediaDescription> = {}): MediaDescription {
  return aac({ encodingName, payloadType: 8, clockRate: 8000, fmtp: undefined, ...overrides });
}

/** The config of a stream that can be recorded. */
export function usableConfig(media: MediaDescription) {
  const config = audioConfig(media);
  if ('problem' in config) throw new Error(config.problem);
  return config;
}

/** The frames and faults that come of an AAC stream's packets. */
export function collectAac(
  packets: readonly RtpPacket[],
  media: MediaDescription = aac(),
  indexOmitted = false,
): { frames: AudioFrame[]; faults: Fault[] } {
  const frames: AudioFrame[] = [];
  const faults: Fault[] = [];
  const config = usableConfig(media);
  if (config.codec !== 'aac') throw new Error('no AAC');
  const receiver = new AacReceiver(media, config, indexOmitted, (item) =>
    item.kind === 'audioFrame' ? frames.push(item) : faults.push(item),
  );
  for (const packet of packets) receiver.take(packet);
  receiver.end();
  return { frames, faults };
}

/** The same, of packets as text. */
export function receiveAac(specs: readonly PacketSpec[], media: MediaDescription = aac(), indexOmitted = false) {
  return collectAac(rtpPackets(media, specs), media, indexOmitted);
}

/** A frame's bytes. */
export function frameBytes({ parts, byteLength }: AudioFrame): Buffer {
  const data = Buffer.concat(parts);
  if (data.length !== byteLength || byteLength === 0)
    throw new Error(`byteLength ${byteLength} of ${data.length} bytes`);
  if (parts.some(({ length }) => length === 0)) throw new Error('an empty part');
  return data;
}

/** Frames as text and time: `['abc', 0]`. */
export function told(frames: readonly AudioFrame[]): [string, number][] {
  return frames.map((frame) => [frameBytes(frame).toString('latin1'), frame.extendedTimestamp]);
}

/** The codes of faults, in order. */
export function codes(faults: readonly Fault[]): string[] {
  return faults.map(({ code }) => code);
}
