import type { MediaDescription } from '../items.js';
import { parseFmtp } from '../rtsp/fmtp.js';
import { NAL, splitAnnexB } from './h264-nal.js';
import { parseSps } from './h264-sps.js';

const PROFILE_BASELINE = 66;

/**
 * The parameter sets of `sprop-parameter-sets` (RFC 6184 section 8.1), told by type and not by place; start codes in front,
 * between and behind are dropped (Q124). Useless values give an empty list: the stream then brings its own (Q122, Q123).
 */
export function parameterSetsFromSdp(media: MediaDescription): Buffer[] {
  const value = media.fmtp === undefined ? undefined : parseFmtp(media.fmtp).get('sprop-parameter-sets');
  if (value === undefined) return [];
  const units: Buffer[] = [];
  for (const item of value.split(',')) {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(item.trim())) continue;
    for (const unit of splitAnnexB(Buffer.from(item.trim(), 'base64')).nalUnits) {
      if (unit.type === NAL.sps || unit.type === NAL.pps) units.push(unit.parts[0]!);
    }
  }
  return units;
}

/**
 * Whether a stream's presentation times may step back: no, if it is no H.264 or its SPS excludes pictures out of order; yes, as
 * long as nothing is known.
 */
export function mayReorder(media: MediaDescription): boolean {
  if (media.encodingName !== 'h264') return false;
  for (const unit of parameterSetsFromSdp(media)) {
    const info = parseSps(unit);
    if (info !== undefined) {
      return info.profileIdc !== PROFILE_BASELINE && info.picOrderCntType !== 2 && info.maxNumReorderFrames !== 0;
    }
  }
  return true;
}
