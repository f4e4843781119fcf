import { type Layout, seq, struct, u8, u16be, u32be } from 'buffer-layout';
import type { AacConfig, AudioConfig } from '../codec/audio-config.js';
import { box, encode, fullBox, u16, u32 } from './box.js';

/** Fixed part of an audio sample entry (ISO/IEC 14496-12 section 12.2.3). */
const audioSampleEntryFields: Layout<{
  reserved: number[];
  dataReferenceIndex: number;
  reserved2: number[];
  channelCount: number;
  sampleSize: number;
  preDefined: number;
  reserved3: number;
  sampleRate: number;
}> = struct([
  seq(u8(), 6, 'reserved'),
  u16be('dataReferenceIndex'),
  seq(u32be(), 2, 'reserved2'),
  u16be('channelCount'),
  u16be('sampleSize'),
  u16be('preDefined'),
  u16be('reserved3'),
  u32be('sampleRate'),
]);

/** Bits of a decoded sample: what the specification says to write, whatever is coded. */
const SAMPLE_SIZE = 16;
/** 1.0 as 16.16 fixed point. */
const ONE = 0x0001_0000;

/**
 * The sample entry of an audio track: `mp4a` with `esds` for AAC (ISO/IEC 14496-14 section 5.6), QuickTime's `alaw` and `ulaw` for G.711, for
 * which MP4 has no entry of its own.
 */
export function audioSampleEntry(config: AudioConfig): Buffer {
  const fixed = encode(audioSampleEntryFields, {
    reserved: [0, 0, 0, 0, 0, 0],
    dataReferenceIndex: 1,
    reserved2: [0, 0],
    channelCount: config.channels,
    sampleSize: SAMPLE_SIZE,
    preDefined: 0,
    reserved3: 0,
    sampleRate: config.sampleRate * ONE,
  });
  if (config.codec === 'aac') return box('mp4a', fixed, elementaryStream(config));
  return box(config.codec === 'pcma' ? 'alaw' : 'ulaw', fixed);
}

/** Descriptor tags (ISO/IEC 14496-1 section 7.2.2.1). */
const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC_INFO = 5;
const SL_CONFIG = 6;
/** objectTypeIndication: Audio ISO/IEC 14496-3. */
const MPEG4_AUDIO = 0x40;
/** streamType 5 (audio), upStream 0, reserved 1. */
const AUDIO_STREAM = 0x15;
/** Largest AAC frame in bits a channel (ISO/IEC 14496-3 section 4.5.3.1). */
const MAX_FRAME_BITS = 6144;
/** Sync layer of MP4 files: times are in the tables. */
const SL_MP4 = 2;

/** `esds` (ISO/IEC 14496-14 section 5.6.1). The average bit rate is not known, the largest is what the codec allows. */
function elementaryStream({ channels, sampleRate, frameLength, specificConfig }: AacConfig): Buffer {
  const frameBits = MAX_FRAME_BITS * channels;
  const maxBitrate = Math.ceil((frameBits * sampleRate) / frameLength);
  const decoder = descriptor(
    DECODER_CONFIG,
    Buffer.of(MPEG4_AUDIO, AUDIO_STREAM),
    u32(frameBits / 8).subarray(1),
    u32(maxBitrate, 0),
    descriptor(DECODER_SPECIFIC_INFO, specificConfig),
  );
  const stream = descriptor(ES_DESCRIPTOR, u16(0), Buffer.of(0), decoder, descriptor(SL_CONFIG, Buffer.of(SL_MP4)));
  return fullBox('esds', 0, 0, stream);
}

/** Tag, size in groups of 7 bits with a flag on all but the last (ISO/IEC 14496-1 section 8.3.3), content. */
function descriptor(tag: number, ...content: readonly Buffer[]): Buffer {
  let size = content.reduce((sum, { length }) => sum + length, 0);
  const sizes = [size & 0x7f];
  for (size >>= 7; size > 0; size >>= 7) sizes.unshift(0x80 | (size & 0x7f));
  return Buffer.concat([Buffer.of(tag, ...sizes), ...content]);
}
