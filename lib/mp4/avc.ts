import { blob, type Layout, seq, struct, u8, u16be, u32be } from 'buffer-layout';
import type { H264Parameters } from '../codec/h264-parameters.js';
import type { SpsInfo } from '../codec/h264-sps.js';
import { box, encode, u16, u32 } from './box.js';

/** Fixed part of a visual sample entry (ISO/IEC 14496-12 section 12.1.3). */
const visualSampleEntry: Layout<{
  reserved: number[];
  dataReferenceIndex: number;
  preDefined: number[];
  width: number;
  height: number;
  horizontalResolution: number;
  verticalResolution: number;
  reserved2: number;
  frameCount: number;
  compressorName: Buffer;
  depth: number;
  preDefined2: number;
}> = struct([
  seq(u8(), 6, 'reserved'),
  u16be('dataReferenceIndex'),
  seq(u16be(), 8, 'preDefined'),
  u16be('width'),
  u16be('height'),
  u32be('horizontalResolution'),
  u32be('verticalResolution'),
  u32be('reserved2'),
  u16be('frameCount'),
  blob(32, 'compressorName'),
  u16be('depth'),
  u16be('preDefined2'),
]);

/** 72 dpi as 16.16 fixed point: what the specification says to write. */
const DPI_72 = 0x0048_0000;
/** Colour without alpha. */
const DEPTH_24 = 0x0018;

/** The `avc1` sample entry (ISO/IEC 14496-15 section 5.4.2) with pixel aspect ratio and colour where the SPS has them. */
export function avcSampleEntry(parameters: H264Parameters): Buffer {
  const { info } = parameters;
  const fixed = encode(visualSampleEntry, {
    reserved: [0, 0, 0, 0, 0, 0],
    dataReferenceIndex: 1,
    preDefined: [0, 0, 0, 0, 0, 0, 0, 0],
    width: info.width,
    height: info.height,
    horizontalResolution: DPI_72,
    verticalResolution: DPI_72,
    reserved2: 0,
    frameCount: 1,
    compressorName: Buffer.alloc(32),
    depth: DEPTH_24,
    preDefined2: 0xffff,
  });
  return box('avc1', fixed, avcConfiguration(parameters), ...aspect(info), ...colour(info));
}

/** `avcC` counts sequence parameter sets with 5 bits, picture parameter sets with 8; the rest is in the samples anyway. */
const MAX_SPS = 31;
const MAX_PPS = 255;

/** `avcC` (section 5.3.3.1): profile and level of the active SPS, 4-byte lengths, all parameter sets. */
function avcConfiguration({ sps: allSps, pps: allPps, info }: H264Parameters): Buffer {
  const sps = allSps.slice(0, MAX_SPS);
  const pps = allPps.slice(0, MAX_PPS);
  const header = Buffer.of(1, info.profileIdc, info.constraintFlags, info.levelIdc, 0xff, 0xe0 | sps.length);
  const sets = [...sps.flatMap(prefixed), Buffer.of(pps.length), ...pps.flatMap(prefixed)];
  const { profileIdc, chromaFormatIdc, bitDepthLuma, bitDepthChroma } = info;
  const isHigh = profileIdc === 100 || profileIdc === 110 || profileIdc === 122 || profileIdc === 144;
  const extension = Buffer.of(0xfc | chromaFormatIdc, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0);
  return box('avcC', header, ...sets, ...(isHigh ? [extension] : []));
}

function prefixed(set: Buffer): Buffer[] {
  return [u16(set.length), set];
}

/** `pasp` (ISO/IEC 14496-12 section 12.1.4). */
function aspect({ pixelAspectRatio: ratio }: SpsInfo): Buffer[] {
  return ratio === undefined ? [] : [box('pasp', u32(ratio.horizontal, ratio.vertical))];
}

/** `colr` of type `nclx` (section 12.1.5). */
function colour({ colour: description }: SpsInfo): Buffer[] {
  if (description === undefined) return [];
  const { primaries, transfer, matrix, fullRange } = description;
  return [box('colr', Buffer.from('nclx'), u16(primaries, transfer, matrix), Buffer.of(fullRange ? 0x80 : 0))];
}

/** What the track header's 16.16 fixed point can hold. */
const MAX_DISPLAY_WIDTH = 0xffff;

/** Width at which pictures are to be shown, in pixels: the pixel aspect ratio applied, unless it makes no sense. */
export function displayWidth({ width, pixelAspectRatio }: SpsInfo): number {
  if (pixelAspectRatio === undefined) return width;
  const scaled = (width * pixelAspectRatio.horizontal) / pixelAspectRatio.vertical;
  return scaled >= 1 && scaled <= MAX_DISPLAY_WIDTH ? scaled : width;
}
