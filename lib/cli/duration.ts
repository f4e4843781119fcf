const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A duration in ms: `250ms`, `5s`, `10m`, `2h`; a bare number is seconds.
 *
 * @returns undefined if the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  return match ? Number(match[1]) * UNITS_MS[match[2] ?? 's']! : undefined;
}
