import fc from 'fast-check';

/** Bytes at which parsers change their mind: bounds of lengths, frames and flags. */
const TELLING = [0x00, 0x01, 0x03, 0x0a, 0x0d, 0x20, 0x24, 0x7f, 0x80, 0xff];

/** Numbers at the bounds of what fields hold, put in place of digits. */
const NUMBERS = [
  '',
  '0',
  '-1',
  '1.5',
  '255',
  '256',
  '65535',
  '65536',
  '99999',
  '4294967295',
  '4294967296',
  '1'.repeat(30),
];

/** One change of some bytes; places are fractions of the length, so that a change means the same in any input. */
export type Damage =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'append'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'number'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number };

const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const length = fc.oneof(fc.nat(4), fc.nat(200));

/** A change anywhere, or near the start, where headers are. */
export const damage: fc.Arbitrary<Damage> = fc
  .tuple(
    fc.oneof(
      fc.record({ kind: fc.constant('set' as const), at, byte: fc.oneof(fc.constantFrom(...TELLING), fc.nat(255)) }),
      fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
      fc.record({ kind: fc.constant('cut' as const), at, length }),
      fc.record({ kind: fc.constant('repeat' as const), at, length }),
      fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 12 }) }),
      fc.record({ kind: fc.constant('append' as const), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
      fc.record({ kind: fc.constant('number' as const), at, text: fc.constantFrom(...NUMBERS) }),
      fc.record({ kind: fc.constant('end' as const), at }),
    ),
    fc.boolean(),
  )
  .map(([change, early]) => (early && change.kind !== 'end' ? { ...change, at: change.at ** 4 } : change));

/** Up to `max` changes of the same bytes. */
export function damages(max: number): fc.Arbitrary<Damage[]> {
  return fc.array(damage, { maxLength: max });
}

/** The bytes after some changes; the input stays as it was. */
export function applyDamage(data: Buffer, changes: readonly Damage[]): Buffer {
  let result: Buffer = Buffer.from(data);
  for (const change of changes) {
    const place = Math.floor(change.at * result.length);
    switch (change.kind) {
      case 'set':
        if (result.length > 0) result[place] = change.byte;
        break;
      case 'flip':
        if (result.length > 0) result[place]! ^= 1 << change.bit;
        break;
      case 'cut':
        result = Buffer.concat([result.subarray(0, place), result.subarray(place + change.length)]);
        break;
      case 'repeat':
        result = Buffer.concat([result.subarray(0, place + change.length), result.subarray(place)]);
        break;
      case 'insert':
        result = Buffer.concat([result.subarray(0, place), change.bytes, result.subarray(place)]);
        break;
      case 'append':
        result = Buffer.concat([result, change.bytes]);
        break;
      case 'number':
        result = replaceNumber(result, place, change.text);
        break;
      case 'end':
        result = result.subarray(0, place);
    }
  }
  return result;
}

/** The first run of digits from `place` on becomes `text`. */
function replaceNumber(data: Buffer, place: number, text: string): Buffer {
  const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  let start = place;
  while (start < data.length && !isDigit(data[start])) start++;
  let end = start;
  while (isDigit(data[end])) end++;
  if (start === end) return data;
  return Buffer.concat([data.subarray(0, start), Buffer.from(text), data.subarray(end)]);
}

/** Lines in any order, some left out, repeated or damaged; what makes a text of lines go wrong in the field. */
export function damagedLines(lines: readonly string[], lineEnd: string): fc.Arbitrary<string> {
  const line = fc.constantFrom(...lines);
  const changed = fc
    .tuple(line, damages(3))
    .map(([text, changes]) => applyDamage(Buffer.from(text, 'latin1'), changes).toString('latin1'));
  const few = fc.subarray([...lines], { minLength: Math.max(1, lines.length - 3) });
  return fc
    .tuple(few, fc.array(fc.tuple(at, changed), { maxLength: 4 }), fc.constantFrom(lineEnd, '\n', '\r', ''))
    .map(([kept, extra, end]) => {
      const all = [...kept];
      for (const [place, text] of extra) all.splice(Math.floor(place * (all.length + 1)), 1, text);
      return all.join(end === '' ? lineEnd : end) + lineEnd;
    });
}
