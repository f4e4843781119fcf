import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClosingWrite } from '../../../lib/mp4/progressive.js';
import { readMp4 } from '../../read-mp4.js';
import { audioFrames, merged, pictures, session } from './audio.js';
import { type Muxed, mux, overwritten } from './mux.js';

/** A file of video and audio: a few fragments, small enough to be cut at every byte. */
const audio = audioFrames(Array.from({ length: 16 }, (_, i) => ({ t: 8192 * i })));
const muxed: Muxed = await mux([session(), ...merged(await pictures(6, 2, 45_000), audio)], { tags: {} });
const { bytes, fragments, closing } = muxed;
const [moov, name, length, header] = closing!;

/** The samples of each track as they were sent: data and times, whatever the form of the file. */
function content(file: Buffer, torn = false): string[][] {
  const { tracks } = readMp4(file, { torn });
  return tracks.map(({ samples }) =>
    samples.map(({ data, dts, cts, isSync }) => `${dts} ${cts} ${isSync} ${data.toString('hex')}`),
  );
}

const whole = content(bytes);
assert.deepEqual(
  whole.map(({ length: samples }) => samples),
  [6, 16],
);
assert.ok(fragments.length >= 6 && fragments[0]!.track === 'video' && fragments[1]!.track === 'audio');

/** A write of which only some bytes have reached the disk. */
const partly = ({ data, position }: ClosingWrite, keep: (i: number) => boolean, before: Buffer): Buffer => {
  const result = overwritten(before, { data, position });
  for (let i = 0; i < data.length; i++) if (!keep(i)) result[position + i] = before[position + i] ?? 0;
  return result;
};

/** All choices of so many bytes. */
const choices = (count: number): ((i: number) => boolean)[] =>
  Array.from({ length: 2 ** count }, (_, bits) => (i: number) => ((bits >> i) & 1) === 1);

describe('a file of two tracks plays at every moment', () => {
  it('while it is recorded, cut at every byte: all whole fragments of both tracks, no sample that was not sent', () => {
    const first = fragments[0]!;
    for (let cut = first.offset + first.length; cut <= bytes.length; cut++) {
      const found = content(bytes.subarray(0, cut), true);
      const sure = { video: 0, audio: 0 };
      for (const { track, offset, length: size, samples } of fragments)
        if (offset + size <= cut) sure[track] += samples;
      for (const [i, samples] of found.entries()) {
        assert.deepEqual(samples, whole[i]!.slice(0, samples.length), `cut at ${cut}`);
        assert.ok(samples.length >= [sure.video, sure.audio][i]!, `cut at ${cut}`);
      }
    }
  });

  it('with any part of the moov appended, whether the rest is missing or zero', () => {
    for (let cut = 0; cut <= moov.data.length; cut++) {
      const torn = Buffer.concat([bytes, moov.data.subarray(0, cut)]);
      assert.deepEqual(content(torn), whole, `cut at ${cut}`);
      const zeros = partly(moov, (i) => i < cut, bytes);
      assert.deepEqual(content(zeros, true), whole, `zeros from ${cut} on`);
    }
  });

  it('with any bytes of its name written', () => {
    const before = overwritten(bytes, moov);
    for (const keep of choices(4)) assert.deepEqual(content(partly(name, keep, before)), whole);
  });

  it('with any bytes of the length written', () => {
    const before = [moov, name].reduce(overwritten, bytes);
    for (const keep of choices(8)) assert.deepEqual(content(partly(length, keep, before)), whole);
  });

  it('with any bytes of the header written: still fragmented, or progressive already', () => {
    const before = [moov, name, length].reduce(overwritten, bytes);
    const closed = content(muxed.closed!);
    const forms = new Set<string>();
    for (const keep of choices(8)) {
      const file = partly(header, keep, before);
      const isClosed = file.readUInt32BE(header.position) === 1;
      forms.add(`${isClosed} ${file.toString('latin1', header.position + 4, header.position + 8)}`);
      assert.deepEqual(content(file), isClosed ? closed : whole);
    }
    assert.equal(forms.size, 32, 'both forms under every mixture of the types');
    assert.deepEqual(closed, whole, 'which are the same samples at the same times');
  });

  it('is closed by nothing but these writes, in the order of their safety', () => {
    assert.equal(closing!.length, 4);
    assert.deepEqual([moov.position, length.position], [bytes.length, header.position + 8]);
    assert.deepEqual(
      readMp4(muxed.closed!).boxes.map(({ type }) => type),
      ['ftyp', 'mdat', 'moov'],
    );
  });
});
