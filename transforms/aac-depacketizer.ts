import { type AudioReceiver, type AudioSink, AudioStage, unsupported } from '../lib/audio-stage.js';
import { parseAacFmtp } from '../lib/codec/aac-fmtp.js';
import { AacReceiver } from '../lib/codec/aac-rtp.js';
import type { MediaDescription } from '../lib/items.js';

/**
 * Collects the RTP packets of AAC streams into frames (RFC 3640, AAC-hbr).
 *
 * Takes `rtp` items of audio with encoding name `mpeg4-generic` and emits `audioFrame` items and `fault`s; everything else passes.
 * Payloads are not copied. A frame that lost packets is left out, the next one that is delivered counts them in `lost`. A
 * stream whose SDP is of no use gives one fault `audio-unsupported`, and its packets pass.
 */
export class AacDepacketizer extends AudioStage {
  protected override open(media: MediaDescription, sink: AudioSink): AudioReceiver | undefined {
    if (media.type !== 'audio' || media.encodingName !== 'mpeg4-generic') return undefined;
    const fmtp = parseAacFmtp(media.fmtp);
    if (!('problem' in fmtp)) return new AacReceiver(media, fmtp.config, fmtp.indexOmitted, sink);
    sink(unsupported(media, fmtp.problem));
    return undefined;
  }
}
