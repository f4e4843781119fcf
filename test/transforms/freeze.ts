import assert from 'node:assert/strict';

/**
 * Freezes values through and through, so that writing to them throws, and keeps copies of their Buffers, which cannot be frozen.
 *
 * @returns fails if a Buffer has changed since
 */
export function freeze(values: readonly unknown[]): () => void {
  const seen = new Set<object>();
  const copies: { buffer: Uint8Array; copy: Uint8Array }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof Uint8Array) {
      copies.push({ buffer: value, copy: Uint8Array.from(value) });
      return;
    }
    for (const part of value instanceof Map || value instanceof Set ? value.values() : Object.values(value))
      visit(part);
    Object.freeze(value);
  };
  for (const value of values) visit(value);
  return () => {
    for (const { buffer, copy } of copies) assert.ok(Buffer.compare(buffer, copy) === 0, 'a Buffer was written to');
  };
}
