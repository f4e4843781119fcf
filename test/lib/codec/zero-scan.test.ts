import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FragmentScan, hasStartCode } from '../../../lib/codec/zero-scan.js';

/** Bytes of which many are 0, 1, 2, 3 and 4. */
const zeroRich = (minLength: number, maxLength: number) =>
  fc
    .array(
      fc.oneof(
        { weight: 5, arbitrary: fc.constant(0) },
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
        fc.nat(255),
      ),
      {
        minLength,
        maxLength,
      },
    )
    .map((values) => Buffer.from(values));

/** Byte by byte: a zero pair with 0, 1, 2 or nothing behind it, or a zero at the end. */
function naive(nal: Buffer): { pair: boolean; endsInZero: boolean } {
  let pair = false;
  for (let i = 0; i + 1 < nal.length; i++) if (nal[i] === 0 && nal[i + 1] === 0 && (nal[i + 2] ?? 0) < 3) pair = true;
  return { pair, endsInZero: nal.at(-1) === 0 };
}

type Layout = 'apart' | 'adjacent' | 'gaps';

/** A NAL unit in fragments that lie in memory as a connection may have brought them. */
function fragmentsOf(nal: Buffer, cuts: readonly number[], layout: Layout, gap: Buffer): Buffer[] {
  const edges = [...new Set([0, ...cuts.map((cut) => cut % nal.length), nal.length])].sort((a, b) => a - b);
  const pieces = edges.slice(1).map((end, i) => nal.subarray(edges[i], end));
  if (layout === 'apart') return pieces.map((piece) => Buffer.from(new Uint8Array(piece).buffer));
  const between = layout === 'gaps' ? gap : Buffer.alloc(0);
  const chunk = Buffer.from(Buffer.concat(pieces.flatMap((piece) => [between, piece])));
  let offset = 0;
  return pieces.map((piece) => {
    offset += between.length + piece.length;
    return chunk.subarray(offset - piece.length, offset);
  });
}

const scan = new FragmentScan();

function needsSplitting(fragments: readonly Buffer[]): boolean {
  for (const [index, fragment] of fragments.entries()) scan.add(fragment, index);
  return scan.finish(fragments);
}

describe('zero-scan', () => {
  it('hasStartCode is what a byte by byte search finds', () => {
    fc.assert(
      fc.property(zeroRich(0, 40), (data) => {
        assert.equal(hasStartCode(data), naive(data).pair);
      }),
      { numRuns: 3000 },
    );
  });

  it('what needs no emulation prevention is none: two zeros and a byte above 3', () => {
    const nal = Buffer.from([0x65, 0x88, 0, 0, 4, 0, 0, 3, 1, 0, 0, 0xff]);
    assert.equal(hasStartCode(nal), false);
    assert.equal(needsSplitting([nal]), false);
    assert.equal(needsSplitting([nal.subarray(0, 5), nal.subarray(5)]), false);
  });

  it('FragmentScan misses nothing and takes nothing between the fragments for a part of them', () => {
    const layout = fc.constantFrom<Layout>('apart', 'adjacent', 'gaps');
    fc.assert(
      fc.property(
        zeroRich(1, 60),
        fc.array(fc.nat(59), { maxLength: 12 }),
        layout,
        zeroRich(1, 80),
        (nal, cuts, where, gap) => {
          const fragments = fragmentsOf(nal, cuts, where, gap);
          const { pair, endsInZero } = naive(nal);
          const found = needsSplitting(fragments);
          if (pair || endsInZero) assert.equal(found, true);
          else if (found) {
            // Allowed where a border runs through or behind a zero pair: telling what it is is the splitter's work.
            const atBorder = fragments
              .slice(0, -1)
              .some((fragment, i) => fragment.at(-1) === 0 && (fragment.at(-2) === 0 || fragments[i + 1]![0] === 0));
            assert.ok(atBorder, 'no reason to split');
          }
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('finds a start code behind a fragment from other memory, and in memory ahead of the one before', () => {
    const chunk = Buffer.from('6180ff0000016180', 'hex');
    const early = chunk.subarray(0, 3);
    const late = chunk.subarray(3);
    assert.equal(needsSplitting([early, late]), true);
    assert.equal(needsSplitting([late.subarray(3), early]), false);
    assert.equal(needsSplitting([late.subarray(3), early, late]), true);
    assert.equal(needsSplitting([Buffer.of(0x61), early]), false);
  });
});
