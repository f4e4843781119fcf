import { BitReader, BitstreamEnd } from './bit-reader.js';

/** Colour description of the VUI (ISO/IEC 14496-10 section E.2.1); the code points of ISO/IEC 23091-2. */
export interface ColourDescription {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** What a recorder needs of a sequence parameter set (ISO/IEC 14496-10 section 7.3.2.1.1). */
export interface SpsInfo {
  readonly id: number;
  readonly profileIdc: number;
  /** The byte of constraint_set flags. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** RFC 6381 codec string, `avc1.4D0029`. */
  readonly codec: string;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Luma samples after cropping. */
  readonly width: number;
  readonly height: number;
  readonly picOrderCntType: number;
  /** Bits of pic_order_cnt_lsb in a slice header, 4–16; 0 where it is not sent (pic_order_cnt_type 1 and 2). */
  readonly picOrderCntLsbBits: number;
  /** Bits of frame_num in a slice header, 4–16. */
  readonly frameNumBits: number;
  /** separate_colour_plane_flag: slice headers name their colour plane. */
  readonly separateColourPlanes: boolean;
  readonly frameMbsOnly: boolean;
  /** Sample aspect ratio, if the VUI gives one. */
  readonly pixelAspectRatio?: { readonly horizontal: number; readonly vertical: number } | undefined;
  readonly colour?: ColourDescription | undefined;
  /** Frame duration as a fraction of a second, if the VUI gives one; not to be trusted for times (Q105). */
  readonly frameDuration?: { readonly numerator: number; readonly denominator: number } | undefined;
  /** max_num_reorder_frames, if the VUI gives it. */
  readonly maxNumReorderFrames?: number | undefined;
  /** True if bytes follow the RBSP stop bit (Q125). */
  readonly trailingBytes: boolean;
}

/** Profiles whose SPS carries chroma format and bit depths (section 7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Table E-1, aspect_ratio_idc 1–16. */
// biome-ignore format: a table
const ASPECT_RATIOS = [
  [1, 1], [12, 11], [10, 11], [16, 11], [40, 33], [24, 11], [20, 11], [32, 11],
  [80, 33], [18, 11], [15, 11], [64, 33], [160, 99], [4, 3], [3, 2], [2, 1],
] as const;
const EXTENDED_SAR = 255;
/** Largest picture side that counts as sane; beyond it the SPS is taken for damaged. */
const MAX_SIDE = 16384;

/**
 * Parses a sequence parameter set. A failure inside the VUI costs only what the VUI would have told (Q127).
 *
 * @param sps NAL unit with header byte, emulation prevention bytes included
 * @returns undefined if it is no SPS or is damaged before the VUI
 */
export function parseSps(sps: Uint8Array): SpsInfo | undefined {
  if (sps.length < 5 || (sps[0]! & 0x9f) !== 7) return undefined;
  const reader = new BitReader(sps, 1);
  try {
    const base = parseBase(reader);
    if (base === undefined) return undefined;
    let vui: Vui = {};
    let trailingBytes = false;
    try {
      if (reader.flag()) vui = parseVui(reader, vui);
      trailingBytes = !endsHere(reader);
    } catch (error) {
      if (!(error instanceof BitstreamEnd)) throw error;
    }
    return { ...base, ...vui, trailingBytes };
  } catch (error) {
    if (error instanceof BitstreamEnd) return undefined;
    throw error;
  }
}

type Vui = { -readonly [K in 'pixelAspectRatio' | 'colour' | 'frameDuration' | 'maxNumReorderFrames']?: SpsInfo[K] };
type Base = Omit<SpsInfo, keyof Vui | 'trailingBytes'>;

function parseBase(reader: BitReader): Base | undefined {
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = reader.ue();
  if (id > 31) return undefined;
  let chromaFormatIdc = 1;
  let separateColourPlanes = false;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  if (HIGH_PROFILES.has(profileIdc)) {
    chromaFormatIdc = reader.ue();
    if (chromaFormatIdc > 3) return undefined;
    if (chromaFormatIdc === 3) separateColourPlanes = reader.flag();
    bitDepthLuma = 8 + reader.ue();
    bitDepthChroma = 8 + reader.ue();
    if (bitDepthLuma > 14 || bitDepthChroma > 14) return undefined;
    reader.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) skipScalingLists(reader, chromaFormatIdc === 3 ? 12 : 8);
  }
  const frameNumBits = 4 + reader.ue();
  const picOrderCntType = reader.ue();
  if (picOrderCntType > 2) return undefined;
  const picOrderCntLsbBits = picOrderCntType === 0 ? 4 + reader.ue() : 0;
  if (frameNumBits > 16 || picOrderCntLsbBits > 16) return undefined;
  if (picOrderCntType === 1) {
    reader.skip(1); // delta_pic_order_always_zero_flag
    reader.se();
    reader.se();
    const cycle = reader.ue();
    if (cycle > 255) return undefined;
    for (let i = 0; i < cycle; i++) reader.se();
  }
  reader.ue(); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const widthInMbs = reader.ue() + 1;
  const heightInMapUnits = reader.ue() + 1;
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  let width = widthInMbs * 16;
  let height = heightInMapUnits * 16 * (frameMbsOnly ? 1 : 2);
  if (reader.flag()) {
    // Cropping units: equations 7-19 to 7-22.
    const monochrome = chromaFormatIdc === 0 || separateColourPlanes;
    const unitX = monochrome || chromaFormatIdc === 3 ? 1 : 2;
    const unitY = (monochrome || chromaFormatIdc !== 1 ? 1 : 2) * (frameMbsOnly ? 1 : 2);
    width -= unitX * (reader.ue() + reader.ue());
    height -= unitY * (reader.ue() + reader.ue());
  }
  if (!(width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE)) return undefined;
  const hex = [profileIdc, constraintFlags, levelIdc].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    codec: `avc1.${hex.toUpperCase()}`,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
    picOrderCntType,
    picOrderCntLsbBits,
    frameNumBits,
    separateColourPlanes,
    frameMbsOnly,
  };
}

