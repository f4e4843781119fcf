/** What a payload type means without an `a=rtpmap`. */
export interface StaticPayloadType {
  readonly type: 'audio' | 'video' | 'both';
  /** Lower case. */
  readonly encodingName: string;
  /** Hz. */
  readonly clockRate: number;
  readonly channels?: number | undefined;
}

const audio = (encodingName: string, clockRate: number, channels = 1): StaticPayloadType => ({
  type: 'audio',
  encodingName,
  clockRate,
  channels,
});
const video = (encodingName: string): StaticPayloadType => ({ type: 'video', encodingName, clockRate: 90_000 });

/** RFC 3551 section 6, tables 4 and 5 (Q50). */
export const STATIC_PAYLOAD_TYPES: ReadonlyMap<number, StaticPayloadType> = new Map([
  [0, audio('pcmu', 8000)],
  [3, audio('gsm', 8000)],
  [4, audio('g723', 8000)],
  [5, audio('dvi4', 8000)],
  [6, audio('dvi4', 16_000)],
  [7, audio('lpc', 8000)],
  [8, audio('pcma', 8000)],
  [9, audio('g722', 8000)],
  [10, audio('l16', 44_100, 2)],
  [11, audio('l16', 44_100)],
  [12, audio('qcelp', 8000)],
  [13, audio('cn', 8000)],
  [14, { type: 'audio', encodingName: 'mpa', clockRate: 90_000 }],
  [15, audio('g728', 8000)],
  [16, audio('dvi4', 11_025)],
  [17, audio('dvi4', 22_050)],
  [18, audio('g729', 8000)],
  [25, video('celb')],
  [26, video('jpeg')],
  [28, video('nv')],
  [31, video('h261')],
  [32, video('mpv')],
  [33, { ...video('mp2t'), type: 'both' }],
  [34, video('h263')],
]);
