/** Entries of the catalogue that no test covers, and why. Each entry names the first and the last number it is about. */
export const NOT_APPLICABLE: readonly (readonly [from: number, to: number, reason: string])[] = [
  [81, 81, 'documentation only: which method such a server wants cannot be found out; the message at its end says so'],
  [82, 82, 'optional, and not done: no RTCP receiver reports are sent'],
  [131, 136, 'H.265 is not recorded yet'],
  [137, 142, 'AAC is not recorded yet'],
  [143, 145, 'G.711, other audio and metadata are not recorded yet'],
  [146, 150, 'media over UDP are not received yet'],
];
