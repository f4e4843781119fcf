import { median, type Usage } from './measure.js';

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly met: boolean | 'unknown';
}

/** What a benchmark found: lines for people, figures for the file. */
export interface Result {
  readonly rows: readonly Row[];
  readonly raw: unknown;
}

/** A line; without `met` it informs and has no target. */
export function row(what: string, value: string, target = '', met: boolean | 'unknown' = 'unknown'): Row {
  return { what, value, target, met };
}

/** The median of the ratios of runs that belong together. */
export function ratio(ours: readonly Usage[], theirs: readonly Usage[], key: 'cpuSeconds' | 'wallSeconds'): number {
  return median(ours.map((usage, i) => usage[key] / theirs[i]![key]));
}

/** Median CPU seconds, for people. */
export function cpuSeconds(usages: readonly Usage[]): string {
  return median(usages.map((usage) => usage.cpuSeconds)).toFixed(2);
}

/** The most memory that any of the runs took, in bytes. */
export function peak(usages: readonly Usage[]): number {
  return Math.max(...usages.map(({ peakBytes }) => peakBytes));
}

/** Bytes in millions, for people. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** What is kept of each run. */
export function figures(usages: readonly Usage[]): unknown {
  return usages.map(({ wallSeconds, cpuSeconds, peakBytes }) => ({ wallSeconds, cpuSeconds, peakBytes }));
}
