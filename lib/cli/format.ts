import type { AudioStats } from '../recorder/report.js';

/** Bytes with a decimal prefix: `655 kB`, `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as `h:mm:ss`. */
export function formatTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** A count with its noun: `1 frame`, `2 frames`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** A stream of audio: `AAC 48 kHz stereo`; says so if nothing came of it. */
export function audioText({ codec, sampleRate, channels, frames }: AudioStats): string {
  const name = codec.toUpperCase();
  if (frames === 0) return `no ${name} came`;
  const layout = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
  return `${name} ${sampleRate / 1000} kHz ${layout}`;
}
