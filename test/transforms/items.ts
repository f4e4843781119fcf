import { Readable, type Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Chunk, Item } from '../../lib/items.js';

export const RECV = 1_708_200_874_013_000_000n;

export function chunk(data: Buffer | string, more: Partial<Chunk> = {}): Chunk {
  const bytes = typeof data === 'string' ? Buffer.from(data.replaceAll(' ', ''), 'hex') : data;
  return { kind: 'chunk', data: bytes, recv: RECV, ...more };
}

/** What came out of a stage, and the error that ended it, if one did. */
export interface Outcome {
  readonly items: readonly Item[];
  readonly error: Error | undefined;
}

/** Sends items through stages. */
export async function pass(input: readonly unknown[], ...stages: readonly Transform[]): Promise<Outcome> {
  const items: Item[] = [];
  const collector = new Writable({
    objectMode: true,
    write(item: Item, _encoding, callback) {
      items.push(item);
      callback();
    },
  });
  try {
    await pipeline([Readable.from(input, { objectMode: true }), ...stages, collector]);
  } catch (error) {
    return { items, error: error as Error };
  }
  return { items, error: undefined };
}

/** The items of one kind. */
export function only<K extends Item['kind']>(items: readonly Item[], kind: K): Extract<Item, { kind: K }>[] {
  return items.filter((item): item is Extract<Item, { kind: K }> => item.kind === kind);
}

/** The codes of the faults, in order. */
export function faultCodes(items: readonly Item[]): string[] {
  return only(items, 'fault').map(({ code }) => code);
}
