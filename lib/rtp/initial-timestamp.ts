import { RetinaRecordError } from '../errors.js';
import type { MediaDescription } from '../items.js';
import { maskUrl } from '../rtsp/mask-url.js';

/** How RTP-Info's `rtptime` sets the zero of the timelines. */
export const INITIAL_TIMESTAMP_POLICIES = ['default', 'require', 'ignore', 'permissive'] as const;
export type InitialTimestampPolicy = (typeof INITIAL_TIMESTAMP_POLICIES)[number];

/** Zeros by media index; a medium without an entry starts at its first packet. */
export interface InitialTimestamps {
  readonly zeros: ReadonlyMap<number, number>;
  /** Set where `default` had to fall back to `permissive`. */
  readonly warning?: string | undefined;
}

/**
 * Applies the policy to the streams that are set up. With one stream `rtptime` is never looked at; with several it is used
 * for all of them or for none. `default` is `require` where the server plays along, else `permissive` with a warning.
 *
 * @throws RetinaRecordError `rtp-info-missing` with `require`, several streams, and one without `rtptime`
 */
export function initialTimestamps(
  media: readonly MediaDescription[],
  policy: InitialTimestampPolicy,
): InitialTimestamps {
  const streams = media.filter((medium) => medium.setup !== undefined);
  if (policy === 'ignore' || streams.length < 2) return { zeros: new Map() };
  const missing = streams.filter((medium) => medium.rtpInfo?.rtptime === undefined);
  if (missing.length === 0)
    return { zeros: new Map(streams.map((medium) => [medium.index, medium.rtpInfo!.rtptime!])) };
  const names = missing.map((medium) => maskUrl(medium.control)).join(', ');
  const what = `the PLAY answer's RTP-Info gives no usable rtptime for ${names}`;
  if (policy === 'require') {
    throw new RetinaRecordError('rtp-info-missing', `${what}; try --initial-timestamp permissive`);
  }
  return {
    zeros: new Map(),
    warning: policy === 'default' ? `${what}: every stream starts at its own first packet` : undefined,
  };
}