function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    let next = 8;
    for (let j = 0; j < (list < 6 ? 16 : 64); j++) {
      if (next !== 0) next = (last + reader.se() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

/** Section E.1.1. Fills `vui` as it goes, so that what was read before an error stays. */
function parseVui(reader: BitReader, vui: Vui): Vui {
  if (reader.flag()) {
    const idc = reader.bits(8);
    const [horizontal, vertical] =
      idc === EXTENDED_SAR ? [reader.bits(16), reader.bits(16)] : (ASPECT_RATIOS[idc - 1] ?? [0, 0]);
    if (horizontal > 0 && vertical > 0) vui.pixelAspectRatio = { horizontal, vertical };
  }
  if (reader.flag()) reader.skip(1); // overscan
  if (reader.flag()) {
    reader.skip(3); // video_format
    const fullRange = reader.flag();
    const described = reader.flag();
    const [primaries, transfer, matrix] = described ? [reader.bits(8), reader.bits(8), reader.bits(8)] : [2, 2, 2];
    if (described || fullRange) vui.colour = { primaries, transfer, matrix, fullRange };
  }
  if (reader.flag()) {
    reader.ue(); // chroma sample location
    reader.ue();
  }
  if (reader.flag()) {
    const unitsInTick = reader.bits(32);
    const timeScale = reader.bits(32);
    reader.skip(1); // fixed_frame_rate_flag
    if (unitsInTick > 0 && timeScale > 0) vui.frameDuration = { numerator: 2 * unitsInTick, denominator: timeScale };
  }
  const nalHrd = reader.flag();
  if (nalHrd) skipHrd(reader);
  const vclHrd = reader.flag();
  if (vclHrd) skipHrd(reader);
  if (nalHrd || vclHrd) reader.skip(1); // low_delay_hrd_flag
  reader.skip(1); // pic_struct_present_flag
  if (reader.flag()) {
    reader.skip(1); // motion_vectors_over_pic_boundaries_flag
    reader.ue(); // max_bytes_per_pic_denom
    reader.ue(); // max_bits_per_mb_denom
    reader.ue(); // log2_max_mv_length_horizontal
    reader.ue(); // log2_max_mv_length_vertical
    const reorder = reader.ue();
    if (reorder <= 16) vui.maxNumReorderFrames = reorder;
    reader.ue(); // max_dec_frame_buffering
  }
  return vui;
}

function skipHrd(reader: BitReader): void {
  const count = reader.ue() + 1;
  if (count > 32) throw new BitstreamEnd();
  reader.skip(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(20); // delay lengths, time_offset_length
}

/** rbsp_trailing_bits, and nothing behind them. */
function endsHere(reader: BitReader): boolean {
  if (!reader.flag()) return false;
  try {
    for (;;) if (reader.flag()) return false;
    // Zeros up to the end of the last byte, and further zero bytes, are stripped by everyone.
  } catch (error) {
    if (error instanceof BitstreamEnd) return true;
    throw error;
  }
}
