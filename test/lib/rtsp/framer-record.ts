import { InterleaveFramer, type InterleaveFramerOptions } from '../../../lib/rtsp/framer.js';
import type { RtspMessage } from '../../../lib/rtsp/message.js';

/** What a framer told, in order, in a form that compares well. */
export type Found =
  | { readonly frame: number; readonly data: string; readonly at: number }
  | { readonly message: RtspMessage; readonly at: number; readonly end: number }
  | { readonly junk: number; readonly at: number };

/** A framer and what it has told so far, frame by frame where it tells of several together. */
export function recordingFramer(
  options?: InterleaveFramerOptions,
  channels: Iterable<number> = [],
): { framer: InterleaveFramer; found: Found[] } {
  const found: Found[] = [];
  const framer = new InterleaveFramer(
    {
      frame: (channel, data, start, end, at, until) => {
        found.push({ frame: channel, data: data.toString('hex', start, end), at });
        for (let from = end; from < until; ) {
          if (data[from] !== 0x24 || data[from + 1] !== channel) throw new Error('no frame of the channel');
          const to = from + 4 + data.readUInt16BE(from + 2);
          found.push({ frame: channel, data: data.toString('hex', from + 4, to), at: at + from - start + 4 });
          from = to;
        }
      },
      message: (message, at, end) => found.push({ message, at, end }),
      junk: (at, length) => found.push({ junk: length, at }),
    },
    options,
  );
  framer.assignChannels(channels);
  return { framer, found };
}

/** The result of feeding bytes in pieces: what was found, how it ended, or the error's code. */
export interface Outcome {
  readonly found: readonly Found[];
  readonly end: { readonly truncated: boolean; readonly bytes: number } | undefined;
  readonly error: unknown;
}

/**
 * Feeds `data` in pieces that end at `cuts` and ends the input.
 *
 * @param cuts offsets in any order; none: in one piece
 */
export function feed(
  data: Buffer,
  cuts: Iterable<number> = [],
  options?: InterleaveFramerOptions,
  channels: Iterable<number> = [],
  ignoresFrames = false,
): Outcome {
  const { framer, found } = recordingFramer(options, channels);
  if (ignoresFrames) framer.ignoreFrames();
  let start = 0;
  try {
    for (const end of [...new Set([...cuts, data.length])].sort((a, b) => a - b)) {
      // Each piece has memory of its own, as a socket's reads have, and nobody may have written to it.
      const piece = Buffer.from(data.subarray(start, end));
      framer.push(piece, start);
      if (!piece.equals(data.subarray(start, end))) throw new Error('the framer wrote to its input');
      start = end;
    }
  } catch (error) {
    return { found, end: undefined, error };
  }
  return { found, end: framer.end(), error: undefined };
}

/** Every offset: cuts for one byte at a time. */
export function everywhere(data: Buffer): Iterable<number> {
  return data.keys();
}

/** An interleaved frame (RFC 2326 section 10.12). */
export function frame(channel: number, payload: string | Buffer): Buffer {
  const data = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload;
  return Buffer.concat([Buffer.of(0x24, channel, data.length >> 8, data.length & 0xff), data]);
}

/** Text as bytes, with the line ends as they are. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** The only message among what was found. */
export function onlyMessage(found: readonly Found[]): RtspMessage {
  const messages = found.flatMap((one) => ('message' in one ? [one.message] : []));
  if (messages.length !== 1) throw new Error(`${messages.length} messages`);
  return messages[0]!;
}
