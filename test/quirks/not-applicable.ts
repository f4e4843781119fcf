/** Entries of the catalogue that no test covers, and why. Each entry names the first and the last number it is about. */
export const NOT_APPLICABLE: readonly (readonly [from: number, to: number, reason: string])[] = [
  [81, 81, 'documentation only: which method such a server wants cannot be found out; the message at its end says so'],
  [131, 136, 'H.265 is not recorded yet'],
];
