import { type AudioReceiver, type AudioSink, AudioStage, unsupported } from '../lib/audio-stage.js';
import { g711Config } from '../lib/codec/g711-config.js';
import { G711Receiver } from '../lib/codec/g711-rtp.js';
import type { MediaDescription } from '../lib/items.js';

/**
 * Makes frames of the RTP packets of G.711 (RFC 3551 section 4.5.14): A-law and µ-law, a frame a packet.
 *
 * Takes `rtp` items of audio with encoding name `pcma` or `pcmu` and emits `audioFrame` items and `fault`s; everything else passes.
 * Payloads are not copied. A stream that cannot be stored gives one fault `audio-unsupported`, and its packets pass.
 */
export class G711Depacketizer extends AudioStage {
  protected override open(media: MediaDescription, sink: AudioSink): AudioReceiver | undefined {
    const { type, encodingName, clockRate, channels } = media;
    if (type !== 'audio' || (encodingName !== 'pcma' && encodingName !== 'pcmu')) return undefined;
    const config = g711Config(encodingName, clockRate, channels);
    if (!('problem' in config)) return new G711Receiver(media, config, sink);
    sink(unsupported(media, config.problem));
    return undefined;
  }
}
